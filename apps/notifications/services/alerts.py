"""Alerts: told to one person, then to the next, until somebody takes charge.

An alert's row is locked alone: whoever holds it locks no message that exists already.
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.notifications.models import Alert, Message
from apps.notifications.rules.escalation import Ladder, ladder_of
from apps.notifications.services.roster import Person, people_on_duty
from apps.notifications.services.telling import (
    call_people,
    level_of,
    mail_people,
    text_people,
)
from apps.notifications.states import (
    ALERT,
    BAD_ENDS,
    AlertKind,
    AlertState,
    Channel,
    MessageState,
)
from bakery.kernel import clock
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
SYSTEM = "system"
_BATCH = 100
_CODE_DIGITS = 4
_CODE_TRIES = 8
# A late reply to an old text must not take charge of something new.
_CODE_RESTS = timedelta(days=2)


def raise_alert(
    *,
    key: str,
    text: str,
    at: datetime,
    kind: AlertKind = AlertKind.SHOP,
    path: str = "",
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> Alert:
    """Raise an alert and text the first person on duty for its ``kind``; return it.

    The same ``key`` again returns the first alert and tells nobody twice. With nobody to text, it
    escalates at once. ``path`` is where staff look at it; ``words`` say it in other languages and
    aloud, as ``{language: {"text": ..., "spoken": ...}}``. Meant to be called inside the
    transaction that makes it necessary.
    """
    with transaction.atomic():
        found = Alert.objects.filter(key=key).first()
        if found is not None:
            return found
        alert, is_new = _write(
            key=key,
            columns={
                "text": text,
                "kind": kind,
                "path": path[:200],
                "words": {name: dict(said) for name, said in (words or {}).items()},
                "raised_at": at,
                "escalate_at": at + _ladder(kind, at).unsent_after,
            },
            at=at,
        )
        if is_new and not text_people(alert, _people(alert, at), most=1, at=at):
            escalate(alert, reason="nobody on duty has a phone", at=at)
    return alert


def _write(*, key: str, columns: dict[str, object], at: datetime) -> tuple[Alert, bool]:
    """Insert the alert with a code that no other open one has."""
    for number in range(_CODE_TRIES):
        code = _free_code(_CODE_DIGITS + number // 2, at=at)
        try:
            with transaction.atomic():
                return Alert.objects.get_or_create(
                    key=key, defaults={**columns, "reply_code": code}
                )
        except IntegrityError:  # somebody took the code this very moment
            continue
    return Alert.objects.get_or_create(key=key, defaults=columns)


def _free_code(digits: int, *, at: datetime) -> str:
    low = 10 ** (digits - 1)
    codes = {str(low + secrets.randbelow(9 * low)) for _ in range(_CODE_TRIES)}
    used = Alert.objects.filter(reply_code__in=codes)
    taken = used.unacknowledged() | used.filter(acknowledged_at__gt=at - _CODE_RESTS)
    free = codes - set(taken.values_list("reply_code", flat=True))
    return min(free or codes)


def _ladder(kind: str, raised_at: datetime) -> Ladder:
    return ladder_of(kind, clock.shop_date(raised_at))


def _people(alert: Alert, at: datetime) -> list[Person]:
    return people_on_duty(kind=alert.kind, at=at)


def escalate(alert: Alert, *, reason: str, at: datetime) -> bool:
    """Take a locked alert to its first level, once; a step of the caller's transaction.

    Returns False when somebody acknowledged it or it was there before.
    """
    return alert.level == 0 and climb(alert, reason=reason, at=at)


def climb(alert: Alert, *, reason: str, at: datetime) -> bool:
    """Take a locked alert to its next level and tell whom that names.

    Returns False when somebody acknowledged it or there is no further level.
    """
    ladder, level = _ladder(alert.kind, alert.raised_at), alert.level + 1
    step, following = ladder.step(level), ladder.step(level + 1)
    if step is None or alert.state == AlertState.ACKNOWLEDGED:
        return False
    transition(
        alert,
        machine=ALERT,
        to=AlertState.ESCALATED,
        actor=SYSTEM,
        at=at,
        reason=f"level {level}: {reason}"[:500],
        level=level,
        escalate_at=at + following.after if following else None,
    )
    people = _people(alert, at)
    if step.texts:
        text_people(alert, people, most=step.texts, at=at)
    if step.mails:
        mail_people(alert, people, reason=reason, at=at)
    if step.calls and not call_people(alert, people, most=step.calls, at=at):
        mail_people(alert, people, reason="nobody on duty takes calls", at=at)
    return True


def escalate_overdue(*, at: datetime) -> int:
    """Escalate every alert that nobody acknowledged in time; return how many were.

    One that cannot be does not keep the others: it is tried again in the next round, and the
    error is raised once all others had their turn.
    """
    due = Alert.objects.overdue(at=at).order_by("escalate_at").values_list("pk", flat=True)
    count, failure = 0, None
    for pk in list(due[:_BATCH]):
        try:
            count += _escalate_one(pk, at=at)
        except Exception as error:
            logger.exception("alert not escalated", extra={"object_id": pk})
            failure = error
    if failure is not None:
        raise failure
    return count


def _escalate_one(alert_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        # Another sweeper, or the person who acknowledges, may hold the row: then wait and see.
        alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
        if alert.escalate_at is None or alert.escalate_at > at:
            return False
        is_unsent = alert.state == AlertState.PENDING
        reason = "the text did not go out" if is_unsent else "nobody acknowledged it in time"
        return climb(alert, reason=reason, at=at)


def follow_message(message: Message, *, reason: str, at: datetime) -> None:
    """Let an alert follow one of its messages; a step of the caller's transaction.

    A message that will not arrive is replaced at once: five minutes of silence would be lost.
    """
    if message.alert_id is None:
        return
    alert = lock_one(Alert.objects.filter(pk=message.alert_id), what="alert")
    if alert.state == AlertState.ACKNOWLEDGED:
        return
    if message.state in BAD_ENDS:
        go_on(alert, message, reason=reason, at=at)
        return
    to = AlertState.DELIVERED if message.state == MessageState.DELIVERED else AlertState.SENT
    if not ALERT.allows(alert.state, to):
        return
    first = _ladder(alert.kind, alert.raised_at).steps[0]
    transition(
        alert,
        machine=ALERT,
        to=to,
        actor=SYSTEM,
        at=at,
        # From now on it waits for a person and not for a provider.
        escalate_at=alert.raised_at + first.after,
    )


def replace_message(message: Message, *, reason: str, at: datetime) -> None:
    """Tell the next although ``message`` is still being tried; a step of the transaction."""
    if message.alert_id is None:
        return
    alert = lock_one(Alert.objects.filter(pk=message.alert_id), what="alert")
    if alert.state != AlertState.ACKNOWLEDGED:
        go_on(alert, message, reason=reason, at=at)


def go_on(alert: Alert, message: Message, *, reason: str, at: datetime) -> None:
    """Tell whoever comes after somebody whom a message of the locked alert does not reach.

    A step of the caller's transaction. Nothing happens for a message of an earlier level.
    """
    people, channel = _people(alert, at), message.channel
    if level_of(message) != alert.level:
        return  # others were told since
    if channel == Channel.VOICE:
        call_people(alert, people, most=1, at=at)
    elif channel == Channel.SMS and not escalate(alert, reason=reason, at=at):
        told = Message.objects.filter(alert=alert, channel=Channel.SMS)
        known = set(told.values_list("recipient", flat=True))
        if any(one.phone and one.phone not in known for one in people):
            text_people(alert, people, most=1, at=at)
        elif alert.level == 1:
            climb(alert, reason=reason, at=at)
