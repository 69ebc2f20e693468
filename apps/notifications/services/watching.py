"""Noticing that the platform itself is out of order: dead letters, and who gives no sign of life.

Looked at every minute by whoever still lives (`bakery.edge.watchman`). Each finding is an episode:
the people on duty are told when it begins, and not again until it was over.
"""

from datetime import datetime, timedelta

from django.db import transaction

from apps.notifications.services.alerts import raise_alert
from apps.notifications.states import AlertKind
from bakery.kernel import clock, dead_letters, episodes, heartbeats, outbox
from bakery.kernel.models import Episode

SILENT_AFTER = timedelta(minutes=5)
# The watch itself: since when it has looked without a break, and when it did last.
_LOOKED, _SINCE = "watch", "watch-since"
_BREAK = timedelta(minutes=3)
_DEAD, _SILENT = "dead-letters:", "silent:"
_LETTERS = "/console/kernel/outboxmessage/"
_SCHEDULES = "/console/kernel/taskrun/"


def watch_platform(*, at: datetime) -> list[str]:
    """Look at everything that is watched, alert where an episode begins; return what is wrong."""
    letters = {
        f"{_DEAD}{pile.handler}": _dead_text(pile.handler, pile.count)
        for pile in dead_letters.piles()
    }
    silences = {f"{_SILENT}{name}": _silent_text(name, seen) for name, seen in _silent(at).items()}
    for findings, prefix, path in ((letters, _DEAD, _LETTERS), (silences, _SILENT, _SCHEDULES)):
        for name in sorted(findings.keys() | _going_on(prefix)):
            _follow(name[:200], findings.get(name, ""), path=path, at=at)
    return sorted([*letters, *silences])


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


def _going_on(prefix: str) -> set[str]:
    going_on = Episode.objects.filter(since__isnull=False, name__startswith=prefix)
    return set(going_on.values_list("name", flat=True))


def _dead_text(handler: str, count: int) -> str:
    what = handler.removeprefix("apps.").replace(".handlers.", ": ").replace("_", " ")
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
