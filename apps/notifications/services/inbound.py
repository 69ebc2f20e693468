"""What people text to the shop's number: STOP at once, START, HELP, YES, alerts taken charge of."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.notifications import rules
from apps.notifications.adapters.rendering import write_text
from apps.notifications.events import TextReceived
from apps.notifications.models import Contact, InboundText, Subscription
from apps.notifications.rules.keywords import Keyword, keyword_of
from apps.notifications.services import replies
from apps.notifications.services.agreeing import STOPPED, tell_accounts
from apps.notifications.services.alerts import raise_alert
from apps.notifications.services.contacts import confirm_all, start, stop
from apps.notifications.services.opting import ask_by_text
from apps.notifications.services.roster import find_person, name_of
from apps.notifications.states import (
    AlertKind,
    Channel,
    InboundMeaning,
    SubscriptionState,
    Topic,
)
from bakery.kernel import outbox
from bakery.kernel.errors import Invalid
from bakery.kernel.logs import fingerprint

_LONGEST_BODY = 1600
_LONGEST_SENDER = 20
REPLY = "sms_reply"
_ROSTER = "/console/notifications/alertcontact/"
Answer = tuple[InboundMeaning, str]


def take_text(*, sid: str, sender: str, body: str, at: datetime, told: str = "") -> str:
    """Take in one text and do what it asks for; return the text to answer with, "" for none.

    ``sid`` is the provider's id: the same again does nothing and answers nothing. ``told`` is what
    the provider itself took the text for and has answered already (Twilio's OptOutType): then it
    is done and not answered. Raises `Invalid` ``bad_text`` without an id or a sender.
    """
    sender = sender.replace("\x00", "").strip()
    sid = sid.replace("\x00", "").strip()
    if not sid or not sender:
        raise Invalid("bad_text", "A text has an id and a sender.")
    with transaction.atomic():
        row, is_new = InboundText.objects.get_or_create(
            provider_sid=sid[:64],
            defaults={
                "sender": sender[:_LONGEST_SENDER],
                "body": body.replace("\x00", "")[:_LONGEST_BODY],
                "meaning": InboundMeaning.OTHER,
                "received_at": at,
            },
        )
        if not is_new:
            return ""
        meaning, answer = _act(row, sender=sender, told=told, at=at)
        row.meaning = meaning
        row.save(update_fields=["meaning"])
        if meaning == InboundMeaning.OTHER:
            outbox.emit(TextReceived(inbound_id=row.pk), key=str(row.pk), at=at)
    return "" if told else answer


def _act(row: InboundText, *, sender: str, told: str, at: datetime) -> Answer:
    """Do what a text asks for; return what it was taken for and the answer."""
    keyword, language = keyword_of(row.body) or (None, "")
    keyword = _TOLD.get(told.upper(), keyword)
    if keyword is not None and rules.is_phone(sender):
        found = _ACTS[keyword](sender, language, at)
        if found is not None:
            return found
    if (answer := replies.acknowledge_by_reply(sender=sender, body=row.body, at=at)) is not None:
        return InboundMeaning.ACKNOWLEDGED, answer
    return InboundMeaning.OTHER, ""


def _write(name: str, language: str, phone: str, **context: object) -> str:
    """Return an answer in the word's language, else in the one that the number is written to."""
    if not language:
        found = Contact.objects.filter(channel=Channel.SMS, address=phone).values_list("language")
        language = found[0][0] if found else settings.LANGUAGE_CODE
    return write_text(f"notifications/sms/{name}", context, language)


def _stop(phone: str, language: str, at: datetime) -> Answer:
    tell_accounts(
        channel=Channel.SMS, address=phone, topic=Topic.NEWS, granted=False, source=STOPPED, at=at
    )
    is_new = stop(phone=phone, source=STOPPED, at=at)
    if is_new and find_person(phone) is not None:
        _alert_of_stop(phone, at=at)
    # Answered once: a phone that answers by itself would go on for ever.
    return InboundMeaning.STOP, _write("stopped", language, phone) if is_new else ""


def _alert_of_stop(phone: str, *, at: datetime) -> None:
    """Say that somebody on the roster is not reached by text any more: the provider refuses it.

    Each of their texts goes on to the next person at once; but with nobody else, only calls and
    mails are left.
    """
    raise_alert(
        key=f"alert-stop:{fingerprint(phone)}:{at:%Y%m%dT%H%M%S}",
        text=(
            f"{name_of(phone)} answered STOP: texts about cakes do not reach them any more."
            " Let them text START, or change the roster."
        ),
        kind=AlertKind.SYSTEM,
        path=_ROSTER,
        at=at,
    )


def _help(phone: str, language: str, at: datetime) -> Answer:  # noqa: ARG001 - like the others
    return InboundMeaning.HELP, _write("help", language, phone)


def _start(phone: str, language: str, at: datetime) -> Answer:
    was_stopped = Contact.objects.filter(
        channel=Channel.SMS, address=phone, stopped_at__isnull=False
    ).exists()
    contact = start(phone=phone, at=at)
    if was_stopped:
        # Asked for while it took no texts: its owner has not read yet what that was.
        for topic in _waiting(contact):
            ask_by_text(contact=contact, topic=topic, at=at)
        return InboundMeaning.START, _write("started", language, phone)
    topics = confirm_all(contact, source=REPLY, at=at)
    if topics:
        return InboundMeaning.CONFIRM, _write("confirmed", language, phone, topics=topics)
    return InboundMeaning.START, _write("started", language, phone)


def _waiting(contact: Contact) -> list[str]:
    rows = Subscription.objects.filter(contact=contact, state=SubscriptionState.PENDING)
    return list(rows.order_by("topic").values_list("topic", flat=True))


def _yes(phone: str, language: str, at: datetime) -> Answer | None:
    """Confirm what waits for it; None when nothing does: it may answer something else."""
    contact = Contact.objects.filter(channel=Channel.SMS, address=phone).first()
    if contact is None or (contact.stopped_at is None and not _waiting(contact)):
        return None
    return _start(phone, language, at)


_ACTS: dict[Keyword, Callable[[str, str, datetime], Answer | None]] = {
    Keyword.STOP: _stop,
    Keyword.START: _start,
    Keyword.HELP: _help,
    Keyword.YES: _yes,
}
_TOLD = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
