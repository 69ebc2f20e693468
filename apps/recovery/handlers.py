"""Reactions to what happens to orders."""

from datetime import datetime

from apps.orders.events import DepositPaid, OrderPaid
from apps.recovery import services
from bakery.kernel.outbox import handles


@handles(OrderPaid)
def credit_paid(event: OrderPaid, *, at: datetime) -> None:
    """Count the order for the reminder that came before it."""
    services.credit_order(order_id=event.order_id, at=at)


@handles(DepositPaid)
def credit_deposit(event: DepositPaid, *, at: datetime) -> None:
    """Count an order that is certain by its deposit; its rest counts nothing more."""
    services.credit_order(order_id=event.order_id, at=at)
