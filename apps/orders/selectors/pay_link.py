"""What the address in a mail shows of an order: enough to pay it, and nobody's contact data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.orders.models import Order
from apps.orders.rules.pay_link import is_over, read_token
from apps.orders.rules.pickup import short_text
from apps.orders.selectors.breakdowns import sum_texts
from apps.orders.selectors.orders import OrderView, order_view
from apps.orders.states import ACCEPTED, NOT_PAYABLE, Fulfilment, OrderStatus
from bakery.kernel import money
from bakery.kernel.errors import NotFound

PAYABLE, PAID, REVIEW, OVER = "payable", "paid", "review", "over"


@dataclass(frozen=True)
class PayPage:
    """An order as its pay page shows it.

    ``state`` is payable, paid, review (a person looks at its payment) or over (it lapsed or was
    called off); ``is_gone``: so long after the pickup that nothing is shown any more.
    """

    view: OrderView
    state: str
    is_gone: bool


def pay_page(token: str, *, at: datetime) -> PayPage:
    """Return the order that ``token`` names; raise `NotFound` for one that is not of our making."""
    public_id = read_token(token)
    order = Order.objects.filter(public_id=public_id).first() if public_id else None
    if order is None:
        raise NotFound("pay_link_unknown", "This address is not complete, or not ours.")
    gone = is_over(order.pickup_ends_at, at=at)
    return PayPage(order_view(order, at=at), _state(order, at=at), gone)


def may_be_asked(order: Order, *, at: datetime) -> bool:
    """Tell whether the customer can be sent where to pay: something is due, and not too late."""
    if order.status == OrderStatus.PENDING_PAYMENT:
        return order.hold_expires_at > at
    return order.status in ACCEPTED and order.balance > 0


def _state(order: Order, *, at: datetime) -> str:
    if order.status in {OrderStatus.PAYMENT_MISMATCH, OrderStatus.PAID_UNFULFILLABLE}:
        return REVIEW
    if order.status in NOT_PAYABLE:
        return OVER
    if order.status == OrderStatus.PENDING_PAYMENT:
        return PAYABLE if order.hold_expires_at > at else OVER
    return PAYABLE if order.balance > 0 else PAID


def pay_texts(view: OrderView) -> dict[str, Any]:
    """Return the order and its amounts in words, for the page; of the customer it has nothing."""
    order, currency = view.order, view.order.currency
    deposit, zone = order.deposit_due, ZoneInfo(order.zone)
    return {
        "number": order.number,
        "status": order.status,
        "status_text": order.get_status_display(),
        "is_delivery": order.fulfilment == Fulfilment.DELIVERY,
        "pickup": view.pickup,
        "lines": [
            {
                "text": line.description,
                "quantity": line.quantity,
                "message": line.message,
                "details": line.details,
                "total": money.display(line.line_total, currency),
                "discount": money.display(-line.discount, currency) if line.discount else "",
            }
            for line in view.lines
        ],
        "sums": sum_texts(view.sums, currency),
        "due": money.display(order.due, currency),
        "due_now": money.display(order.due_now, currency),
        "deposit": money.display(deposit, currency) if deposit else "",
        "rest": money.display(order.balance - deposit, currency),
        "rest_until": short_text(order.balance_due_at, zone) if order.balance_due_at else "",
        "is_deposited": order.is_deposited,
        "is_held": order.status == OrderStatus.PENDING_PAYMENT,
        "held_until": short_text(order.hold_expires_at, zone),
        "has_money": order.paid_total > 0,
    }
