"""Links with tokens and codes, made at the moment a message is sent and stored nowhere."""

from datetime import datetime
from typing import Any, Protocol

from apps.accounts import services as accounts
from apps.notifications.models import Message
from apps.notifications.services.links import address_of
from bakery.kernel.links import public_url

# template -> (purpose of the token, path of the page that takes it)
_MAILBOX_LINKS = {
    "notifications/mail/verify_mailbox": ("verify_mailbox", "/account/verify/"),
    "notifications/mail/reset_password": ("reset_password", "/account/reset/"),
}


class SecretSource(Protocol):
    """Makes what a mail says beyond its stored ``context``; raising keeps it from being sent."""

    def __call__(self, *, context: dict[str, Any], at: datetime) -> dict[str, Any]:
        """Return names and values for the template."""


_SOURCES: dict[str, SecretSource] = {}


def add_mail_secrets(*, template: str, source: SecretSource) -> None:
    """Let ``source`` complete the mails of ``template``: for apps above this one, at start-up."""
    _SOURCES[template] = source


class TextLink(Protocol):
    """Makes the link that ends a text."""

    def __call__(self, *, message_id: int) -> str:
        """Return an absolute address, the same at each attempt; "" for none."""


_LINKS: dict[str, TextLink] = {}


def add_text_link(*, kind: str, source: TextLink) -> None:
    """Let texts of ``kind`` end with what ``source`` returns: for apps above this one."""
    _LINKS[kind] = source


def text_link(message: Message) -> str:
    """Return the link that ``message``, a text, ends with; "" for none."""
    source = _LINKS.get(message.kind)
    return source(message_id=message.pk) if source else ""


def secret_context(message: Message, *, at: datetime) -> dict[str, Any]:
    """Return what ``message``'s template needs beyond its stored context."""
    if source := _SOURCES.get(message.template):
        return source(context=message.context, at=at)
    if message.template not in _MAILBOX_LINKS:
        return {}
    purpose, path = _MAILBOX_LINKS[message.template]
    token = accounts.mint_mailbox_token(user_id=message.context["user_id"], purpose=purpose, at=at)
    return {"link": public_url(f"{path}?token={token}")}


def text_of(message: Message) -> str:
    """Return a text as it goes out, with its link."""
    if message.link is None:
        link = text_link(message)
        return f"{message.body}\n{link}" if link else message.body
    return f"{message.body}\nOK: {address_of(message.link)}"
