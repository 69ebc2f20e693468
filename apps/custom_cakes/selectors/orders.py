"""What became of the order of an offer."""

from dataclasses import dataclass
from datetime import datetime

from apps.orders.models import Order, OrderLine
from apps.orders.states import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as its request follows it.

    ``is_certain``: it was paid, or certain by its deposit, whatever became of it later.
    """

    id: int
    number: str
    status: str
    is_certain: bool
    is_superseded: bool
    hold_expires_at: datetime

    @property
    def has_lapsed(self) -> bool:
        """Tell whether no payment came in time."""
        return self.status == OrderStatus.EXPIRED

    @property
    def is_called_off(self) -> bool:
        """Tell whether somebody called it off."""
        return self.status == OrderStatus.CANCELLED


def order_state(order_id: int) -> OrderState | None:
    """Return an order's state; None when there is none."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return None
    return OrderState(
        id=order.pk,
        number=order.number,
        status=order.status,
        is_certain=order.paid_at is not None or order.deposit_paid_at is not None,
        is_superseded=order.superseded_at is not None,
        hold_expires_at=order.hold_expires_at,
    )


def line_of_size(order_id: int, variant_id: int) -> int | None:
    """Return the key of the line that sells a private size; None when there is none."""
    rows = OrderLine.objects.filter(order_id=order_id, variant_id=variant_id)
    return rows.values_list("pk", flat=True).first()
