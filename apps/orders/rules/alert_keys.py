"""The key that ties an order to the alert about its cake."""

_PREFIX = "cake-order:"


def alert_key(number: str) -> str:
    """Return the key of the alert about the order ``number``."""
    return _PREFIX + number


def order_number_of(key: str) -> str | None:
    """Return the number of the order that the alert ``key`` is about; None for other alerts."""
    return key.removeprefix(_PREFIX) if key.startswith(_PREFIX) else None
