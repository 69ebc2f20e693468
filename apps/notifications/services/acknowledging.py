"""Taking charge of an alert: on the board, by link, by reply, by telephone, in the console."""

from datetime import datetime

from django.db import transaction

from apps.notifications.events import AlertAcknowledged
from apps.notifications.models import Alert, AlertLink, Message
from apps.notifications.rules import hash_token
from apps.notifications.services.roster import name_of
from apps.notifications.services.withholding import ACKNOWLEDGED, withhold
from apps.notifications.states import ALERT, AlertState, MessageState
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition


def acknowledge_alert(*, key: str, by: str, at: datetime) -> bool:
    """Note that ``by`` took charge; return False when somebody had, or there is no such alert.

    Emits `AlertAcknowledged` when it did.
    """
    with transaction.atomic():
        try:
            alert = lock_one(Alert.objects.filter(key=key), what="alert")
        except NotFound:
            return False
        return take_charge(alert, by=by, at=at)


def take_charge(alert: Alert, *, by: str, at: datetime) -> bool:
    """Acknowledge a locked alert; return False when it was. A step of the transaction."""
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


def acknowledge_by_staff(*, alert_id: int, actor: str, at: datetime) -> Alert:
    """Let a member of staff take charge in the console or over the API; audited.

    Raises `NotFound` ``alert_not_found`` and `Conflict` ``already_acknowledged`` (details: by).
    """
    with transaction.atomic():
        alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
        if not take_charge(alert, by=actor, at=at):
            raise Conflict(
                "already_acknowledged",
                "Somebody took charge of this before.",
                details={"by": alert.acknowledged_by},
            )
        audit.record(
            actor=actor,
            action="notifications.acknowledge_alert",
            object_type="alert",
            object_id=alert.pk,
            at=at,
        )
    return alert


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
        take_charge(alert, by=f"link:{name_of(link.recipient)}", at=at)
    return alert


def withhold_messages(*, key: str, at: datetime) -> int:
    """Send nothing more of an alert that somebody took charge of; return how many waited.

    Each by itself: one that is being sent this moment is waited for, and left alone then.
    """
    waiting = Message.objects.filter(alert__key=key, state=MessageState.QUEUED)
    ids = list(waiting.values_list("pk", flat=True))
    return sum(withhold(message_id=pk, code=ACKNOWLEDGED, at=at) for pk in ids)
