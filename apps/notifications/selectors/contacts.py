"""Reads about contacts: what the console lists, and what people take along of their data."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from apps.notifications.models import Contact, InboundText, Subscription, SubscriptionRecord

_MOST = 200


def contact_rows(*, search: str = "") -> QuerySet[Contact]:
    """Return contacts with their subscriptions, the newest first; ``search`` is part of one."""
    rows = Contact.objects.prefetch_related("subscriptions").order_by("-pk")
    text = search.replace("\x00", "").strip()
    return rows.filter(address__icontains=text) if text else rows


def records_of(contact_id: int) -> list[SubscriptionRecord]:
    """Return the decisions about a contact, the newest first, 200 at most."""
    rows = SubscriptionRecord.objects.filter(contact_id=contact_id)
    return list(rows.order_by("-pk")[:_MOST])


def texts_of(address: str) -> list[InboundText]:
    """Return what was texted from a number, the newest first, 200 at most."""
    return list(InboundText.objects.filter(sender=address)[:_MOST])


def inbound_rows() -> QuerySet[InboundText]:
    """Return the texts to the shop's number, the newest first."""
    return InboundText.objects.select_related("alert")


def inbound_text(inbound_id: int) -> InboundText | None:
    """Return one text to the shop's number."""
    return InboundText.objects.filter(pk=inbound_id).first()


def kept_of(addresses: Sequence[str]) -> list[dict[str, Any]]:
    """Return what is kept about the owner of some addresses, plain data, in four queries."""
    wanted = {x for text in addresses if text for x in (text, text.strip().lower())}
    contacts = list(Contact.objects.filter(address__in=wanted).order_by("pk"))
    ids = [contact.pk for contact in contacts]
    held = list(Subscription.objects.filter(contact__in=ids).order_by("pk"))
    records = list(SubscriptionRecord.objects.filter(contact_id__in=ids).order_by("pk"))
    texts = list(InboundText.objects.filter(sender__in=wanted).order_by("pk"))
    return [
        {
            "channel": contact.channel,
            "address": contact.address,
            "language": contact.language,
            "stopped_at": contact.stopped_at,
            "suppressed_at": contact.suppressed_at,
            "suppressed_reason": contact.suppressed_reason,
            "subscriptions": [
                {"topic": row.topic, "state": row.state, "changed_at": row.changed_at}
                for row in held
                if row.contact_id == contact.pk
            ],
            "decisions": [
                {
                    "topic": row.topic,
                    "state": row.state,
                    "source": row.source,
                    "wording": row.wording,
                    "at": row.at,
                }
                for row in records
                if row.contact_id == contact.pk
            ],
        }
        for contact in contacts
    ] + [{"texted": row.body, "from": row.sender, "at": row.received_at} for row in texts]
