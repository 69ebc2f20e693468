"""What follows for payments when an order ends: no more paying, and money goes back."""

from datetime import datetime

from django.db import transaction

from apps.payments.adapters import stripe_gateway
from apps.payments.models import CheckoutAttempt, Payment
from apps.payments.services import ledger
from apps.payments.services.settlement import check_attempt
from apps.payments.states import AttemptState, RefundReason


def close_checkouts(*, order_id: int, at: datetime) -> int:
    """Expire the order's open sessions at Stripe and return how many were closed.

    A session that turns out paid is applied as the late payment that it is. Calls Stripe; raises
    `Unavailable` while it does not answer.
    """
    closed = 0
    live = CheckoutAttempt.objects.filter(order_id=order_id, state=AttemptState.OPEN)
    for attempt_id, session_id in live.values_list("pk", "session_id"):
        if session_id:
            closed += stripe_gateway.expire_session(session_id)
            check_attempt(attempt_id=attempt_id, at=at)
    return closed


def request_refunds(*, order_id: int, by: str, at: datetime) -> int:
    """Ask for everything that was paid for a cancelled order; return the number of new requests.

    A payment that is on its way back for another reason is not asked for twice.
    """
    with transaction.atomic():
        ledger.lock_payments(order_id)
        paid = list(Payment.objects.filter(order_id=order_id, refund_requests=None))
        for payment in paid:
            ledger.request_refund(payment, reason=RefundReason.ORDER_CANCELLED, by=by, at=at)
        return len(paid)
