"""Everything finite that an order takes, under its one reference: goods and time, then the bank.

Each function is a step of the caller's transaction, with the order's row locked.
"""

from datetime import datetime

from django.db import transaction

from apps.inventory import services as stock
from apps.loyalty import services as bank
from apps.orders.models import Order


def consume_held(order: Order, *, at: datetime) -> None:
    """The order is paid: what was held is the customer's. Raises `Conflict` ``hold_not_held``."""
    stock.consume_hold(reference=order.hold_reference, at=at)
    bank.consume(reference=order.hold_reference, at=at)


def retake_held(order: Order, *, at: datetime) -> bool:
    """Take again what a lapsed order had held; False, with nothing changed, when any is gone."""
    made_to_order = dict(order.lines.order_by().values_list("variant_id", "made_to_order"))
    with transaction.atomic():
        taken = stock.retake_hold(
            reference=order.hold_reference, made_to_order=made_to_order, at=at
        ) and bank.retake(reference=order.hold_reference, at=at)
        if not taken:
            transaction.set_rollback(True)
    return taken


def release_held(order: Order, *, reason: str, at: datetime) -> None:
    """The order ended unpaid: what was held is free again."""
    stock.release_hold(reference=order.hold_reference, reason=reason, at=at)
    bank.release(reference=order.hold_reference, reason=reason, at=at)


def give_back_sold(order: Order, *, reason: str, at: datetime, goods: bool) -> None:
    """The paid order was called off: the bank's part returns, the ``goods`` if not made yet."""
    if goods:
        stock.return_hold(reference=order.hold_reference, reason=reason, at=at)
    bank.give_back(reference=order.hold_reference, reason=reason, at=at)
