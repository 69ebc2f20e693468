"""The shop's calendar as a value: which hours a day has, why it has none, and its pickup times.

A working day is one with opening hours. A blackout does not end work: it only keeps new orders
from being collected on those days.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Further than this nobody looks for a working day: such a plan has none.
_FURTHEST = 400


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of a day, cut into pickup times of ``slot_minutes``, and what fits in each."""

    opens: time
    closes: time
    slot_minutes: int
    capacity: int
    max_pieces: int | None = None
    max_oven_minutes: int | None = None
    max_decorator_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The stretches of each weekday (0 is Monday) from a date on."""

    effective_from: date
    week: Mapping[int, tuple[Hours, ...]]


@dataclass(frozen=True, slots=True)
class Special:
    """Other hours for one date; none at all is closed."""

    name: str
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Dark:
    """The days of a blackout, the last one included."""

    first_day: date
    last_day: date
    reason: str

    def covers(self, day: date) -> bool:
        """Tell whether ``day`` is one of them."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not possible: a stable code, and words for a person."""

    code: str
    text: str
    variant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """One pickup time that the hours of a day make."""

    starts_at: datetime
    ends_at: datetime
    hours: Hours


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly plans (in order of their dates), special days and blackouts of the whole shop."""

    zone: ZoneInfo
    plans: tuple[Plan, ...]
    specials: Mapping[date, Special]
    blackouts: tuple[Dark, ...] = ()

    def hours_of(self, day: date) -> tuple[Hours, ...]:
        """Return the opening hours of ``day``, whatever is blacked out."""
        special = self.specials.get(day)
        if special is not None:
            return special.hours
        plan = None
        for candidate in self.plans:
            # Before the first plan began, its hours are the best guess there is.
            if plan is None or candidate.effective_from <= day:
                plan = candidate
        return plan.week.get(day.weekday(), ()) if plan else ()

    def works_on(self, day: date) -> bool:
        """Tell whether people work on ``day``."""
        return bool(self.hours_of(day))

    def why_dark(self, day: date) -> Refusal | None:
        """Return why nobody can collect anything on ``day``, or None when the shop is open."""
        for dark in self.blackouts:
            if dark.covers(day):
                return Refusal("blackout", f"No pickups then: {dark.reason}.")
        if self.works_on(day):
            return None
        special = self.specials.get(day)
        if special is not None:
            return Refusal("closed", f"The shop is closed for {special.name}.")
        return Refusal("closed", f"The shop is closed on {day:%A}s.")

    def next_working_day(self, day: date, *, count: int = 0) -> date | None:
        """Return the working day ``count`` after the first one that is ``day`` or later.

        None when there is none within a year or so: nobody works at all.
        """
        left = count
        for offset in range(_FURTHEST + 3 * count):
            found = day + timedelta(days=offset)
            if self.works_on(found):
                if left == 0:
                    return found
                left -= 1
        return None


def first_moment_at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the first moment of ``day`` at which the clock on the wall shows ``wall`` or later.

    The first of two when the clocks go back; when ``wall`` is skipped, the moment of the change.
    """
    naive = datetime.combine(day, wall)
    after = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == naive:
        return after
    # Inside a gap fold=1 reads the clock before the change and fold=0 after it, so that the
    # change itself, a whole second, lies between the two.
    before = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range(1, int((after - before).total_seconds()) + 1)
    index = bisect_left(
        seconds,
        naive,
        key=lambda second: (
            (before + timedelta(seconds=second)).astimezone(zone).replace(tzinfo=None)
        ),
    )
    return before + timedelta(seconds=seconds[index])


def cut_day(day: date, hours: Sequence[Hours], zone: ZoneInfo) -> tuple[list[Cut], list[str]]:
    """Return the pickup times of ``day``, and notes for staff where the clocks change.

    Times that the clock skips are left out; of times that it shows twice the first is taken. A
    remainder too short for a pickup time is dropped.
    """
    cuts, notes = [], []
    for stretch in hours:
        length = timedelta(minutes=stretch.slot_minutes)
        start, end = datetime.combine(day, stretch.opens), datetime.combine(day, stretch.closes)
        while start + length <= end:
            moment = first_moment_at(day, start.time(), zone)
            if moment.astimezone(zone).replace(tzinfo=None) != start:
                notes.append(f"{start:%H:%M} is left out: the clocks go forward over it.")
            else:
                if _happens_twice(start, zone):
                    notes.append(f"{start:%H:%M} happens twice: the first one is offered.")
                cuts.append(Cut(moment, moment + length, stretch))
            start += length
    return cuts, notes


def _happens_twice(naive: datetime, zone: ZoneInfo) -> bool:
    first = naive.replace(tzinfo=zone, fold=0)
    return first.utcoffset() != naive.replace(tzinfo=zone, fold=1).utcoffset()
