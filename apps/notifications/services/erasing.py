"""Forgetting whom messages went to and what they said; that they were sent stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from apps.notifications.models import Alert, Message
from apps.notifications.selectors import under
from apps.notifications.services.contacts import forget_contacts
from apps.notifications.states import MESSAGE, MessageState
from bakery.kernel.states import transition

if TYPE_CHECKING:
    from apps.accounts.models import User

ERASED = "erased"


def erase_messages(
    *,
    recipients: Sequence[str] = (),
    key_prefixes: Sequence[str] = (),
    alert_keys: Sequence[str] = (),
    at: datetime,
) -> int:
    """Blank messages to ``recipients``, or whose key begins with one of ``key_prefixes``.

    Texts of the alerts under ``alert_keys`` go as well, their recipients are staff and stay. What
    still waited to be sent is not sent any more. Of the recipients' contacts only a keyed hash
    and what they refused is kept. Returns the number of messages to or about the
    person.
    """
    # Mailboxes are written as they were typed, or in lower case.
    wanted = Q(recipient__in={x for text in recipients if text for x in (text, text.lower())})
    for prefix in key_prefixes:
        wanted |= Q(dedupe_key__startswith=prefix)
    with transaction.atomic():
        forget_contacts(addresses=list(recipients))
        rows = Message.objects.filter(wanted, alert=None).exclude(recipient=ERASED)
        for message in rows.filter(state=MessageState.QUEUED):
            transition(
                message,
                machine=MESSAGE,
                to=MessageState.FAILED,
                actor="system",
                at=at,
                reason="the recipient was erased",
            )
        count = rows.update(recipient=ERASED, body="", context={})
        for key in alert_keys:
            Message.objects.filter(under(key, "alert__key")).update(body="", context={})
            Alert.objects.filter(under(key)).update(text=ERASED, words={})
    return count


def erase_messages_to(*, user: "User", at: datetime) -> None:
    """Blank what was written to an account's mailbox and phone: a step of erasing a person."""
    erase_messages(recipients=[user.email, str(user.phone)], at=at)
