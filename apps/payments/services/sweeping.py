"""Finding out for ourselves what no event told us."""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q

from apps.payments.models import CheckoutAttempt, StripeEvent
from apps.payments.services.settlement import apply_event, check_attempt
from apps.payments.states import AttemptState, EventState
from bakery.kernel.errors import DomainError, Unavailable

logger = logging.getLogger(__name__)
CHECK_AFTER = timedelta(minutes=5)
# The outbox has used up its attempts by then.
RETRY_AFTER = timedelta(minutes=10)
# A parked event waits for people, so it is not asked about all the time.
PARKED_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)


def check_open_attempts(*, at: datetime, limit: int = 50) -> int:
    """Ask Stripe about attempts that are open for minutes and silent; return how many were asked.

    So a payment is found even when its webhook never arrives. Stops at the first sign that Stripe
    is down.
    """
    silent = Q(checked_at=None) | Q(checked_at__lt=at - CHECK_AFTER)
    due = (
        CheckoutAttempt.objects.filter(
            silent,
            state__in=(AttemptState.OPEN, AttemptState.PROCESSING),
            session_id__isnull=False,
            planned_at__lt=at - CHECK_AFTER,
        )
        .order_by(F("checked_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )
    asked = 0
    for attempt_id in due:
        try:
            check_attempt(attempt_id=attempt_id, at=at)
        except Unavailable:
            break
        except DomainError as error:
            logger.exception("attempt not settled", extra={"code": error.code})
        asked += 1
    return asked


def retry_events(*, at: datetime, limit: int = 50) -> int:
    """Apply again what is parked, or what its handler gave up on; return how many went through."""
    due = (
        StripeEvent.objects.filter(
            Q(state=EventState.RECEIVED, received_at__lt=at - RETRY_AFTER)
            | Q(state=EventState.PARKED, settled_at__lt=at - PARKED_PAUSE),
            received_at__gt=at - GIVE_UP_AFTER,
        )
        .order_by("received_at")
        .values_list("pk", flat=True)[:limit]
    )
    done = 0
    for event_id in due:
        try:
            done += apply_event(event_id=event_id, at=at) != EventState.PARKED
        except Unavailable:
            break
        except DomainError as error:
            logger.exception("event not applied", extra={"code": error.code, "event_id": event_id})
    return done
