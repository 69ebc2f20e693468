"""Writing down money that went back, with what it means for the sale: one step, however it went.

Steps of other use cases, which hold `ledger.lock_payments` of the order.
"""

from datetime import datetime

from apps.orders.services import CreditLine, count_refund, credit_sale
from apps.orders.states import PaymentOutcome
from apps.payments.events import RefundRecorded
from apps.payments.models import Refund, RefundRequest
from apps.payments.rules.refund_plan import read_shares, scale_lines
from apps.payments.services import ledger
from apps.payments.services.absorbing import absorb_waiting
from apps.payments.states import CREDITING, RefundReason
from bakery.kernel import outbox
from bakery.kernel.rows import insert

_COUNTED = (PaymentOutcome.CONFIRMED, PaymentOutcome.ALREADY_CONFIRMED)


def record_refund(refund: Refund, *, credits_sale: bool = True, at: datetime) -> None:
    """Insert ``refund``, lower the sale that it is for, once a request, and tell of it."""
    insert([refund])
    if credits_sale:
        _credit(refund, at=at)
    told = RefundRecorded(refund_id=refund.pk, order_id=refund.order_id)
    outbox.emit(told, key=str(refund.pk), at=at)


def _credit(refund: Refund, *, at: datetime) -> None:
    request = refund.request
    if request is not None:
        if request.reason in CREDITING:
            _credit_request(refund, request, at=at)
    elif refund.payment is not None:
        amount = refund.amount - absorb_waiting(refund, at=at)
        if refund.payment.outcome not in _COUNTED or amount <= 0:
            return
        count_refund(order_id=refund.order_id, amount=amount)
        credit_sale(
            order_id=refund.order_id,
            reference=f"refund:{refund.stripe_id}",
            amount=amount,
            reason=RefundReason.GOODWILL.label,
            actor=ledger.STRIPE,
            at=at,
        )


def _credit_request(refund: Refund, request: RefundRequest, *, at: datetime) -> None:
    shares = scale_lines(read_shares(request.lines), refund.amount, refund.currency)
    credit_sale(
        order_id=refund.order_id,
        reference=request.credit_reference,
        amount=refund.amount,
        lines=[
            CreditLine(share.position, share.quantity, share.amount, share.tax) for share in shares
        ],
        reason=RefundReason(request.reason).label,
        actor=request.decided_by or ledger.STRIPE,
        at=at,
    )
