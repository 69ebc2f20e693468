"""The earliest pickup that can be promised, and the constraint that keeps it from being earlier.

Everything here is finite: a pickup time has places, pieces and minutes of the oven and of the
decorators, of which orders and unpaid holds have taken their part. What is needed must fit into
one pickup time: its minutes stand for the work that can be done for it before it begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from apps.inventory.rules.calendar import Calendar, Dark, Refusal, first_moment_at

ALTERNATIVES = 3
NEVER = datetime.max.replace(tzinfo=UTC)
_SMALLEST = timedelta(microseconds=1)
_NEXT = Refusal("none", "This is the next pickup time.")
_PAST = Refusal("past", "This pickup time is over.")
_CLOSED = Refusal("closed", "The pickup times before that are closed.")
_FULL = {
    "slot_orders": "All earlier pickup times are full.",
    "slot_pieces": "Earlier pickup times have no room for so many pieces.",
    "oven_minutes": "The oven is fully booked until then.",
    "decorator_minutes": "The decorators are fully booked until then.",
}
_FULL_REFUSALS = {code: Refusal(code, text) for code, text in _FULL.items()}


@dataclass(frozen=True, slots=True)
class Size:
    """What a promise needs to know of one size.

    ``free`` pieces may be promised, None for made to order; on a day in ``dated``, those are.
    """

    variant_id: int
    name: str
    lead_time: timedelta = timedelta()
    lead_days: int = 0
    cutoff_at: time | None = None
    pieces: int = 1
    oven_minutes: int = 0
    decorator_minutes: int = 0
    free: int | None = None
    sold_out: bool = False
    dated: Mapping[date, int] = field(default_factory=dict)
    blackouts: tuple[Dark, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """A pickup time with its limits (None: no limit) and what is taken of them, holds included."""

    id: int
    starts_at: datetime
    ends_at: datetime
    closed: bool
    capacity: int
    booked: int
    max_pieces: int | None = None
    pieces_booked: int = 0
    max_oven_minutes: int | None = None
    oven_booked: int = 0
    max_decorator_minutes: int | None = None
    decorator_booked: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """The first moment for which an order can be ready, and what takes so long."""

    earliest: datetime
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Promise:
    """The earliest pickup time, or None; ``why`` is the constraint that binds.

    ``alternatives`` are the next times that would do as well.
    """

    slot: Load | None
    why: Refusal
    alternatives: tuple[Load, ...] = ()


Wanted = Sequence[tuple[Size, int]]


def timing_of(at: datetime, size: Size, calendar: Calendar) -> Timing:
    """Return when ``size``, ordered at ``at``, can be ready by its own lead time and cut-off.

    Clock hours count from the order. Working days count from the day of the order, or from the
    next working day when the shop does not work on that day or its cut-off is over; the day that
    is counted from is not one of them.
    """
    ready = at + size.lead_time
    if size.lead_days == 0 and size.cutoff_at is None:
        return Timing(ready, _needs_hours(size) if size.lead_time else None)
    today = at.astimezone(calendar.zone).date()
    late = size.cutoff_at is not None and at >= first_moment_at(
        today, size.cutoff_at, calendar.zone
    )
    first = today + timedelta(days=1) if late and calendar.works_on(today) else today
    day = calendar.next_working_day(first, count=size.lead_days)
    if day is None:
        return Timing(NEVER, Refusal("beyond_calendar", "No working day is planned."))
    start = first_moment_at(day, time.min, calendar.zone)
    if day == today or start <= ready:
        return Timing(ready, _needs_hours(size) if size.lead_time else None)
    return Timing(start, _needs_days(size, late=late))


def _needs_hours(size: Size) -> Refusal:
    hours = int(size.lead_time.total_seconds() // 3600)
    unit = "hour" if hours == 1 else "hours"
    return Refusal("lead_time", f"{size.name} needs {hours} {unit}.", size.variant_id)


def _needs_days(size: Size, *, late: bool) -> Refusal:
    cutoff = f"after {size.cutoff_at:%H:%M}" if late else "while the shop is closed"
    counted = f"orders {cutoff} count from the next working day"
    if size.lead_days == 0:
        code = "cutoff" if late else "closed"
        return Refusal(code, f"{size.name}: {counted}.", size.variant_id)
    unit = "working day" if size.lead_days == 1 else "working days"
    text = f"{size.name} needs {size.lead_days} {unit}{f'; {counted}' if late else ''}."
    return Refusal("working_days", text, size.variant_id)


def last_call(size: Size, starts_at: datetime, calendar: Calendar, *, at: datetime) -> datetime:
    """Return until when ``size`` can be ordered for a pickup at ``starts_at``; ``at``: no more.

    Only time is looked at, by working days: the answer is the end of a day, or the pickup less its
    lead time. Cut-offs are not looked for within a day.
    """
    moment = starts_at - size.lead_time
    while moment > at:
        before = moment - _SMALLEST
        if timing_of(before, size, calendar).earliest <= starts_at:
            return moment
        day = before.astimezone(calendar.zone).date()
        moment = first_moment_at(day, time.min, calendar.zone)
    return at


def slowest(at: datetime, wanted: Wanted, calendar: Calendar) -> Timing:
    """Return the timing of what takes longest of ``wanted``."""
    timings = (timing_of(at, size, calendar) for size, _ in wanted)
    return max(timings, key=lambda timing: timing.earliest, default=Timing(at, None))


class Judge:
    """Decides for each pickup time whether an order placed at ``at`` could have it."""

    def __init__(self, at: datetime, wanted: Wanted, calendar: Calendar) -> None:
        self.at = at
        self.calendar = calendar
        self.timing = slowest(at, wanted, calendar)
        self._wanted = wanted
        self._pieces = sum(size.pieces * quantity for size, quantity in wanted)
        self._oven = sum(size.oven_minutes * quantity for size, quantity in wanted)
        self._decorators = sum(size.decorator_minutes * quantity for size, quantity in wanted)
        self._by_day: dict[date, Refusal | None] = {}

    def day_of(self, slot: Load) -> date:
        """Return the shop's day of a pickup time."""
        return slot.starts_at.astimezone(self.calendar.zone).date()

    def is_outside(self, slot: Load) -> bool:
        """Tell whether a closed time is outside the opening hours, so that nobody waits for it."""
        if not slot.closed:
            return False
        local = slot.starts_at.astimezone(self.calendar.zone)
        hours = self.calendar.hours_of(local.date())
        return not any(row.opens <= local.time() < row.closes for row in hours)

    def refusal(self, slot: Load) -> Refusal | None:
        """Return the first reason against ``slot``, None when it can be booked now."""
        if slot.starts_at <= self.at:
            return _PAST
        if slot.starts_at < self.timing.earliest:
            return self.timing.refusal
        if slot.closed:
            return self.calendar.why_dark(self.day_of(slot)) or _CLOSED
        return self._of_day(self.day_of(slot)) or self._of_capacity(slot)

    def _of_capacity(self, slot: Load) -> Refusal | None:
        if slot.booked >= slot.capacity:
            return _FULL_REFUSALS["slot_orders"]
        if _exceeds(slot.max_pieces, slot.pieces_booked, self._pieces):
            return _FULL_REFUSALS["slot_pieces"]
        if _exceeds(slot.max_oven_minutes, slot.oven_booked, self._oven):
            return _FULL_REFUSALS["oven_minutes"]
        if _exceeds(slot.max_decorator_minutes, slot.decorator_booked, self._decorators):
            return _FULL_REFUSALS["decorator_minutes"]
        return None

    def _of_day(self, day: date) -> Refusal | None:
        if day not in self._by_day:
            found = (_refused_on(day, size, quantity) for size, quantity in self._wanted)
            self._by_day[day] = next(filter(None, found), None)
        return self._by_day[day]


def _exceeds(limit: int | None, booked: int, more: int) -> bool:
    return limit is not None and booked + more > limit


def _refused_on(day: date, size: Size, quantity: int) -> Refusal | None:
    """Return why ``quantity`` of a size cannot be had on ``day``, whatever the time of day."""
    for dark in size.blackouts:
        if dark.covers(day):
            return Refusal("blackout", f"{size.name}: {dark.reason}.", size.variant_id)
    if size.sold_out:
        return Refusal("sold_out", f"{size.name} is sold out.", size.variant_id)
    if day in size.dated:
        if quantity > size.dated[day]:
            text = f"{size.name}: {_left(size.dated[day])} for {day:%A} {day.day} {day:%B}."
            return Refusal("dated_stock", text, size.variant_id)
    elif size.free is not None and quantity > size.free:
        return Refusal("stock", f"{size.name}: {_left(size.free)}.", size.variant_id)
    return None


def _left(count: int) -> str:
    return f"only {count} left" if count > 0 else "none left"


def promise(
    at: datetime,
    wanted: Wanted,
    calendar: Calendar,
    slots: Iterable[Load],
    *,
    alternatives: int = ALTERNATIVES,
) -> Promise:
    """Return the earliest of ``slots`` (in order) that an order of ``wanted`` could have.

    No more of ``slots`` are taken than it needs. The constraint that binds is the latest one in
    time before it: the last pickup time that is refused, or the last day on which the shop is
    closed though the order would be ready.
    """
    judge = Judge(at, wanted, calendar)
    last: tuple[datetime, Refusal] | None = None
    later = iter(slots)
    for slot in later:
        if slot.starts_at <= at or judge.is_outside(slot):
            continue
        refused = judge.refusal(slot)
        if refused is None:
            why = _latest(judge, last, judge.day_of(slot)) or _NEXT
            return Promise(slot, why, _following(judge, later, alternatives))
        last = (slot.starts_at, refused)
    return Promise(None, _why_never(judge, last))


def _following(judge: Judge, slots: Iterable[Load], count: int) -> tuple[Load, ...]:
    free = (slot for slot in slots if judge.refusal(slot) is None)
    return tuple(islice(free, count))


def _latest(judge: Judge, last: tuple[datetime, Refusal] | None, until: date) -> Refusal | None:
    """Return the refusal closest before the day ``until``: of a pickup time or of a whole day."""
    zone = judge.calendar.zone
    refused_on = last[0].astimezone(zone).date() if last else None
    # A closed day before the order could be ready keeps nothing from being earlier.
    first = max(judge.timing.earliest, judge.at).astimezone(zone).date()
    day = until - timedelta(days=1)
    while day >= first and (refused_on is None or day > refused_on):
        if dark := judge.calendar.why_dark(day):
            return dark
        day -= timedelta(days=1)
    return last[1] if last else None


def _why_never(judge: Judge, last: tuple[datetime, Refusal] | None) -> Refusal:
    if last is None or last[0] < judge.timing.earliest:
        timing = judge.timing.refusal
        text = f" {timing.text}" if timing and timing.code != "beyond_calendar" else ""
        return Refusal("beyond_calendar", f"The calendar is not open that far ahead yet.{text}")
    code, variant_id = last[1].code, last[1].variant_id
    if code in _FULL:
        return Refusal(code, "No pickup time that is open has room for all of this.", variant_id)
    return last[1]
