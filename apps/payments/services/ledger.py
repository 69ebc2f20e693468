"""Writing down money that came, and asking for money to go back. Steps of other use cases."""

from datetime import datetime
from decimal import Decimal

from apps.orders.services import confirm_payment, hold_for_mismatch
from apps.orders.states import PaymentOutcome
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.events import AttentionNeeded, PaymentRecorded, RefundRequested
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.states import RefundReason, RefundWay
from bakery.kernel import money, outbox
from bakery.kernel.locks import advisory_lock
from bakery.kernel.rows import insert

STRIPE, SYSTEM = "stripe", "system"
_SENT_BACK = {
    PaymentOutcome.MISMATCH: RefundReason.MISMATCH,
    PaymentOutcome.UNFULFILLABLE: RefundReason.LATE_PAYMENT,
    PaymentOutcome.SECOND_PAYMENT: RefundReason.SECOND_PAYMENT,
}
_WORDS = {
    RefundWay.STRIPE: "should go back. Please decide in the console",
    RefundWay.BY_HAND: "that were taken at the counter should go back. Please decide in the"
    " console, then give them back there",
    RefundWay.GIFT_CARD: "should go back to a gift card. Please decide in the console",
}


def lock_payments(order_id: int) -> None:
    """Let only one transaction at a time handle the payments of an order.

    Taken before the order's own row, which `orders` locks, so that looking for a payment and
    recording it are one step.
    """
    advisory_lock(f"payments-of-order:{order_id}")


def record_capture(
    attempt: CheckoutAttempt, session: SessionView, *, event_id: str, at: datetime
) -> None:
    """Record the money of ``session`` and tell the order, exactly once per payment intent.

    A payment that the order cannot take ends in a refund request and an alert, never nowhere.
    """
    if Payment.objects.filter(payment_intent=session.intent_id).exists():
        return
    outcome = confirm_payment(
        order_id=attempt.order_id,
        payment_ref=session.intent_id,
        amount_minor=session.amount_minor,
        currency=session.currency,
        at=at,
    )
    payment = Payment.objects.create(
        order_id=attempt.order_id,
        attempt=attempt,
        payment_intent=session.intent_id,
        charge=session.charge_id,
        amount=money.from_minor(session.amount_minor, session.currency),
        currency=session.currency,
        fee=_fee(session),
        method=session.method,
        outcome=outcome,
        event_id=event_id,
        recorded_at=at,
    )
    recorded = PaymentRecorded(payment_id=payment.pk, order_id=payment.order_id)
    outbox.emit(recorded, key=str(payment.pk), at=at)
    if reason := _SENT_BACK.get(PaymentOutcome(outcome)):
        request_refund(payment, reason=reason, by=STRIPE, at=at)


def hold_order(attempt: CheckoutAttempt, *, reason: str, at: datetime) -> None:
    """Set the order aside for a person, because what Stripe says cannot be its payment."""
    hold_for_mismatch(order_id=attempt.order_id, reason=reason, at=at)
    ask_for_attention(f"mismatch:{attempt.pk}", f"Order {attempt.order.number}: {reason}.", at=at)


def request_refund(
    payment: Payment,
    *,
    reason: RefundReason,
    by: str,
    at: datetime,
    amount: Decimal | None = None,
    reference: str = "",
) -> RefundRequest:
    """Ask, once per payment, reason and reference, for its money to go back.

    All of it, or ``amount``. A second person approves. The caller holds `lock_payments`.
    """
    known = RefundRequest.objects.filter(payment=payment, reason=reason, reference=reference)
    if (request := known.first()) is not None:
        return request
    request = RefundRequest(
        order_id=payment.order_id,
        payment=payment,
        amount=payment.amount if amount is None else amount,
        currency=payment.currency,
        reason=reason,
        reference=reference,
        requested_by=by,
        requested_at=at,
    )
    write_request(request, number=payment.order.number, at=at)
    return request


def write_request(request: RefundRequest, *, number: str, at: datetime) -> None:
    """Write down that money of the order ``number`` should go back, tell of it, and alert."""
    insert([request])
    told = RefundRequested(request_id=request.pk, order_id=request.order_id)
    outbox.emit(told, key=str(request.pk), at=at)
    sum_text = f"Order {number}: {request.amount} {request.currency}"
    why = RefundReason(request.reason).label
    ask_for_attention(
        f"refund:{request.pk}", f"{sum_text} {_WORDS[RefundWay(request.way)]} ({why}).", at=at
    )


def ask_for_attention(key: str, text: str, *, at: datetime) -> None:
    """Alert the shop. By the outbox: a wrong phone number must not undo the record of money."""
    outbox.emit(AttentionNeeded(key=f"payments:{key}", text=text), key=key, at=at)


def _fee(session: SessionView) -> Decimal | None:
    if session.fee_minor is None:
        return None
    return money.from_minor(session.fee_minor, session.currency)
