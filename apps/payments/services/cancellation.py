"""What follows for payments when an order ends or changes: no more paying, and money goes back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.orders.selectors import HandMoney, money_by_hand, payable_order
from apps.payments.adapters import stripe_gateway
from apps.payments.models import CheckoutAttempt, Payment, RefundRequest
from apps.payments.services import ledger
from apps.payments.services.settlement import check_attempt
from apps.payments.states import AttemptState, RefundReason

_ZERO = Decimal(0)


def close_checkouts(*, order_id: int, at: datetime) -> int:
    """Expire the order's open sessions at Stripe and return how many were closed.

    A session that turns out paid is applied as the late payment that it is. Calls Stripe; raises
    `Unavailable` while it does not answer.
    """
    return _close(CheckoutAttempt.objects.filter(order_id=order_id), at=at)


def close_outdated(*, order_id: int, at: datetime) -> int:
    """Expire the open sessions that ask for another amount than is due; else as `close_checkouts`.

    A page that the customer opened since the order was changed stays.
    """
    sessions = CheckoutAttempt.objects.filter(order_id=order_id, state=AttemptState.OPEN)
    public_id = sessions.values_list("order__public_id", flat=True).first()
    order = payable_order(public_id=public_id) if public_id else None
    if order is None:
        return 0
    return _close(sessions.exclude(amount=order.due, currency=order.currency), at=at)


def _close(attempts: QuerySet[CheckoutAttempt], *, at: datetime) -> int:
    closed = 0
    live = attempts.filter(state=AttemptState.OPEN)
    for attempt_id, session_id in live.values_list("pk", "session_id"):
        if session_id:
            closed += stripe_gateway.expire_session(session_id)
            check_attempt(attempt_id=attempt_id, at=at)
    return closed


def request_refunds(*, order_id: int, by: str, at: datetime) -> int:
    """Ask for everything that was paid for a cancelled order; return the number of new requests.

    What of a payment is on its way back for another reason is not asked for twice. What was taken
    at the counter has no payment here: the shop is told to give it back by hand.
    """
    with transaction.atomic():
        ledger.lock_payments(order_id)
        payments = _refundable(order_id)
        for payment, left in payments:
            ledger.request_refund(
                payment, reason=RefundReason.ORDER_CANCELLED, by=by, at=at, amount=left
            )
        hand = money_by_hand(order_id)
        rest = min(hand.by_hand, hand.kept - sum((left for _, left in payments), _ZERO))
        if rest > 0:
            _ask_by_hand(hand, rest, "cancelled", at=at)
        return len(payments)


def request_edit_refund(
    *, order_id: int, revision: int, amount: Decimal, by: str, at: datetime
) -> int:
    """Ask for ``amount`` that a change of an order left paid too much; return the requests made.

    From the newest payment back, from each at most what is not on its way back already. Asking
    again for the same ``revision`` changes nothing. What no payment covers was taken at the
    counter: the shop is told to give it back by hand.
    """
    reference = f"revision-{revision}"
    with transaction.atomic():
        ledger.lock_payments(order_id)
        reason = RefundReason.ORDER_EDITED
        if RefundRequest.objects.filter(
            order_id=order_id, reason=reason, reference=reference
        ).exists():
            return 0
        asked = 0
        for payment, left in _refundable(order_id):
            share = min(amount, left)
            if share <= 0:
                break
            ledger.request_refund(
                payment, reason=reason, by=by, at=at, amount=share, reference=reference
            )
            amount, asked = amount - share, asked + 1
        if amount > 0:
            _ask_by_hand(money_by_hand(order_id), amount, reference, at=at)
    return asked


def _refundable(order_id: int) -> list[tuple[Payment, Decimal]]:
    """Return the order's payments, the newest first, with what is not on its way back already."""
    asked = Coalesce(Sum("refund_requests__amount"), _ZERO, output_field=DecimalField())
    rows = Payment.objects.filter(order_id=order_id).annotate(left=F("amount") - asked)
    return [(row, row.left) for row in rows.order_by("-recorded_at", "-pk") if row.left > 0]


def _ask_by_hand(hand: HandMoney, amount: Decimal, why: str, *, at: datetime) -> None:
    ledger.ask_for_attention(
        f"refund-by-hand:{hand.number}:{why}",
        f"Order {hand.number}: {amount} {hand.currency} that were taken at the counter should go"
        " back. Please give them back there.",
        at=at,
    )
