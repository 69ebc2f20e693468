"""Writing down money that came, and asking for money to go back. Steps of other use cases."""

from datetime import datetime
from decimal import Decimal

from apps.orders.services import confirm_payment, hold_for_mismatch
from apps.orders.states import PaymentOutcome
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.events import AttentionNeeded, PaymentRecorded
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.states import RefundReason
from bakery.kernel import money, outbox
from bakery.kernel.locks import advisory_lock
from bakery.kernel.rows import insert

STRIPE = "stripe"
_SENT_BACK = {
    PaymentOutcome.MISMATCH: RefundReason.MISMATCH,
    PaymentOutcome.UNFULFILLABLE: RefundReason.LATE_PAYMENT,
    PaymentOutcome.SECOND_PAYMENT: RefundReason.SECOND_PAYMENT,
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

    All of it, or ``amount``. A second person approves.
    """
    request, is_new = RefundRequest.objects.get_or_create(
        payment=payment,
        reason=reason,
        reference=reference,
        defaults={
            "order_id": payment.order_id,
            "amount": payment.amount if amount is None else amount,
            "currency": payment.currency,
            "requested_by": by,
            "requested_at": at,
        },
    )
    if is_new:
        ask_for_attention(
            f"refund:{request.pk}",
            f"Order {payment.order.number}: {request.amount} {payment.currency} should go back"
            f" ({reason.label}). Please decide in the console.",
            at=at,
        )
    return request


def request_by_hand(request: RefundRequest, *, number: str, at: datetime) -> None:
    """Write down that money of the order ``number`` goes back at the counter, and tell the shop."""
    insert([request])
    ask_for_attention(
        f"refund:{request.pk}",
        f"Order {number}: {request.amount} {request.currency} that were taken at the counter should"
        " go back. Please give them back there.",
        at=at,
    )


def ask_for_attention(key: str, text: str, *, at: datetime) -> None:
    """Alert the shop. By the outbox: a wrong phone number must not undo the record of money."""
    outbox.emit(AttentionNeeded(key=f"payments:{key}", text=text), key=key, at=at)


def _fee(session: SessionView) -> Decimal | None:
    if session.fee_minor is None:
        return None
    return money.from_minor(session.fee_minor, session.currency)
