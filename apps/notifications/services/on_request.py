"""Taking back for somebody who asked staff to: what they said to us is as good as a press."""

from datetime import datetime

from django.db import transaction

from apps.notifications.models import Contact
from apps.notifications.rules.consent import is_offered
from apps.notifications.services.agreeing import STAFF_REQUEST, tell_accounts
from apps.notifications.services.consent import ERASED
from apps.notifications.services.contacts import stop, take_back
from apps.notifications.states import Channel, Topic
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one

STOP = "stop"


def withdraw_on_request(
    *, contact_id: int, topics: list[str], actor: str, reason: str, at: datetime
) -> list[str]:
    """Take back for somebody who asked staff to, and stop a number's texts with ``stop``.

    Returns what changed. News are taken back from the account as well. Staff never agree for
    somebody: there is no such function. Raises `Invalid` ``not_optional``, `Conflict`
    ``nothing_held`` and `NotFound`.
    """
    with transaction.atomic():
        _tell(contact_id, topics, at=at)
        contact = lock_one(Contact.objects.filter(pk=contact_id), what="contact")
        _require_possible(contact, topics)
        changed = [
            topic
            for topic in topics
            if (
                stop(phone=contact.address, source="staff", at=at)
                if topic == STOP
                else take_back(contact, topic, source="staff", at=at)
            )
        ]
        if not changed:
            raise Conflict("nothing_held", "Nothing of that was held.")
        audit.record(
            actor=actor,
            action="notifications.withdraw",
            object_type="notifications.contact",
            object_id=contact.pk,
            changes={name: ["", "withdrawn"] for name in changed},
            reason=reason,
            at=at,
        )
    return changed


def _tell(contact_id: int, topics: list[str], *, at: datetime) -> None:
    """Write to the accounts what they would otherwise go on saying: users before contacts."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None or contact.address.startswith(ERASED):
        return
    if Topic.NEWS in topics or STOP in topics:
        tell_accounts(
            channel=contact.channel,
            address=contact.address,
            topic=Topic.NEWS,
            granted=False,
            source=STAFF_REQUEST,
            at=at,
        )


def _require_possible(contact: Contact, topics: list[str]) -> None:
    if contact.address.startswith(ERASED):
        raise Conflict("nothing_held", "This contact was erased.")
    unknown = [
        topic for topic in topics if topic != STOP and not is_offered(contact.channel, topic)
    ]
    if unknown or (STOP in topics and contact.channel != Channel.SMS):
        raise Invalid("not_optional", "This cannot be switched on or off.")
