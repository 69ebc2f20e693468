"""The SMTP server: refuses on command, keeps and parses everything else."""

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from aiosmtpd.smtp import SMTP, Envelope, Session

from bakery.sandbox.ids import make_token
from bakery.sandbox.store import Document
from bakery.sandbox.world import World

MAIL = "mail"
_MAX_SIZE = 25 * 1024 * 1024
_STANDING_RULES = {
    "bounce": (550, "5.1.1 The mailbox does not exist"),
    "defer": (451, "4.3.2 Try again later"),
}
_LINK = re.compile(r"https?://[^\s<>\"')\]]+")


class MailHandler:
    """What aiosmtpd asks about each recipient and message; the names are its protocol."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's interface
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse a recipient by a standing or a planned rule."""
        del server, session, options
        rules = _STANDING_RULES | self._world.mail_rules.by_text
        for text, (code, reason) in rules.items():
            if text in address.lower():
                return f"{code} {reason}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's interface
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a message; it is on disk before it is acknowledged."""
        del server, session
        raw = envelope.original_content or b""
        mail = parse_mail(raw, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        mail["at"] = self._world.clock.now()
        self._world.store.save(MAIL, mail)
        self._world.store.flush()
        return f"250 OK queued as {mail['id']}"


def make_smtp(world: World) -> SMTP:
    """Return the protocol of one connection."""
    return SMTP(
        MailHandler(world),
        data_size_limit=_MAX_SIZE,
        enable_SMTPUTF8=True,
        hostname="sandbox.invalid",
        ident="Sandbox",
    )


def parse_mail(raw: bytes, *, sender: str, recipients: list[str]) -> Document:
    """Return a message's headers, bodies, links and attachments (as base64)."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy returns
    text, html = _body(message, "plain"), _body(message, "html")
    return {
        "id": f"mail_{make_token(14)}",
        "sender": sender,
        "recipients": list(recipients),
        "from": str(message.get("From", "")),
        "to": str(message.get("To", "")),
        "reply_to": str(message.get("Reply-To", "")),
        "subject": str(message.get("Subject", "")).strip(),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": text,
        "html": html,
        "links": sorted(set(_LINK.findall(text) + _LINK.findall(html.replace("&amp;", "&")))),
        "attachments": [_attachment(part) for part in message.iter_attachments()],
        "inline": [_attachment(part) for part in message.walk() if part.get("Content-ID")],
        "size": len(raw),
        "raw": raw.decode("utf-8", "replace"),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError, KeyError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _attachment(part: Message) -> Document:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    return {
        "name": part.get_filename() or "attachment",
        "content_id": str(part.get("Content-ID", "")).strip("<>"),
        "type": part.get_content_type(),
        "size": len(content),
        "content": base64.b64encode(content).decode(),
    }
