"""Customers who ask for a refund themselves: of pieces, and for so many days only."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from apps.payments.models import RefundRequest
from apps.payments.rules.asking_window import asking_refusal
from apps.payments.rules.refund_plan import RefundLine, RefundPreview
from apps.payments.rules.refund_words import CUSTOMER
from apps.payments.services.asking import preview_refund, request_refund_of
from apps.payments.states import RefundReason
from bakery.kernel.errors import Invalid

if TYPE_CHECKING:
    from apps.orders.models import Order


def preview_for_customer(
    *, order: "Order", lines: Sequence[RefundLine], at: datetime
) -> RefundPreview:
    """Return what a refund of ``lines`` would come to; do nothing.

    Raises `Conflict` ``not_refundable``, ``too_late``; `Invalid` ``nothing_chosen``; and as
    `preview_refund`.
    """
    _require_askable(order, lines, at=at)
    return preview_refund(order_id=order.pk, lines=lines)


def ask_as_customer(
    *,
    order: "Order",
    lines: Sequence[RefundLine],
    explanation: str,
    reference: str,
    at: datetime,
) -> list[RefundRequest]:
    """Ask for ``lines`` of the customer's own order to go back, once for each ``reference``.

    Raises as `preview_for_customer` and `request_refund_of`.
    """
    _require_askable(order, lines, at=at)
    return request_refund_of(
        order_id=order.pk,
        reason=RefundReason.GOODS,
        lines=lines,
        explanation=explanation,
        by=CUSTOMER,
        reference=reference,
        at=at,
    )


def _require_askable(order: "Order", lines: Sequence[RefundLine], *, at: datetime) -> None:
    if refusal := asking_refusal(order, at=at, days=settings.REFUND_REQUEST_DAYS):
        raise refusal
    if not lines:
        raise Invalid("nothing_chosen", "Choose how many pieces something was wrong with.")
