"""Which orders are to be picked up when: asked by the calendar, answered by whoever has orders.

Orders lie above inventory, which must not import them; they register their answer when the
process starts.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from apps.catalog.models import Product
from apps.inventory.models import Blackout, SpecialDay
from apps.inventory.rules.calendar import Hours
from bakery.kernel import clock


@dataclass(frozen=True, slots=True)
class Booking:
    """An order that somebody means to pick up; ``address`` is its page in the console."""

    number: str
    customer: str
    status: str
    pickup_starts_at: datetime
    pickup_local: str
    contents: str
    address: str


# From (included), to (not included), and the products of which one must be in the order, if any.
Source = Callable[[datetime, datetime, Collection[int] | None], Sequence[Booking]]
_sources: list[Source] = []


def answer_bookings_with(source: Source) -> None:
    """Let ``source`` answer: orders that are neither collected nor called off, by pickup time."""
    _sources[:] = [source]


def bookings(
    first_day: date, last_day: date, *, product_ids: Collection[int] | None = None
) -> list[Booking]:
    """Return the orders with a pickup on these days, the last one included."""
    start = clock.start_of_shop_day(first_day)
    end = clock.start_of_shop_day(last_day + timedelta(days=1))
    return [row for source in _sources for row in source(start, end, product_ids)]


def bookings_outside(day: date, hours: Sequence[Hours]) -> list[Booking]:
    """Return the orders of ``day`` that would have to be moved if only ``hours`` were open."""
    zone = clock.shop_zone()
    return [
        row
        for row in bookings(day, day)
        if not any(
            stretch.opens <= row.pickup_starts_at.astimezone(zone).time() < stretch.closes
            for stretch in hours
        )
    ]


def bookings_in_blackout(
    first_day: date, last_day: date, *, category_id: int | None, product_id: int | None
) -> list[Booking]:
    """Return the orders that a blackout concerns."""
    if category_id is None and product_id is None:
        return bookings(first_day, last_day)
    found = Product.objects.filter(Q(pk=product_id) | Q(category_id=category_id)).order_by()
    ids = list(found.values_list("pk", flat=True))
    return bookings(first_day, last_day, product_ids=ids)


def bookings_of(closure: SpecialDay | Blackout) -> list[Booking]:
    """Return the orders that a closure in force concerns, those placed since included."""
    if isinstance(closure, Blackout):
        return bookings_in_blackout(
            closure.first_day,
            closure.last_day,
            category_id=closure.category_id,
            product_id=closure.product_id,
        )
    hours = [
        Hours(row.opens, row.closes, row.slot_minutes, row.capacity) for row in closure.hours.all()
    ]
    return bookings_outside(closure.day, hours)
