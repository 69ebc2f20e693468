"""The moments at which an order becomes certain and paid, however that came about."""

from datetime import datetime
from decimal import Decimal

from apps.orders.events import DepositPaid, OrderPaid
from apps.orders.models import Order
from apps.orders.services.board import append_board_event
from apps.orders.states import ORDER_MACHINE, BoardKind, OrderStatus
from bakery.kernel import outbox
from bakery.kernel.states import transition

# Who paid, when it was neither Stripe nor a person at the counter.
GIFT_CARD, LOYALTY = "gift_card", "loyalty"


def mark_deposit_paid(
    order: Order,
    *,
    actor: str,
    at: datetime,
    payment_ref: str,
    paid_total: Decimal,
    reason: str = "",
) -> None:
    """Make a locked order certain by its deposit; its goods must be the customer's already.

    The kitchen is not told: it begins nothing of which the rest is not paid. A step of the
    caller's transaction. Raises `Conflict` ``illegal_transition``.
    """
    transition(
        order,
        machine=ORDER_MACHINE,
        to=OrderStatus.DEPOSIT_PAID,
        actor=actor,
        at=at,
        reason=reason,
        payment_ref=payment_ref,
        paid_total=paid_total,
        deposit_paid_at=at,
    )
    paid = DepositPaid(order_id=order.pk, number=order.number)
    outbox.emit(paid, key=order.number, at=at)


def mark_paid(
    order: Order,
    *,
    actor: str,
    at: datetime,
    payment_ref: str = "",
    paid_total: Decimal | None = None,
    reason: str = "",
) -> None:
    """Make a locked order paid and tell the kitchen; its goods must be the customer's already.

    A step of the caller's transaction, and its last: the board's lock is held until it commits.
    Raises `Conflict` ``illegal_transition``.
    """
    transition(
        order,
        machine=ORDER_MACHINE,
        to=OrderStatus.PAID,
        actor=actor,
        at=at,
        reason=reason,
        payment_ref=payment_ref,
        paid_total=order.paid_total if paid_total is None else paid_total,
        paid_at=at,
    )
    outbox.emit(
        OrderPaid(order_id=order.pk, number=order.number, has_cake=order.has_cake),
        key=order.number,
        at=at,
    )
    append_board_event(order, BoardKind.NEW_ORDER, at=at)
