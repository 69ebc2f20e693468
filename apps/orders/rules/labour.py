"""How long people worked on a line: stretches of time, rounded once, and when one is too long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

# As corrected by hand: a day and a night.
MAX_MINUTES = 24 * 60
MAX_NOTE = 200


class Stretch(Protocol):
    """When somebody began, and stopped."""

    @property
    def started_at(self) -> datetime:
        """The beginning."""

    @property
    def stopped_at(self) -> datetime | None:
        """The end, None while it runs."""


def minutes_of(stretches: Iterable[Stretch]) -> int:
    """Return the minutes of all stretches that ended, rounded to the nearest, half up."""
    ended = ((row.started_at, row.stopped_at) for row in stretches)
    total = sum((stop - start for start, stop in ended if stop is not None), timedelta())
    return int((total.total_seconds() + 30) // 60)


def end_of(started_at: datetime, *, at: datetime, most_minutes: int) -> tuple[datetime, bool]:
    """Return when a stretch that runs ``at`` ended, and whether it was cut off as forgotten.

    Nobody works longer than ``most_minutes`` without a break: somebody forgot to stop.
    """
    last = started_at + timedelta(minutes=most_minutes)
    return (last, True) if at > last else (max(at, started_at), False)
