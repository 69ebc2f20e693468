"""The last word of who had a message written: whether what it says is still true.

Asked at the moment of sending, again after quiet hours and after each failed attempt, and for
every message of a kind, also one that a person sends again.
"""

from datetime import datetime
from typing import Protocol

from django.db import transaction

from apps.notifications.models import Alert, Message
from apps.notifications.states import MESSAGE, AlertState, MessageState
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

MAX_CODE = 60
# Somebody took charge of what an alert's message is about.
ACKNOWLEDGED = "acknowledged"


class LastCheck(Protocol):
    """Tells why a message must not go out after all."""

    def __call__(self, *, message_id: int, at: datetime) -> str:
        """Return a code of at most 60 characters, "" when it may go. Sends and locks nothing."""


_CHECKS: dict[str, LastCheck] = {}


def add_last_check(*, kind: str, check: LastCheck) -> None:
    """Let ``check`` judge messages of ``kind``: for apps above this one, at start-up."""
    _CHECKS[kind] = check


def outdated(message: Message, *, at: datetime) -> str:
    """Return why what ``message`` says is not true any more, "" when it is."""
    if message.alert_id and _is_taken(message.alert_id):
        return ACKNOWLEDGED
    check = _CHECKS.get(message.kind)
    return check(message_id=message.pk, at=at)[:MAX_CODE] if check else ""


def _is_taken(alert_id: int) -> bool:
    return Alert.objects.filter(pk=alert_id, state=AlertState.ACKNOWLEDGED).exists()


def withhold(*, message_id: int, code: str, at: datetime) -> bool:
    """Keep a queued message from being sent; False when it is on its way or out already."""
    with transaction.atomic():
        message = lock_one(Message.objects.filter(pk=message_id), what="message")
        if message.state != MessageState.QUEUED:
            return False
        mark_withheld(message, code=code, at=at)
    return True


def mark_withheld(message: Message, *, code: str, at: datetime) -> None:
    """Note on a locked, queued message why it is not sent; a step of the caller's transaction."""
    transition(
        message,
        machine=MESSAGE,
        to=MessageState.WITHHELD,
        actor="system",
        at=at,
        reason=code,
        error_code=code,
    )
