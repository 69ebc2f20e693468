"""Beginning an attempt to send: judged, counted against the caps, marked; or put off, or withheld.

One transaction, before anything goes out. What an attempt took of the caps is given back when it
handed nothing over.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.notifications import rules
from apps.notifications.adapters.outcome import DeliveryFailure
from apps.notifications.models import Message
from apps.notifications.rules import numbers
from apps.notifications.services import gates, spending
from apps.notifications.services.mail_secrets import text_of
from apps.notifications.services.messages import announce
from apps.notifications.services.withholding import mark_withheld
from apps.notifications.states import MESSAGE, Channel, MessageState
from bakery.kernel.errors import Unavailable
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

# How long after a refused try a message is tried again: a quarter of its age, between these.
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
SYSTEM = "system"


def begin_attempt(message_id: int, *, at: datetime) -> Message | None:
    """Mark an attempt as begun and return its message; None when nothing is to be sent now.

    Raises `Unavailable` while another process is at it.
    """
    with transaction.atomic():
        message = lock_one(Message.objects.filter(pk=message_id), what="message")
        if message.state == MessageState.SENDING:
            if message.provider_sid:
                return None
            if message.attempted_at and message.attempted_at > at - rules.ATTEMPT_STALE_AFTER:
                raise Unavailable("message_in_flight", "Another process is sending this message.")
        elif message.state != MessageState.QUEUED:
            return None
        return _mark_begun(message, at=at) if _is_let_through(message, at=at) else None


def _is_let_through(message: Message, *, at: datetime) -> bool:
    """Judge a locked message; put it off or withhold it when it may not go."""
    gate = gates.judge(message, at)
    if gate.until is not None:
        put_off(message, until=gate.until, at=at, reason="outside the recipient's waking hours")
        return False
    code = gate.withheld
    if not code and message.channel == Channel.SMS:
        message.segments = rules.count_segments(text_of(message))
        message.country = numbers.country_of(message.recipient)
        if _is_limited(message) and message.state == MessageState.QUEUED:
            refused = spending.take(spending.shares_of(message, at=at), at=at)
            code = f"cap_{refused.scope}" if refused else ""
    if code:
        hold(message, code=code, at=at)
    return not code


def _is_limited(message: Message) -> bool:
    """Tell whether an attempt takes of the caps: not if an earlier one that may be out still does.

    Otherwise the retries of one text that found no answer would fill its number's cap.
    """
    is_text = message.channel == Channel.SMS and not gates.is_for_staff(message)
    return is_text and not message.ambiguous


def hold(message: Message, *, code: str, at: datetime) -> None:
    """Withhold a locked message; a step of the caller's transaction."""
    _back_to_queue(message, reason=code, at=at)
    mark_withheld(message, code=code, at=at)


def put_off(message: Message, *, until: datetime, at: datetime, reason: str) -> None:
    """Let a locked message wait for a moment; it is no attempt. In the caller's transaction."""
    _back_to_queue(message, reason=reason, at=at)
    message.waits += 1
    message.not_before = until
    message.save(update_fields=["waits", "not_before"])
    announce(message, at=at, not_before=until)


def _back_to_queue(message: Message, *, reason: str, at: datetime) -> None:
    if message.state == MessageState.SENDING:
        # Somebody died at it: it may be out, whatever becomes of it now.
        transition(
            message,
            machine=MESSAGE,
            to=MessageState.QUEUED,
            actor=SYSTEM,
            at=at,
            reason=reason,
            ambiguous=True,
        )


def _mark_begun(message: Message, *, at: datetime) -> Message:
    if message.state == MessageState.QUEUED:
        transition(message, machine=MESSAGE, to=MessageState.SENDING, actor=SYSTEM, at=at)
    else:  # somebody died at it: what was sent is looked up first
        message.ambiguous = True
    message.attempts += 1
    message.attempted_at = at
    message.first_attempt_at = message.first_attempt_at or at
    message.save(
        update_fields=[
            "attempts", "attempted_at", "first_attempt_at", "ambiguous", "segments", "country",
        ]
    )  # fmt: skip
    return message


def give_back(message: Message, failure: DeliveryFailure) -> None:
    """Return what a failed attempt took of the caps, unless it may have gone out all the same."""
    if _is_limited(message) and not failure.ambiguous and message.attempted_at is not None:
        spending.give_back(spending.shares_of(message, at=message.attempted_at))


def wait_after(message: Message, failure: DeliveryFailure, *, at: datetime) -> timedelta | None:
    """Return how long a locked message waits because its provider says when, or is left alone.

    None when nobody said so, or when it has waited for too long already.
    """
    if failure.retry_after is None:
        return None
    age = at - (message.first_attempt_at or at)
    if age > timedelta(hours=settings.MESSAGE_PATIENCE_HOURS):
        return None
    asked = timedelta(seconds=failure.retry_after)
    if message.urgent:
        return min(max(asked, _SHORTEST_WAIT), _LONGEST_WAIT)
    return min(max(asked, age / 4, _SHORTEST_WAIT), _LONGEST_WAIT)
