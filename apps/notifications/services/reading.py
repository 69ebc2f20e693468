"""What was said to whom, in full, to be kept as proof."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.template import TemplateDoesNotExist

from apps.notifications.adapters import mail
from apps.notifications.models import Message
from apps.notifications.states import Channel

_MOST = 200
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, kw_only=True)
class SaidMessage:
    """A message as it was written; ``sent_at`` is None when it never went out."""

    channel: str
    kind: str
    recipient: str
    state: str
    subject: str
    text: str
    created_at: datetime
    sent_at: datetime | None


def read_messages(*, about: str) -> list[SaidMessage]:
    """Return the messages whose dedupe key begins with ``about``, oldest first.

    Mails are written anew from what is kept of them. Links are left out: whoever has one may open
    the order, or pay for it.
    """
    rows = Message.objects.filter(dedupe_key__startswith=about).order_by("created_at", "pk")
    return [_said(row) for row in rows[:_MOST]]


def _said(row: Message) -> SaidMessage:
    subject, text = "", row.body
    if row.channel == Channel.EMAIL and row.template:
        try:
            subject, text, _ = mail.render(row.template, row.context)
        except (TemplateDoesNotExist, ValueError):
            subject, text = "", f"(written from {row.template}, which is no more)"
    return SaidMessage(
        channel=row.channel,
        kind=row.kind,
        recipient=row.recipient,
        state=row.state,
        subject=subject,
        text=_LINK.sub("(link)", text),
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
