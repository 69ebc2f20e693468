"""Taking charge of an alert by answering its text."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.notifications.models import Alert, Message
from apps.notifications.rules.replies import read_reply
from apps.notifications.rules.wording import say
from apps.notifications.services.acknowledging import take_charge
from apps.notifications.services.roster import Person, find_person, name_of
from apps.notifications.services.telling import words_of
from apps.notifications.states import Channel, MessageState
from bakery.kernel.locks import lock_one

_LISTED = 5
# What waits, or came to a bad end, nobody has read: an answer to an older text is not about it.
_HANDED_OVER = frozenset({MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED})
_WORDS_SHOWN = 24
# How long an answer to something that was taken meanwhile is told by whom.
_REMEMBERED = timedelta(days=2)


def acknowledge_by_reply(*, sender: str, body: str, at: datetime) -> str | None:
    """Take in an answer from ``sender`` and return what to reply.

    None when it is not an acknowledgement of somebody on the roster: then it is for others to
    understand. "OK" is enough while one alert is open that ``sender`` was texted about; with
    several, or none, the code of its text has to be named.
    """
    reply, person = read_reply(body), find_person(sender)
    if reply is None or person is None:
        return None
    if reply.code:
        return _by_code(reply.code, person, at=at)
    open_alerts = Alert.objects.unacknowledged()
    read = Message.objects.filter(recipient=sender, channel=Channel.SMS, state__in=_HANDED_OVER)
    told = open_alerts.filter(pk__in=read.values("alert"))
    mine = list(told.order_by("raised_at", "pk")[: _LISTED + 1])
    waiting = mine or list(open_alerts.order_by("raised_at", "pk")[: _LISTED + 1])
    if not waiting:
        return say("none_open", person.language)
    if len(mine) == 1:
        return _take(mine[0].pk, person, at=at)
    return _which(waiting, person)


def _by_code(code: str, person: Person, *, at: datetime) -> str:
    found = Alert.objects.filter(reply_code=code)
    alert = found.unacknowledged().first()
    if alert is None:
        recent = found.filter(acknowledged_at__gt=at - _REMEMBERED)
        alert = recent.order_by("-acknowledged_at").first()
    if alert is None:
        return say("no_such_code", person.language, code=code)
    return _take(alert.pk, person, at=at)


def _take(alert_id: int, person: Person, *, at: datetime) -> str:
    by = f"reply:{name_of(person.phone)}"
    with transaction.atomic():
        alert = lock_one(Alert.objects.filter(pk=alert_id), what="alert")
        is_own = take_charge(alert, by=by, at=at) or alert.acknowledged_by == by
    what = _short(alert, person)
    if is_own:
        return say("yours", person.language, what=what)
    return say("theirs", person.language, what=what, by=alert.acknowledged_by.partition(":")[2])


def _which(alerts: list[Alert], person: Person) -> str:
    listed = [f"{one.reply_code} {_short(one, person)}" for one in alerts[:_LISTED]]
    more = ["..."] if len(alerts) > _LISTED else []
    return say("which", person.language, list="; ".join([*listed, *more]))


def _short(alert: Alert, person: Person) -> str:
    words = words_of(alert, person.language).split()
    text = ""
    for word in words:
        if len(text) + len(word) > _WORDS_SHOWN:
            break
        text = f"{text} {word}".strip()
    return text or alert.key[:_WORDS_SHOWN]
