"""What others may read about refunds."""

from uuid import UUID

from apps.payments.models import RefundRequest
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
