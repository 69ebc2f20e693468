"""Finding the attempt that a session of Stripe's belongs to."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.orders.selectors import payable_order
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.models import CheckoutAttempt
from apps.payments.services import ledger
from bakery.kernel import money


def adopt_attempt(session: SessionView, *, at: datetime) -> CheckoutAttempt | None:
    """Return the attempt of ``session``, None when it belongs to no order that we know.

    We may not have heard the answer to our own call (a crash, a dropped connection): then the
    attempt is found by the key that the session carries. We may have lost even the attempt (a
    restored backup): then the order that the session refers to gets it back. Both are safe: only
    we can write a session's metadata, and the amount is compared with the order's anyway.
    """
    attempt = CheckoutAttempt.objects.filter(session_id=session.id).first()
    if attempt is not None:
        return attempt
    with transaction.atomic():
        return _link_attempt(session) or _restore_attempt(session, at=at)


def _link_attempt(session: SessionView) -> CheckoutAttempt | None:
    if not session.attempt_key:
        return None
    waiting = CheckoutAttempt.objects.filter(idempotency_key=session.attempt_key, session_id=None)
    waiting.update(session_id=session.id, url=session.url, expires_at=session.expires_at)
    return CheckoutAttempt.objects.filter(session_id=session.id).first()


def _restore_attempt(session: SessionView, *, at: datetime) -> CheckoutAttempt | None:
    try:
        public_id = UUID(session.reference)
    except ValueError:
        return None
    order = payable_order(public_id=public_id)
    if order is None:
        return None
    ledger.lock_payments(order.id)
    known = CheckoutAttempt.objects.filter(session_id=session.id).first()
    if known is not None:
        return known
    last = CheckoutAttempt.objects.filter(order_id=order.id).aggregate(last=Max("number"))["last"]
    total_minor = int(session.raw.get("amount_total") or order.amount_minor)
    return CheckoutAttempt.objects.create(
        order_id=order.id,
        number=(last or 0) + 1,
        idempotency_key=f"restored:{session.id}",
        amount=money.from_minor(total_minor, session.currency),
        currency=session.currency,
        session_id=session.id,
        url=session.url,
        expires_at=session.expires_at,
        planned_at=at,
    )
