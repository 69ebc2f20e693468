"""Alerts: told to one person, then to the next, until somebody takes charge."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.notifications import rules
from apps.notifications.events import AlertAcknowledged
from apps.notifications.models import Alert, AlertLink
from apps.notifications.rules import hash_token
from apps.notifications.services.links import make_link
from apps.notifications.services.messages import send_mail, send_sms
from apps.notifications.states import ALERT, BAD_ENDS, AlertState, MessageState
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
SYSTEM = "system"
_BATCH = 100


def raise_alert(*, key: str, text: str, at: datetime) -> Alert:
    """Raise an alert and text the first of ALERT_PHONES; return it.

    The same ``key`` again returns the first alert and tells nobody twice. With no phone to text,
    it escalates at once. Meant to be called inside the transaction that makes it necessary.
    """
    with transaction.atomic():
        alert, is_new = Alert.objects.get_or_create(
            key=key,
            defaults={
                "text": text,
                "raised_at": at,
                "escalate_at": at + rules.ESCALATE_AFTER,
            },
        )
        phones = _phones()
        if is_new and phones:
            _send_text(alert, phone=phones[0], at=at)
        elif is_new:
            escalate(alert, reason="no phone is configured", at=at)
    return alert


def _send_text(alert: Alert, *, phone: str, at: datetime) -> None:
    send_sms(
        to=phone,
        body=alert.text,
        dedupe_key=f"alert:{alert.pk}:{alert.level}:sms",
        kind="alert",
        at=at,
        urgent=True,
        alert=alert,
        link=make_link(alert=alert, recipient=phone),
    )


def _phones() -> list[str]:
    """Return the numbers to text; one mistyped in settings must not stop an alert."""
    usable = [phone for phone in settings.ALERT_PHONES if rules.is_phone(phone)]
    if len(usable) < len(settings.ALERT_PHONES):
        logger.error("ALERT_PHONES holds something that is not an E.164 number")
    return usable


def escalate(alert: Alert, *, reason: str, at: datetime) -> bool:
    """Tell the second phone and the shop's mailboxes, once; a step of the caller's transaction.

    ``alert`` is locked by the caller. Returns False when somebody acknowledged it or the
    escalation was done before. With one phone only, that one is texted again.
    """
    if alert.level > 0 or alert.state == AlertState.ACKNOWLEDGED:
        return False
    transition(
        alert,
        machine=ALERT,
        to=AlertState.ESCALATED,
        actor=SYSTEM,
        at=at,
        reason=reason,
        level=1,
        escalate_at=None,
    )
    if phones := _phones():
        _send_text(alert, phone=phones[:2][-1], at=at)
    for mailbox in settings.ALERT_EMAILS:
        send_mail(
            template="notifications/mail/alert_escalated",
            to=mailbox,
            context={"text": alert.text, "reason": reason},
            dedupe_key=f"alert:{alert.pk}:1:mail:{mailbox}",
            at=at,
            urgent=True,
            alert=alert,
            link=make_link(alert=alert, recipient=mailbox),
        )
    return True


def escalate_overdue(*, at: datetime) -> int:
    """Escalate every alert that nobody acknowledged in time; return how many were."""
    due = Alert.objects.overdue(at=at).order_by("escalate_at").values_list("pk", flat=True)
    return sum(_escalate_one(pk, at=at) for pk in due[:_BATCH])


def _escalate_one(alert_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        # Another sweeper, or the person who acknowledges, may hold the row: then wait and see.
        alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
        if alert.escalate_at is None or alert.escalate_at > at:
            return False
        return escalate(alert, reason="nobody acknowledged it in time", at=at)


def follow_message(alert_id: int, *, state: str, reason: str, at: datetime) -> None:
    """Let an alert follow one of its messages; a step of the caller's transaction.

    A message that will not arrive escalates at once: five minutes of silence would be lost.
    """
    alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
    if state in BAD_ENDS:
        escalate(alert, reason=reason, at=at)
        return
    to = AlertState.DELIVERED if state == MessageState.DELIVERED else AlertState.SENT
    if ALERT.allows(alert.state, to):
        transition(alert, machine=ALERT, to=to, actor=SYSTEM, at=at)


def acknowledge_alert(*, key: str, by: str, at: datetime) -> bool:
    """Note that ``by`` took charge; return False when somebody had, or there is no such alert.

    Emits `AlertAcknowledged` when it did.
    """
    with transaction.atomic():
        try:
            alert = lock_one(Alert.objects.filter(key=key), what="alert")
        except NotFound:
            return False
        return _acknowledge(alert, by=by, at=at)


def _acknowledge(alert: Alert, *, by: str, at: datetime) -> bool:
    if alert.state == AlertState.ACKNOWLEDGED:
        return False
    transition(
        alert,
        machine=ALERT,
        to=AlertState.ACKNOWLEDGED,
        actor=by,
        at=at,
        escalate_at=None,
        acknowledged_at=at,
        acknowledged_by=by,
    )
    outbox.emit(AlertAcknowledged(key=alert.key, by=by), key=alert.key, at=at)
    return True


def acknowledge_by_link(*, token: str, at: datetime) -> Alert:
    """Acknowledge through a link that was sent; each works once.

    Raises `NotFound` for an unknown token and `Conflict` with the code ``link_used`` for a spent
    one. When somebody else acknowledged first, the link is spent and their name stays.
    """
    with transaction.atomic():
        spent = AlertLink.objects.filter(token_hash=hash_token(token), used_at=None)
        if not spent.update(used_at=at):
            if AlertLink.objects.filter(token_hash=hash_token(token)).exists():
                raise Conflict("link_used", "This link was used already.")
            raise NotFound("link_not_found", "This link is not one of ours.")
        link = AlertLink.objects.get(token_hash=hash_token(token))
        alert = lock_one(Alert.objects.filter(pk=link.alert_id), what="alert")
        _acknowledge(alert, by=f"link:{rules.mask(link.recipient)}", at=at)
    return alert
