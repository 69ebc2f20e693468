"""When the kitchen must begin, and on which lane of its board an order stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from apps.orders.states import OrderStatus

# Until then an order is late when its pickup begins; later ones wait for the customer, who is late
# when it ends.
_IN_THE_MAKING = frozenset({OrderStatus.PAID, OrderStatus.IN_PRODUCTION})


class Lane(StrEnum):
    """Where an order stands by the shop's calendar."""

    OVERDUE = "overdue"
    TODAY = "today"
    TOMORROW = "tomorrow"
    LATER = "later"


def fires_at(
    pickup_starts_at: datetime,
    *,
    oven_minutes: int,
    decorator_minutes: int,
    spare: timedelta,
) -> datetime:
    """Return when the ticket of an order comes up: pickup minus the time of preparation.

    The minutes are those of the whole order, one after the other: an oven's work is done before a
    decorator's begins. ``spare`` is for packing, labelling and what nobody plans.
    """
    return pickup_starts_at - timedelta(minutes=oven_minutes + decorator_minutes) - spare


def is_up(*, status: str, is_acknowledged: bool, fires_at: datetime | None, now: datetime) -> bool:
    """Tell whether a ticket hangs on the board; if not, it is only announced as coming up.

    What nobody has seen yet hangs there whatever its day, as does what somebody began early.
    """
    if status != OrderStatus.PAID or not is_acknowledged:
        return True
    return fires_at is None or fires_at <= now


def due_at(*, status: str, pickup_starts_at: datetime, pickup_ends_at: datetime) -> datetime:
    """Return the moment after which an order is late."""
    return pickup_starts_at if status in _IN_THE_MAKING else pickup_ends_at


def lane_of(due: datetime, *, now: datetime, day_starts: Sequence[datetime]) -> Lane:
    """Return the lane of an order that is due at ``due``.

    ``day_starts`` are the beginnings of the shop's days, today's first and at least three, as its
    calendar has them: a day on which the clocks change is an hour shorter or longer.
    """
    if due < now:
        return Lane.OVERDUE
    if due < day_starts[1]:
        return Lane.TODAY
    return Lane.TOMORROW if due < day_starts[2] else Lane.LATER
