"""Until when customers may ask for a refund themselves."""

from datetime import datetime, timedelta
from typing import Protocol

from apps.orders.states import OrderStatus
from bakery.kernel.errors import Conflict

_S = OrderStatus
# What was sold and not called off: of the rest nothing is left, or a person looks at it already.
_ASKABLE = frozenset(
    {_S.PAID, _S.IN_PRODUCTION, _S.READY, _S.OUT_FOR_DELIVERY, _S.COLLECTED, _S.NO_SHOW}
)


class Sold(Protocol):
    """What of an order it depends on."""

    status: str
    paid_at: datetime | None
    erased_at: datetime | None
    pickup_ends_at: datetime


def last_moment(order: Sold, *, days: int) -> datetime:
    """Return the moment after which customers have to call the shop instead."""
    return order.pickup_ends_at + timedelta(days=days)


def asking_refusal(order: Sold, *, at: datetime, days: int) -> Conflict | None:
    """Return why a customer cannot ask for a refund of ``order``; None when they can.

    ``not_refundable`` when it is not a sale, or its customer was erased, of whom nothing new is
    written down; ``too_late`` more than ``days`` after the pickup.
    """
    if order.paid_at is None or order.erased_at is not None or order.status not in _ASKABLE:
        return Conflict("not_refundable", "There is nothing of this order to give back.")
    if at > last_moment(order, days=days):
        return Conflict(
            "too_late",
            f"A refund can be asked for here until {days} days after the pickup. Please call us.",
        )
    return None
