"""Making the pickup times agree with the calendar, which is locked by the caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from apps.inventory.models import Slot
from apps.inventory.rules.calendar import Calendar, Cut, cut_day
from bakery.kernel import clock
from bakery.kernel.locks import advisory_lock, locked

_LIMITS = (
    ("capacity", "booked"),
    ("max_pieces", "pieces_booked"),
    ("max_oven_minutes", "oven_booked"),
    ("max_decorator_minutes", "decorator_booked"),
)


@dataclass(frozen=True)
class Fitted:
    """How many pickup times were opened, closed for new orders, reopened or changed."""

    opened: int = 0
    closed: int = 0
    reopened: int = 0
    changed: int = 0


def lock_calendar() -> None:
    """Let one transaction at a time change the calendar or open and close pickup times.

    Slots are locked only after it, so that no two of these can wait for each other.
    """
    advisory_lock("pickup-calendar")


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from ``first`` to ``last``, both included."""
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def open_missing(first: date, last: date, calendar: Calendar, *, at: datetime) -> list[Slot]:
    """Open the pickup times of the calendar that are missing; what is there stays as it is."""
    cuts = _cuts(first, last, calendar, at=at)
    known = set(
        Slot.objects.filter(starts_at__in=list(cuts)).order_by().values_list("starts_at", flat=True)
    )
    rows = [_slot(cut) for moment, cut in cuts.items() if moment not in known]
    Slot.objects.bulk_create(rows, ignore_conflicts=True)
    return rows


def fit_slots(first: date, last: date, calendar: Calendar, *, at: datetime) -> Fitted:
    """Close, reopen, resize and open pickup times of these days as the calendar says.

    Orders that have a place keep it, with its time. What staff set by hand is closed by a special
    day or a blackout only, and is not resized; what they closed stays closed.
    """
    end = clock.start_of_shop_day(last + timedelta(days=1))
    there = Slot.objects.filter(
        starts_at__gt=at, starts_at__gte=clock.start_of_shop_day(first), starts_at__lt=end
    )
    last_there = there.order_by("-starts_at").values_list("starts_at", flat=True).first()
    horizon = clock.shop_date(at) + timedelta(days=settings.SHOP_CALENDAR_DAYS - 1)
    cuts = _cuts(first, clock.shop_date(last_there), calendar, at=at) if last_there else {}
    counted = {"closed": 0, "reopened": 0, "changed": 0}
    changed = []
    for slot in locked(there):
        if what := _fit(slot, cuts.get(slot.starts_at), calendar):
            counted[what] += 1
            changed.append(slot)
    columns = ["closed", "closed_by_calendar", "ends_at", *(limit for limit, _ in _LIMITS)]
    Slot.objects.bulk_update(changed, columns, batch_size=500)
    opened = open_missing(first, min(last, horizon), calendar, at=at)
    return Fitted(opened=len(opened), **counted)


def _fit(slot: Slot, cut: Cut | None, calendar: Calendar) -> str:
    """Change the slot in memory and say what was done, "" for nothing."""
    is_dark = _is_dark(slot, cut, calendar)
    if is_dark and not slot.closed:
        slot.closed = slot.closed_by_calendar = True
        return "closed"
    resized = not slot.by_hand and not is_dark and cut is not None and _resize(slot, cut)
    if not is_dark and slot.closed_by_calendar:
        slot.closed = slot.closed_by_calendar = False
        return "reopened"
    return "changed" if resized else ""


def _is_dark(slot: Slot, cut: Cut | None, calendar: Calendar) -> bool:
    local = slot.starts_at.astimezone(calendar.zone)
    if any(dark.covers(local.date()) for dark in calendar.blackouts):
        return True
    if not slot.by_hand:
        return cut is None
    special = calendar.specials.get(local.date())
    if special is None:
        return False
    return not any(hours.opens <= local.time() < hours.closes for hours in special.hours)


def _resize(slot: Slot, cut: Cut) -> bool:
    """Give the slot the plan's end, if nobody has a place, and limits, if they hold what is booked.

    Return whether that changed anything.
    """
    wanted = {}
    if slot.booked == 0:
        wanted["ends_at"] = cut.ends_at
    for limit, booked in _LIMITS:
        value = getattr(cut.hours, limit)
        if value is None or value >= getattr(slot, booked):
            wanted[limit] = value
    changes = {name: value for name, value in wanted.items() if getattr(slot, name) != value}
    for name, value in changes.items():
        setattr(slot, name, value)
    return bool(changes)


def _cuts(first: date, last: date, calendar: Calendar, *, at: datetime) -> dict[datetime, Cut]:
    return {
        cut.starts_at: cut
        for day in days_between(first, last)
        if not any(dark.covers(day) for dark in calendar.blackouts)
        for cut in cut_day(day, calendar.hours_of(day), calendar.zone)[0]
        if cut.starts_at > at
    }


def _slot(cut: Cut) -> Slot:
    return Slot(
        starts_at=cut.starts_at,
        ends_at=cut.ends_at,
        **{limit: getattr(cut.hours, limit) for limit, _ in _LIMITS},
    )
