"""Asking whoever reads a mailbox or holds a phone whether they agreed: double opt-in."""

from datetime import datetime
from typing import Any

from apps.notifications.adapters.rendering import write_text
from apps.notifications.models import Contact
from apps.notifications.rules.consent import span_of
from apps.notifications.services.messages import send_mail, send_sms
from apps.notifications.services.tokens import CONFIRM, address_of, make_token
from apps.notifications.states import Topic
from bakery.kernel import clock

TEMPLATE = "notifications/mail/confirm_subscription"


def _key(contact: Contact, topic: str, *, at: datetime) -> str:
    """Return the dedupe key that makes it one request a day, however often somebody asks."""
    return f"opt-in:{contact.pk}:{topic}:{clock.shop_date(at)}"


def ask_by_text(*, contact: Contact, topic: str, at: datetime) -> None:
    """Text what was asked for, and how to agree; a step of the caller's transaction.

    Names what is to come, as carriers demand of cart reminders (Twilio 30517).
    """
    body = write_text("notifications/sms/opt_in", {"topic": topic}, contact.language)
    send_sms(
        to=contact.address,
        body=body,
        kind="opt_in",
        dedupe_key=_key(contact, topic, at=at),
        at=at,
        language=contact.language,
        topic=Topic.ACCOUNT,
    )


def ask_by_mail(*, contact: Contact, topic: str, at: datetime) -> None:
    """Mail a link that confirms; a step of the caller's transaction."""
    send_mail(
        template=TEMPLATE,
        to=contact.address,
        context={"contact_id": contact.pk, "topic": topic},
        dedupe_key=_key(contact, topic, at=at),
        at=at,
        language=contact.language,
        topic=Topic.ACCOUNT,
    )


def confirm_link(*, context: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the link of the mail that asks; made when it is sent and stored nowhere."""
    token = make_token(
        purpose=CONFIRM,
        contact_id=context["contact_id"],
        topic=context["topic"],
        ends=at + span_of("confirm_within", on=clock.shop_date(at)),
    )
    return {"link": address_of("preferences/confirm", token)}
