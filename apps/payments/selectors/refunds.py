"""What others may read about refunds."""

from datetime import datetime
from uuid import UUID

from apps.orders.selectors import GivenBack
from apps.payments.models import Refund, RefundRequest
from apps.payments.states import RefundWay
from bakery.kernel.errors import NotFound


def refunds_of(order_id: int) -> list[RefundRequest]:
    """Return the refund requests of an order with their payments, oldest first; 1 query."""
    rows = RefundRequest.objects.filter(order_id=order_id)
    return list(rows.select_related("payment").order_by("requested_at", "pk"))


def refund_by_public_id(public_id: UUID | str) -> RefundRequest:
    """Return one request with its order and payment; raise `NotFound` ``refund_not_found``."""
    try:
        key = UUID(str(public_id))
    except ValueError:
        key = UUID(int=0)
    rows = RefundRequest.objects.select_related("order", "payment")
    found = rows.filter(public_id=key).first()
    if found is None:
        raise NotFound("refund_not_found", "There is no such refund.")
    return found


def given_at_counter(start: datetime, end: datetime) -> list[GivenBack]:
    """Return what was given back by hand from ``start`` until before ``end``; 1 query."""
    rows = Refund.objects.filter(
        way=RefundWay.BY_HAND, reversal=None, recorded_at__gte=start, recorded_at__lt=end
    ).order_by("recorded_at", "pk")
    columns = ("recorded_at", "order_id", "order__number", "till", "given_by", "amount")
    return [GivenBack(*row) for row in rows.values_list(*columns)]
