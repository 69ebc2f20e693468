"""What stands below a mail, and in its headers, so that it can be stopped without a log-in."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.notifications.models import Message
from apps.notifications.services.contacts import contact_of
from apps.notifications.services.tokens import MANAGE, UNSUBSCRIBE, address_of, make_token
from apps.notifications.states import OPTIONAL, Channel, Topic

# A password's mail or an alert is nothing that anybody could switch off.
_PLAIN = frozenset({Topic.ACCOUNT, Topic.STAFF})


def footer_of(message: Message, *, at: datetime) -> dict[str, str]:
    """Return ``postal_address``, and the links that a mail of this topic has to have.

    ``preferences_link`` for all but mails about an account, ``unsubscribe_link`` for what may be
    switched off. Writes the mailbox's contact when there is none yet.
    """
    found = {"postal_address": ", ".join(settings.SHOP_ADDRESS)}
    if message.channel != Channel.EMAIL or message.topic in _PLAIN:
        return found
    with transaction.atomic():
        contact = contact_of(
            channel=Channel.EMAIL,
            address=message.recipient,
            at=at,
            # The page behind the link speaks as the mail does, until they choose otherwise.
            first_language=message.language or "en",
        )
    token = make_token(purpose=MANAGE, contact_id=contact.pk)
    found["preferences_link"] = address_of("preferences", token)
    if message.topic in OPTIONAL:
        token = make_token(purpose=UNSUBSCRIBE, contact_id=contact.pk, topic=message.topic)
        found["unsubscribe_link"] = address_of("unsubscribe", token)
    return found


def headers_of(footer: dict[str, str]) -> dict[str, str]:
    """Return the headers by which a mail program offers to unsubscribe (RFC 2369, RFC 8058)."""
    link = footer.get("unsubscribe_link")
    if not link:
        return {}
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
