"""The keys that tie an order to the alerts about its cakes."""

_PREFIX = "cake-order:"


def alert_key(number: str) -> str:
    """Return the key of the alert about the order ``number``."""
    return _PREFIX + number


def change_key(number: str, revision: int) -> str:
    """Return the key of the alert about a cake that a change added to a paid order."""
    return f"{alert_key(number)}/{revision}"


def order_number_of(key: str) -> str | None:
    """Return the number of the order that the alert ``key`` is about; None for other alerts."""
    if not key.startswith(_PREFIX):
        return None
    return key.removeprefix(_PREFIX).partition("/")[0]
