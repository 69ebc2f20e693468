"""Things that are watched: told once when they begin to be wrong, and again only after an end."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from bakery.kernel import locks
from bakery.kernel.models import Episode


class Turn(StrEnum):
    """What a look at something watched found."""

    WELL = "well"
    BEGAN = "began"
    GOES_ON = "goes on"
    ENDED = "ended"


def watch(*, name: str, text: str, at: datetime) -> Turn:
    """Keep the episode of ``name``: wrong while ``text`` says what; a step of the caller's.

    Whoever must be told is told by the caller, in the same transaction, when it `BEGAN`: of two
    that look at the same time one sees it begin and the other that it goes on. A text that
    changes meanwhile is kept and begins nothing.
    """
    with transaction.atomic():
        if not text and not Episode.objects.filter(name=name, since__isnull=False).exists():
            return Turn.WELL
        Episode.objects.get_or_create(name=name)
        row = locks.lock_one(Episode.objects.filter(name=name), what="episode")
        before = row.since
        if text:
            row.since, row.text = before or at, text[:300]
        elif before is not None:
            row.since, row.ended_at, row.text = None, at, ""
        row.save(update_fields=["since", "ended_at", "text"])
    if text:
        return Turn.GOES_ON if before else Turn.BEGAN
    return Turn.ENDED if before else Turn.WELL


def going_on() -> list[Episode]:
    """Return what is wrong now, the oldest first."""
    return list(Episode.objects.filter(since__isnull=False).order_by("since"))
