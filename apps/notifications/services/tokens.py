"""Signed addresses in mails: they prove the mailbox, need no log-in and are stored nowhere.

They never end, because the law wants an unsubscribe link to work long after its mail (CASL
s. 11(2): 60 days; CAN-SPAM, 15 U.S.C. 7704(a)(3)(A)(ii): 30). Keys that SECRET_KEY_FALLBACKS
names are still believed.
"""

from datetime import datetime

from django.core.signing import BadSignature, Signer

from apps.notifications.models import Contact
from apps.notifications.rules.consent import is_offered
from apps.notifications.services.consent import ERASED
from bakery.kernel.errors import NotFound
from bakery.kernel.links import public_url

_SALT = "apps.notifications.contact"
MANAGE, UNSUBSCRIBE, CONFIRM = "m", "u", "c"
_LONGEST = 120


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"{_SALT}:{purpose}", sep="~")


def make_token(
    *, purpose: str, contact_id: int, topic: str = "", ends: datetime | None = None
) -> str:
    """Return a token for one contact, and for ``topic`` if given; ``ends`` limits its life."""
    until = int(ends.timestamp()) if ends else ""
    return _signer(purpose).sign(f"{contact_id}.{topic}.{until}")


def read_token(token: str, *, purpose: str, at: datetime) -> tuple[Contact, str]:
    """Return the contact and the topic of a token of ours.

    Raises `NotFound` ``link_not_found`` for whatever is not one, has ended or is of somebody who
    was erased: the three are not told apart.
    """
    missing = NotFound("link_not_found", "This link is not one of ours, or it has ended.")
    if len(token) > _LONGEST or not token.isascii():
        raise missing
    try:
        contact_id, topic, until = _signer(purpose).unsign(token).split(".")
    except (BadSignature, ValueError) as error:
        raise missing from error
    if until and int(until) <= at.timestamp():
        raise missing
    contact = Contact.objects.filter(pk=int(contact_id)).first()
    if contact is None or contact.address.startswith(ERASED):
        raise missing
    if purpose != MANAGE and not is_offered(contact.channel, topic):
        raise missing
    return contact, topic


def address_of(kind: str, token: str) -> str:
    """Return the absolute address of the page ``kind`` that takes a token."""
    return public_url(f"/{kind}/{token}/")
