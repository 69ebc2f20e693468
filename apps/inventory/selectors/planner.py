"""The calendar as staff look at it: days with their hours, closures, and how full they are."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from apps.inventory.models import Blackout
from apps.inventory.rules.calendar import Hours, Refusal, cut_day
from apps.inventory.rules.promise import Load
from apps.inventory.selectors.calendar import closures, read_calendar
from apps.inventory.selectors.slots import loads
from bakery.kernel import clock


@dataclass(frozen=True)
class PlannedDay:
    """A day: its hours, why it is dark if it is, blackouts of goods, notes, and its times."""

    day: date
    hours: tuple[Hours, ...]
    special: str
    why_dark: Refusal | None
    blackouts: tuple[Blackout, ...]
    notes: tuple[str, ...]
    slots: tuple[Load, ...]

    @property
    def booked(self) -> int:
        """Return the orders of the day that have a place, unpaid ones included."""
        return sum(slot.booked for slot in self.slots)

    @property
    def capacity(self) -> int:
        """Return the places of the times that are open, and those taken of the others."""
        return sum(slot.booked if slot.closed else slot.capacity for slot in self.slots)


def planned_days(first: date, *, count: int) -> list[PlannedDay]:
    """Return ``count`` days from ``first`` on: four statements, however many days."""
    last = first + timedelta(days=count - 1)
    calendar = read_calendar(since=first)
    start = clock.start_of_shop_day(first)
    end = clock.start_of_shop_day(last + timedelta(days=1))
    by_day: dict[date, list[Load]] = defaultdict(list)
    for slot in loads(after=start - timedelta(microseconds=1), before=end):
        by_day[clock.shop_date(slot.starts_at)].append(slot)
    _, blackouts = closures(since=first)
    of_goods = [row for row in blackouts if row.category_id or row.product_id]
    days = []
    for day in (first + timedelta(days=offset) for offset in range(count)):
        hours = calendar.hours_of(day)
        special = calendar.specials.get(day)
        days.append(
            PlannedDay(
                day=day,
                hours=hours,
                special=special.name if special else "",
                why_dark=calendar.why_dark(day),
                blackouts=tuple(r for r in of_goods if r.first_day <= day <= r.last_day),
                notes=tuple(cut_day(day, hours, calendar.zone)[1]),
                slots=tuple(by_day[day]),
            )
        )
    return days
