"""What a refund in Stripe's dashboard means for requests that wait for the same money.

Steps of other use cases, which hold `ledger.lock_payments` of the order.
"""

from datetime import datetime
from decimal import Decimal

from apps.orders.selectors import money_by_hand
from apps.orders.states import OrderStatus, PaymentOutcome
from apps.payments.models import Refund, RefundRequest
from apps.payments.selectors.money_left import asked_of_order
from apps.payments.services import ledger
from apps.payments.states import (
    CREDITING,
    OF_STRAY_PAYMENTS,
    OF_THE_ORDER,
    REFUND_MACHINE,
    RefundReason,
    RefundStatus,
)
from bakery.kernel.states import transition

_ZERO = Decimal(0)
_WAIT = (RefundStatus.AWAITING_APPROVAL, RefundStatus.FAILED)
_ENDED = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
_STRAY = {
    PaymentOutcome.MISMATCH: RefundReason.MISMATCH,
    PaymentOutcome.UNFULFILLABLE: RefundReason.LATE_PAYMENT,
    PaymentOutcome.SECOND_PAYMENT: RefundReason.SECOND_PAYMENT,
}


def absorb_waiting(refund: Refund, *, at: datetime) -> Decimal:
    """Let a refund without a request end or lower what waits for the same payment's money.

    That money is owed whoever sends it, so nobody has to reject it, which would say that the shop
    keeps it. What people ask for stays for them to decide. Returns how much of the refund is no
    credit of a sale, because a change had lowered that before.
    """
    rows = RefundRequest.objects.select_for_update(of=("self",)).filter(
        payment=refund.payment,
        status__in=_WAIT,
        reason__in=(*OF_THE_ORDER, *OF_STRAY_PAYMENTS),
        refunds=None,
    )
    rest, lowered = refund.amount, _ZERO
    for request in rows.order_by("pk"):
        part = min(request.amount, rest)
        if part <= 0:
            break
        rest -= part
        if request.reason not in CREDITING:
            lowered += part
        if part < request.amount:
            RefundRequest.objects.filter(pk=request.pk).update(amount=request.amount - part)
            continue
        transition(
            request,
            machine=REFUND_MACHINE,
            to=RefundStatus.WITHDRAWN,
            actor=ledger.STRIPE,
            at=at,
            reason="refunded in Stripe's dashboard",
        )
    return lowered + min(rest, _owed_unasked(refund, rest))


def _owed_unasked(refund: Refund, rest: Decimal) -> Decimal:
    """Return what a change said to go back and nobody was asked for yet; ``rest`` is counted."""
    order = money_by_hand(refund.order_id)
    if order.status in _ENDED:
        return _ZERO
    asked = asked_of_order(refund.order_id, is_over=False) - rest
    return max(order.owed - asked, _ZERO)


def ask_again(refund: Refund, *, at: datetime) -> None:
    """Ask anew for money that a refund without a request had sent, and that came back.

    Its sale stays lowered, so what goes back for it lowers nothing more.
    """
    payment = refund.payment
    if refund.request_id is None and payment is not None:
        ledger.request_refund(
            payment,
            reason=_STRAY.get(PaymentOutcome(payment.outcome), RefundReason.ORDER_EDITED),
            by=ledger.STRIPE,
            at=at,
            amount=refund.amount,
            reference=f"bounced-{refund.pk}",
        )
