"""When the kitchen must begin."""

from datetime import datetime, timedelta

# Packing, labelling and what nobody plans.
SPARE = timedelta(minutes=30)


def fires_at(pickup_starts_at: datetime, *, oven_minutes: int, decorator_minutes: int) -> datetime:
    """Return when the ticket of an order comes up: pickup minus the time of preparation.

    The minutes are those of the whole order, one after the other: an oven's work is done before a
    decorator's begins.
    """
    return pickup_starts_at - timedelta(minutes=oven_minutes + decorator_minutes) - SPARE
