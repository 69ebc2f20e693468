"""Telephone calls about an alert: what is said, what is pressed, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.notifications import rules
from apps.notifications.events import CallEnded
from apps.notifications.models import Alert, Message
from apps.notifications.rules.calls import MAX_ROUNDS, TAKE_CHARGE, state_of_call
from apps.notifications.rules.wording import say
from apps.notifications.services.acknowledging import take_charge
from apps.notifications.services.alerts import go_on
from apps.notifications.services.roster import name_of
from apps.notifications.states import BAD_ENDS, MESSAGE, AlertState, Channel, MessageState
from bakery.kernel import outbox
from bakery.kernel.errors import NotFound
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

_PROVIDER = "provider"
_ENDED = {*BAD_ENDS, MessageState.DELIVERED}


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What a call says, in the language of whom it calls; ``asks``: then one key is awaited."""

    sentences: tuple[str, ...]
    language: str
    asks: bool


def answer_call(*, reference: UUID, round_number: int = 1) -> Speech:
    """Return what is said to whoever picked up; raise `NotFound` ``call_not_found``."""
    message, alert_id = _call_of(reference)
    alert = Alert.objects.get(pk=alert_id)
    if alert.state == AlertState.ACKNOWLEDGED:
        return _say(message, "taken_before")
    if round_number > MAX_ROUNDS:
        return _say(message, "nothing_pressed")
    told, how = message.body, say("press", message.language)
    return Speech(sentences=(told, how, told, how), language=message.language, asks=True)


def take_digits(*, reference: UUID, digits: str, round_number: int, at: datetime) -> Speech:
    """Take in what was pressed during a call; 1 acknowledges, anything else asks once more.

    A request that comes twice acknowledges once. Raises `NotFound` ``call_not_found``.
    """
    message, alert_id = _call_of(reference)
    if digits.strip() != TAKE_CHARGE:
        return answer_call(reference=reference, round_number=round_number + 1)
    by = f"call:{name_of(message.recipient)}"
    with transaction.atomic():
        alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
        is_own = take_charge(alert, by=by, at=at) or alert.acknowledged_by == by
    return _say(message, "thanks" if is_own else "taken_before")


def record_call(
    *, reference: UUID, provider_sid: str, status: str, answered_by: str, at: datetime
) -> bool:
    """Take in a call's status report; return whether it told anything new.

    Reports may come twice, late and in any order. A call that ends without an acknowledgement is
    followed by one to the next person (`CallEnded`). Raises nothing for what we do not know.
    """
    to = state_of_call(status)
    with transaction.atomic():
        rows = Message.objects.filter(reference=reference, channel=Channel.VOICE)
        if to is None or not rows.exists():
            return False
        message = lock_one(rows, what="message")
        if not message.provider_sid:
            message.provider_sid = provider_sid
            message.save(update_fields=["provider_sid"])
        if message.provider_sid != provider_sid or not rules.advances(message.state, to):
            return False
        code = answered_by if to == MessageState.DELIVERED else status
        columns: dict[str, object] = {"error_code": code[:60] if to in _ENDED else ""}
        if to == MessageState.DELIVERED:
            columns["sent_at"] = at
        transition(
            message, machine=MESSAGE, to=to, actor=_PROVIDER, at=at, reason=status, **columns
        )
        if to in _ENDED:
            outbox.emit(CallEnded(message_id=message.pk), key=str(message.reference), at=at)
    return True


def call_next(*, message_id: int, at: datetime) -> None:
    """Call the next person after a call that ended without anybody taking charge."""
    with transaction.atomic():
        message = Message.objects.get(pk=message_id)
        alert = lock_one(Alert.objects.filter(messages=message_id), what="alert")
        if alert.state != AlertState.ACKNOWLEDGED:
            go_on(alert, message, reason="a call was not answered", at=at)


def _call_of(reference: UUID) -> tuple[Message, int]:
    message = Message.objects.filter(reference=reference, channel=Channel.VOICE).first()
    if message is None or message.alert_id is None:
        raise NotFound("call_not_found", "There is no such call.")
    return message, message.alert_id


def _say(message: Message, name: str) -> Speech:
    return Speech(sentences=(say(name, message.language),), language=message.language, asks=False)
