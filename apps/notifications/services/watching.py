"""Noticing that the platform is out of order: dead letters, silent workers, silent providers.

Looked at every minute by whoever still lives (`bakery.edge.watchman`). Each finding is an episode:
the people on duty are told when it begins, and not again until it was over.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min

from apps.notifications.models import Message
from apps.notifications.services.alerts import raise_alert
from apps.notifications.states import AlertKind, Channel, MessageState
from bakery.kernel import attempts, clock, dead_letters, episodes, heartbeats, outbox

SILENT_AFTER = timedelta(minutes=5)
# The watch itself: since when it has looked without a break, and when it did last.
_LOOKED, _SINCE = "watch", "watch-since"
_BREAK = timedelta(minutes=3)
_DEAD, _SILENT, _UNTOLD = "dead-letters:", "silent:", "untold:"
# Twilio tells of a text within seconds. One or two without a word may be their carriers' fault.
_TOLD_WITHIN, _UNTOLD_SINCE, _UNTOLD_FROM = timedelta(minutes=15), timedelta(hours=6), 3
_TOLD = (MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED)
_LETTERS = "/console/kernel/outboxmessage/"
_SCHEDULES = "/console/kernel/taskrun/"
_MESSAGES = "/console/notifications/message/"


def watch_platform(*, at: datetime) -> list[str]:
    """Look at everything that is watched, alert where an episode begins; return what is wrong."""
    letters = {
        f"{_DEAD}{pile.handler}": _dead_text(pile.handler, pile.count)
        for pile in dead_letters.piles()
    }
    silences = {f"{_SILENT}{name}": _silent_text(name, seen) for name, seen in _silent(at).items()}
    text, going_on = _untold_text(at), {row.name for row in episodes.going_on()}
    untold = {f"{_UNTOLD}twilio": text} if text else {}
    for findings, prefix, path in (
        (letters, _DEAD, _LETTERS),
        (silences, _SILENT, _SCHEDULES),
        (untold, _UNTOLD, _MESSAGES),
    ):
        for name in sorted(findings.keys() | {one for one in going_on if one.startswith(prefix)}):
            _follow(name[:200], findings.get(name, ""), path=path, at=at)
    return sorted([*letters, *silences, *untold])


def _follow(name: str, text: str, *, path: str, at: datetime) -> None:
    with transaction.atomic():
        if episodes.watch(name=name, text=text, at=at) is episodes.Turn.BEGAN:
            raise_alert(
                key=f"{at:%Y%m%dT%H%M%S}:{name}"[:200],
                text=text,
                at=at,
                kind=AlertKind.SYSTEM,
                path=path,
            )


def _dead_text(handler: str, count: int) -> str:
    what = attempts.in_words(handler)
    if count == 1:
        return f"Something was given up after all its attempts ({what}). See Dead letters."
    return f"{count} things were given up after all their attempts ({what}). See Dead letters."


def _silent(at: datetime) -> dict[str, datetime | None]:
    """Return who has been silent for too long, counted from when this watch began to look.

    Otherwise everything would seem silent in the first minute after a night of standing still.
    """
    looked = heartbeats.last(_LOOKED)
    if looked is None or looked < at - _BREAK:
        heartbeats.beat(_SINCE, at=at)
    heartbeats.beat(_LOOKED, at=at)
    since = heartbeats.last(_SINCE)
    if since is None or since > at - SILENT_AFTER:
        return {}
    names = [heartbeats.BEAT, *(heartbeats.of_queue(queue) for queue in outbox.QUEUES)]
    return heartbeats.silent(names, at=at, within=SILENT_AFTER)


def _silent_text(name: str, seen: datetime | None) -> str:
    last = f"since {seen.astimezone(clock.shop_zone()):%H:%M}" if seen else "at all"
    if name == heartbeats.BEAT:
        return f"Beat gave no sign {last}: nothing happens by the clock. Start it again."
    queue = name.removeprefix("queue-")
    return f"No worker served the queue {queue} {last}. Start it again."


def _untold_text(at: datetime) -> str:
    """Say so when Twilio takes texts, but has told nothing of any of them since; 2 queries."""
    texts = Message.objects.filter(
        channel=Channel.SMS, created_at__gt=at - _UNTOLD_SINCE, attempted_at__isnull=False
    ).exclude(provider_sid="")
    waiting = texts.filter(state=MessageState.SENDING, attempted_at__lte=at - _TOLD_WITHIN)
    found = waiting.aggregate(count=Count("pk"), since=Min("attempted_at"))
    if found["count"] < _UNTOLD_FROM:
        return ""
    if texts.filter(state__in=_TOLD, attempted_at__gte=found["since"]).exists():
        return ""
    since = found["since"].astimezone(clock.shop_zone())
    return (
        f"Twilio took {found['count']} texts since {since:%H:%M} and told nothing of any. Check"
        " that it reaches this shop, and its token."
    )
