"""Applying what Stripe says: fetch the session as it is now, then move order and attempt to it.

Events only wake this up. Because every event leads to the same question and the moves are
monotonic, their order, number and loss do not change where an order ends.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.orders.services import cancel_order, extend_hold
from apps.orders.states import OrderStatus
from apps.payments.adapters import stripe_gateway
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.events import SessionSettled
from apps.payments.models import CheckoutAttempt, StripeEvent
from apps.payments.rules.subjects import Subject, find_subject, parse_event
from apps.payments.services import ledger
from apps.payments.services.adoption import adopt_attempt
from apps.payments.services.dispute_news import learn_dispute, learn_warning
from apps.payments.services.refund_news import fetch_refunds_of, learn_refund, record_view
from apps.payments.states import (
    ATTEMPT_MACHINE,
    EVENT_MACHINE,
    LIVE_ATTEMPTS,
    OPEN_EVENTS,
    AttemptState,
    EventState,
)
from bakery.kernel import locks, outbox
from bakery.kernel.errors import NotFound
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_PAID, _COMPLETE, _EXPIRED = "paid", "complete", "expired"
_BANK_IS_BUSY = "processing"
_CHARGE_REFUNDED = "charge.refunded"
# How long goods wait for a bank after its customer has done everything.
BANK_TIME = timedelta(hours=24)


def apply_event(*, event_id: str, at: datetime) -> EventState:
    """Apply a stored event and return what became of it; applying it again changes nothing.

    Calls Stripe outside any transaction. An event that belongs to no order of ours is parked with
    an alert and can be applied later. Raises `NotFound` for an unknown id and `Unavailable` while
    Stripe does not answer.
    """
    event = StripeEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise NotFound("stripe_event_not_found", "There is no such event.")
    if event.state not in OPEN_EVENTS:
        return EventState(event.state)
    subject = find_subject(parse_event(event.payload))
    if subject is None:
        return _close(event, EventState.IGNORED, "concerns no payment of an order", at=at)
    if event.livemode != settings.STRIPE_LIVE_MODE:
        return _hold_for_livemode(event, subject, at=at)
    if not subject.is_payment:
        return _learn(event, subject, at=at)
    session = _fetch(subject)
    attempt = adopt_attempt(session, at=at) if session else None
    if session is None or attempt is None:
        return _park(event, at=at)
    refunds = fetch_refunds_of(session.intent_id) if event.type == _CHARGE_REFUNDED else []
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        _settle(attempt, session, event_id=event.pk, at=at)
        for refund in refunds:
            record_view(refund, at=at)
        return _close(event, EventState.APPLIED, "", at=at)


def _learn(event: StripeEvent, subject: Subject, *, at: datetime) -> EventState:
    """Apply news of money that goes back or is disputed; park what is none of ours."""
    # They may be the first that we hear of a payment: then that is recorded before.
    known = _ask(subject, at=at) or (_settle_payment(subject, at=at) and _ask(subject, at=at))
    return _close(event, EventState.APPLIED, "", at=at) if known else _park(event, at=at)


def _ask(subject: Subject, *, at: datetime) -> bool:
    if subject.refund_id:
        return learn_refund(refund_id=subject.refund_id, at=at)
    if subject.dispute_id:
        return learn_dispute(dispute_id=subject.dispute_id, at=at)
    return learn_warning(warning_id=subject.warning_id, at=at)


def _settle_payment(subject: Subject, *, at: datetime) -> bool:
    """Record the payment that the news are about; return False when it is none of ours."""
    session = (
        stripe_gateway.find_session_of_intent(subject.intent_id) if subject.intent_id else None
    )
    attempt = adopt_attempt(session, at=at) if session else None
    if session is None or attempt is None:
        return False
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        _settle(attempt, session, event_id="", at=at)
    return True


def check_attempt(*, attempt_id: int, at: datetime) -> bool:
    """Ask Stripe about an attempt without waiting for an event; return whether it has a session."""
    attempt = CheckoutAttempt.objects.filter(pk=attempt_id).first()
    if attempt is None or attempt.session_id is None:
        return False
    session = stripe_gateway.fetch_session(attempt.session_id)
    if session is None:
        # Another account's, say after the key was changed: asked again later, not at once.
        CheckoutAttempt.objects.filter(pk=attempt.pk).update(checked_at=at)
        return False
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        _settle(attempt, session, event_id="", at=at)
    return True


def _fetch(subject: Subject) -> SessionView | None:
    if subject.session_id:
        return stripe_gateway.fetch_session(subject.session_id)
    known = CheckoutAttempt.objects.filter(idempotency_key=subject.attempt_key).first()
    if known is not None and known.session_id:
        return stripe_gateway.fetch_session(known.session_id)
    return stripe_gateway.find_session_of_intent(subject.intent_id) if subject.intent_id else None


def _settle(attempt: CheckoutAttempt, session: SessionView, *, event_id: str, at: datetime) -> None:
    """Move the attempt and its order to what ``session`` says. The caller holds the lock."""
    attempt.refresh_from_db()
    if session.livemode != settings.STRIPE_LIVE_MODE:
        ledger.hold_order(attempt, reason="Stripe's live and test modes are mixed up", at=at)
    elif session.payment_status == _PAID and session.intent_id:
        ledger.record_capture(attempt, session, event_id=event_id, at=at)
        _advance(attempt, AttemptState.COMPLETE, at=at)
    elif session.status == _COMPLETE and session.intent_status == _BANK_IS_BUSY:
        _advance(attempt, AttemptState.PROCESSING, at=at)
        extend_hold(order_id=attempt.order_id, until=at + BANK_TIME, at=at)
    elif session.status == _COMPLETE and session.intent_id:
        _advance(attempt, AttemptState.FAILED, at=at)
        _release_order(attempt, at=at)
    elif session.status == _COMPLETE:
        ledger.hold_order(attempt, reason="Stripe asked for no payment", at=at)
    elif session.status == _EXPIRED:
        _advance(attempt, AttemptState.EXPIRED, at=at)
    CheckoutAttempt.objects.filter(pk=attempt.pk).update(checked_at=at, decline=session.decline)
    key = f"{session.id}:{event_id or at.isoformat()}"
    outbox.emit(SessionSettled(session_id=session.id), key=key, at=at)


def _advance(attempt: CheckoutAttempt, to: AttemptState, *, at: datetime) -> None:
    """Move the attempt forward; what it cannot follow any more is old news."""
    if ATTEMPT_MACHINE.allows(attempt.state, to):
        transition(attempt, machine=ATTEMPT_MACHINE, to=to, actor=ledger.STRIPE, at=at)


def _release_order(attempt: CheckoutAttempt, *, at: datetime) -> None:
    """Give the goods back after the bank refused, unless they may still be paid, or partly are."""
    order = attempt.order
    others = CheckoutAttempt.objects.filter(order=order, state__in=LIVE_ATTEMPTS)
    # What was paid of it at the counter keeps it waiting for the rest.
    partly_paid = order.paid_total > order.refunded_total
    waits = order.status == OrderStatus.PENDING_PAYMENT and not partly_paid
    if waits and not others.exists():
        cancel_order(
            order_id=order.pk, actor=ledger.STRIPE, reason="The bank refused the payment.", at=at
        )


def _hold_for_livemode(event: StripeEvent, subject: Subject, *, at: datetime) -> EventState:
    """Never fetch across modes: our key would not see the object, or would see another's."""
    attempt = CheckoutAttempt.objects.filter(
        **(
            {"session_id": subject.session_id}
            if subject.session_id
            else {"idempotency_key": subject.attempt_key}
        )
    ).first()
    if attempt is None:
        return _park(event, at=at)
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        ledger.hold_order(attempt, reason="Stripe's live and test modes are mixed up", at=at)
        return _close(event, EventState.APPLIED, "live mode differs from ours", at=at)


def _park(event: StripeEvent, *, at: datetime) -> EventState:
    if event.state == EventState.PARKED:
        StripeEvent.objects.filter(pk=event.pk, state=EventState.PARKED).update(settled_at=at)
        return EventState.PARKED
    logger.error("stripe event parked", extra={"event_id": event.pk, "event_kind": event.type})
    with transaction.atomic():
        ledger.ask_for_attention(
            f"parked:{event.object_id or event.pk}",
            f"Stripe reports a payment that fits no order: {event.object_id or event.pk}."
            " See Stripe events in the console.",
            at=at,
        )
        return _close(event, EventState.PARKED, "belongs to no order that we know", at=at)


def _close(event: StripeEvent, to: EventState, note: str, *, at: datetime) -> EventState:
    """Write down what became of the event, unless a parallel worker did it meanwhile."""
    with transaction.atomic():
        current = locks.lock_one(StripeEvent.objects.filter(pk=event.pk), what="stripe_event")
        if EVENT_MACHINE.allows(current.state, to):
            transition(
                current,
                machine=EVENT_MACHINE,
                to=to,
                actor=ledger.STRIPE,
                at=at,
                settled_at=at,
                note=note,
            )
        return EventState(current.state)
