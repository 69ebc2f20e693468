"""What follows for payment pages when an order ends or changes: they are closed."""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from apps.orders.selectors import payable_order
from apps.payments.adapters import stripe_gateway
from apps.payments.models import CheckoutAttempt
from apps.payments.services.settlement import check_attempt
from apps.payments.states import AttemptState


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
    fitting = {order.due, order.deposit}
    return _close(sessions.exclude(amount__in=fitting, currency=order.currency), at=at)


def close_others(*, order_id: int, amount: Decimal, at: datetime) -> int:
    """Expire the open sessions that ask for anything but ``amount``; return how many there were.

    One that turns out paid is applied. Calls Stripe; raises `Unavailable` while it does not answer:
    a second page is not opened beside one that may be paid.
    """
    others = CheckoutAttempt.objects.filter(order_id=order_id, state=AttemptState.OPEN)
    keys = list(others.exclude(amount=amount).values_list("pk", flat=True))
    if keys:
        _close(CheckoutAttempt.objects.filter(pk__in=keys), at=at)
    return len(keys)


def _close(attempts: QuerySet[CheckoutAttempt], *, at: datetime) -> int:
    closed = 0
    live = attempts.filter(state=AttemptState.OPEN)
    for attempt_id, session_id in live.values_list("pk", "session_id"):
        if session_id:
            closed += stripe_gateway.expire_session(session_id)
            check_attempt(attempt_id=attempt_id, at=at)
    return closed
