"""When stock is low, and when it has recovered enough to be low again."""

from math import ceil

from bakery.kernel.errors import Invalid

MAX_LOW_AT = 100_000


def rearm_above(low_at: int, *, percent: int) -> int:
    """Return the free pieces above which a dip at ``low_at`` is over: at least one more.

    Without that distance a number that swings around the limit would alert at every swing.
    """
    return low_at + max(1, ceil(low_at * percent / 100))


def check_low_at(low_at: int | None) -> None:
    """Raise `Invalid` ``bad_limit`` unless ``low_at`` is None (watch nothing) or 0 to 100,000."""
    if low_at is None:
        return
    if type(low_at) is not int or not 0 <= low_at <= MAX_LOW_AT:
        raise Invalid(
            "bad_limit",
            f"The limit is a whole number from 0 to {MAX_LOW_AT}, or none.",
            details={"field": "low_at"},
        )
