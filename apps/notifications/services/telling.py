"""Telling people of an alert: by text, by mail, by telephone. Steps of the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from apps.notifications.models import Alert, Message
from apps.notifications.rules import hash_token
from apps.notifications.services.links import link_length, make_link
from apps.notifications.services.messages import announce, send_mail, send_sms
from apps.notifications.services.roster import Person
from apps.notifications.states import Channel, Topic

# The next level calls anew; an old call that rings then would only confuse.
_CALL_EXPIRES_AFTER = timedelta(minutes=9)
_LONGEST_CODE = 8
# Two line breaks, and what stands before the link.
_AROUND_LINK = len("\n\nOK: ")
_REPLY = {"en": "Reply OK {code}", "fr": "Répondez OK {code}"}


def words_of(alert: Alert, language: str, *, spoken: bool = False) -> str:
    """Return what an alert says in a language, as far as it was written in it."""
    own = alert.words.get(language) or {}
    if spoken:
        said = own.get("spoken") or own.get("text")
        return str(said or (alert.words.get("en") or {}).get("spoken") or alert.text)
    return str(own.get("text") or alert.text)


def tail_length() -> int:
    """Return how many characters are appended to an alert's text: its code and its link."""
    reply = max(len(text) for text in _REPLY.values()) - len("{code}") + _LONGEST_CODE
    return reply + _AROUND_LINK + link_length()


def text_people(alert: Alert, people: Iterable[Person], *, most: int, at: datetime) -> int:
    """Text the first ``most`` who were not texted yet about this alert; return how many were.

    When everybody was, the first is texted again at a new level.
    """
    reachable = [one for one in people if one.phone]
    told = _told(alert, Channel.SMS)
    fresh = _once([one for one in reachable if one.phone not in told])
    chosen = fresh[:most] or reachable[:1]
    return sum(_text(alert, one, at=at) for one in chosen)


def _text(alert: Alert, person: Person, *, at: datetime) -> bool:
    key = f"alert:{alert.pk}:{alert.level}:sms:{person.phone}"
    if Message.objects.filter(dedupe_key=key).exists():
        return False
    reply = _REPLY.get(person.language, _REPLY["en"]).format(code=alert.reply_code)
    send_sms(
        to=person.phone,
        body=f"{words_of(alert, person.language)}\n{reply}",
        dedupe_key=key,
        kind="alert",
        at=at,
        language=person.language,
        topic=Topic.STAFF,
        urgent=True,
        alert=alert,
        link=make_link(alert=alert, recipient=person.phone),
    )
    return True


def mail_people(alert: Alert, people: Iterable[Person], *, reason: str, at: datetime) -> int:
    """Mail everybody who has a mailbox, once a level; return how many were."""
    written = 0
    for person in people:
        key = f"alert:{alert.pk}:{alert.level}:mail:{hash_token(person.email)[:20]}"
        if not person.email or Message.objects.filter(dedupe_key=key).exists():
            continue
        send_mail(
            template="notifications/mail/alert_escalated",
            to=person.email,
            context={"text": words_of(alert, person.language), "reason": reason},
            dedupe_key=key,
            at=at,
            language=person.language,
            topic=Topic.STAFF,
            urgent=True,
            alert=alert,
            link=make_link(alert=alert, recipient=person.email),
        )
        written += 1
    return written


def call_people(alert: Alert, people: Iterable[Person], *, most: int, at: datetime) -> int:
    """Call the first ``most`` who take calls and were not called at this level yet."""
    called = _told(alert, Channel.VOICE, level=alert.level)
    takers = [one for one in people if one.phone and one.takes_calls]
    fresh = _once([one for one in takers if one.phone not in called])
    for person in fresh[:most]:
        _call(alert, person, at=at)
    return len(fresh[:most])


def _once(people: Iterable[Person]) -> list[Person]:
    """Return who has a number, once each: settings may name one twice."""
    by_phone: dict[str, Person] = {}
    for one in people:
        by_phone.setdefault(one.phone, one)
    return list(by_phone.values())


def _call(alert: Alert, person: Person, *, at: datetime) -> None:
    message = Message.objects.create(
        reference=uuid4(),
        channel=Channel.VOICE,
        kind="alert_call",
        recipient=person.phone,
        body=words_of(alert, person.language, spoken=True),
        language=person.language,
        topic=Topic.STAFF,
        dedupe_key=_call_key(alert.pk, alert.level, person.phone),
        urgent=True,
        alert=alert,
        expires_at=at + _CALL_EXPIRES_AFTER,
        created_at=at,
    )
    announce(message, at=at)


def _call_key(alert_id: int, level: int, phone: str) -> str:
    return f"alert:{alert_id}:{level}:call:{phone}"


def level_of(message: Message) -> int:
    """Return at which level of its alert a message was written."""
    return int(message.dedupe_key.split(":")[2])


def _told(alert: Alert, channel: Channel, *, level: int | None = None) -> set[str]:
    rows = Message.objects.filter(alert=alert, channel=channel)
    if level is not None:
        rows = rows.filter(dedupe_key__startswith=_call_key(alert.pk, level, ""))
    return set(rows.values_list("recipient", flat=True))
