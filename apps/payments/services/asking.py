"""Asking for a refund of what was sold: by lines or by an amount, never more than is left."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from apps.payments.models import RefundRequest
from apps.payments.rules.refund_plan import RefundLine, RefundPreview
from apps.payments.states import RefundReason


def preview_refund(
    *, order_id: int, lines: Sequence[RefundLine] = (), amount: Decimal | None = None
) -> RefundPreview:
    """Return what a refund of ``lines``, or of ``amount``, would come to; do nothing.

    With neither: all that is left. Raises `NotFound` ``order_not_found``; `Invalid`
    ``bad_amount``, ``bad_line``; `Conflict` ``too_much`` (details: left), ``nothing_left``,
    ``not_refundable``.
    """
    raise NotImplementedError


def request_refund_of(
    *,
    order_id: int,
    reason: RefundReason,
    lines: Sequence[RefundLine] = (),
    amount: Decimal | None = None,
    explanation: str,
    goods_back: bool = False,
    by: str,
    reference: str,
    at: datetime,
) -> list[RefundRequest]:
    """Ask for ``lines`` or ``amount`` of an order to go back, one request for each way it goes.

    Asking again under the same ``reference`` returns the requests made then. Raises as
    `preview_refund`, and `Invalid` ``bad_reason``, ``bad_explanation``, ``bad_reference``.
    """
    raise NotImplementedError
