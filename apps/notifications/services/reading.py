"""What was said to whom, in full, to be kept as proof."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.template import TemplateDoesNotExist, VariableDoesNotExist

from apps.notifications.adapters import rendering
from apps.notifications.models import Message
from apps.notifications.services.erasing import ERASED
from apps.notifications.states import Channel

_MOST = 200
_LINK = re.compile(r"https?://[^\s<>\"']+")
_HREF = re.compile(r"""href\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)


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


def write_anew(*, row: Message) -> tuple[str, str, str]:
    """Return subject, text and HTML of a message without its links; "" where there is none."""
    if row.channel != Channel.EMAIL or not row.template:
        return "", _LINK.sub("(link)", row.body), ""
    if row.recipient == ERASED:
        return "", "(erased)", ""
    try:
        subject, text, html = rendering.render(row.template, row.context, row.language)
    except (TemplateDoesNotExist, ValueError):
        return "", f"(written from {row.template}, which is no more)", ""
    except VariableDoesNotExist:
        return "", f"(written from {row.template}, which says more than is kept)", ""
    without = _HREF.sub('href="#"', html)
    return subject, _LINK.sub("(link)", text), _LINK.sub("(link)", without)


def _said(row: Message) -> SaidMessage:
    subject, text, _ = write_anew(row=row)
    return SaidMessage(
        channel=row.channel,
        kind=row.kind,
        recipient=row.recipient,
        state=row.state,
        subject=subject,
        text=text,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
