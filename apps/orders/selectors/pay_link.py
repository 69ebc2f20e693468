"""What the address in a mail shows of an order: enough to pay it, and nobody's contact data."""

from dataclasses import dataclass
from datetime import datetime

from apps.orders.models import Order
from apps.orders.rules.pay_link import is_over, read_token
from apps.orders.selectors.orders import OrderView, order_view
from apps.orders.states import NOT_PAYABLE, OrderStatus
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


def _state(order: Order, *, at: datetime) -> str:
    if order.status in {OrderStatus.PAYMENT_MISMATCH, OrderStatus.PAID_UNFULFILLABLE}:
        return REVIEW
    if order.status in NOT_PAYABLE:
        return OVER
    if order.status == OrderStatus.PENDING_PAYMENT:
        return PAYABLE if order.hold_expires_at > at else OVER
    return PAYABLE if order.balance > 0 else PAID
