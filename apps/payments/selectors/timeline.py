"""What happened about the money of an order, in the order it happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.orders.selectors import TimelineEntry
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest


@dataclass(frozen=True)
class PaymentRow:
    """One thing that happened about the money of an order, for its timeline."""

    at: datetime
    kind: str
    text: str
    amount: Decimal
    currency: str
    reference: str


def payments_of(order_id: int) -> list[PaymentRow]:
    """Return attempts, payments and refund requests of an order, oldest first; 3 queries."""
    rows = [*_attempts(order_id), *_payments(order_id), *_refund_requests(order_id)]
    return sorted(rows, key=lambda row: row.at)


def tell_timeline(order_id: int) -> list[TimelineEntry]:
    """Return the same rows as entries of the order's own timeline."""
    return [
        TimelineEntry(
            at=row.at,
            source="payment",
            title=row.text,
            actor="stripe",
            detail=f"{row.amount} {row.currency} {row.reference}".strip(),
        )
        for row in payments_of(order_id)
    ]


def _attempts(order_id: int) -> Iterable[PaymentRow]:
    for attempt in CheckoutAttempt.objects.filter(order_id=order_id):
        yield PaymentRow(
            attempt.planned_at,
            "attempt",
            f"Payment page {attempt.number}: {attempt.get_state_display()}",
            attempt.amount,
            attempt.currency,
            attempt.session_id or "",
        )


def _payments(order_id: int) -> Iterable[PaymentRow]:
    for payment in Payment.objects.filter(order_id=order_id):
        yield PaymentRow(
            payment.recorded_at,
            "payment",
            f"Payment received: {payment.get_outcome_display()}",
            payment.amount,
            payment.currency,
            payment.payment_intent,
        )


def _refund_requests(order_id: int) -> Iterable[PaymentRow]:
    for request in RefundRequest.objects.filter(order_id=order_id).select_related("payment"):
        yield PaymentRow(
            request.requested_at,
            "refund_request",
            f"Refund asked for: {request.get_reason_display()}, {request.get_status_display()}",
            request.amount,
            request.currency,
            request.payment.payment_intent if request.payment else "by hand at the counter",
        )
