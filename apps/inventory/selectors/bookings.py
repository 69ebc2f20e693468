"""Which orders are to be picked up when: asked by the calendar, answered by whoever has orders.

Orders lie above inventory, which must not import them; they register their answer when the
process starts.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from apps.catalog.models import Product
from apps.inventory.models import Blackout, SpecialDay
from apps.inventory.rules.calendar import Hours
from bakery.kernel import clock

Closure = SpecialDay | Blackout


@dataclass(frozen=True, slots=True)
class Booking:
    """An order that somebody means to pick up; ``address`` is its page in the console."""

    number: str
    customer: str
    status: str
    pickup_starts_at: datetime
    pickup_local: str
    contents: str
    product_ids: frozenset[int]
    address: str


# From (included), to (not included).
Source = Callable[[datetime, datetime], Sequence[Booking]]
_sources: list[Source] = []


def answer_bookings_with(source: Source) -> None:
    """Let ``source`` answer: orders that are neither collected nor called off, by pickup time."""
    _sources[:] = [source]


def bookings(first_day: date, last_day: date) -> list[Booking]:
    """Return the orders with a pickup on these days, the last one included, in order."""
    start = clock.start_of_shop_day(first_day)
    end = clock.start_of_shop_day(last_day + timedelta(days=1))
    return [row for source in _sources for row in source(start, end)]


def bookings_outside(day: date, hours: Sequence[Hours]) -> list[Booking]:
    """Return the orders of ``day`` that would have to be moved if only ``hours`` were open."""
    return _outside(bookings(day, day), day, [(row.opens, row.closes) for row in hours])


def bookings_in_blackout(
    first_day: date, last_day: date, *, category_id: int | None, product_id: int | None
) -> list[Booking]:
    """Return the orders that a blackout concerns: of the whole shop when both ids are None."""
    found = bookings(first_day, last_day)
    if product_id is not None:
        return _with_product(found, {product_id})
    if category_id is not None:
        return _with_product(found, _products_of([category_id])[category_id])
    return found


def bookings_of(closures: Sequence[Closure]) -> list[list[Booking]]:
    """Return, for each closure, the orders that it concerns, those placed since included.

    Two statements, however many closures there are.
    """
    if not closures:
        return []
    spans = [_span(closure) for closure in closures]
    found = bookings(min(first for first, _ in spans), max(last for _, last in spans))
    products = _products_of(
        closure.category_id
        for closure in closures
        if isinstance(closure, Blackout) and closure.category_id is not None
    )
    return [
        _concerned(closure, _between(found, *span), products)
        for closure, span in zip(closures, spans, strict=True)
    ]


def _concerned(
    closure: Closure, found: list[Booking], products: dict[int, set[int]]
) -> list[Booking]:
    if isinstance(closure, SpecialDay):
        hours = [(row.opens, row.closes) for row in closure.hours.all()]
        return _outside(found, closure.day, hours)
    if closure.product_id is not None:
        return _with_product(found, {closure.product_id})
    if closure.category_id is not None:
        return _with_product(found, products[closure.category_id])
    return found


def _span(closure: Closure) -> tuple[date, date]:
    if isinstance(closure, SpecialDay):
        return closure.day, closure.day
    return closure.first_day, closure.last_day


def _between(found: Iterable[Booking], first: date, last: date) -> list[Booking]:
    return [row for row in found if first <= clock.shop_date(row.pickup_starts_at) <= last]


def _outside(
    found: Iterable[Booking], day: date, hours: Collection[tuple[time, time]]
) -> list[Booking]:
    zone = clock.shop_zone()
    local = [(row, row.pickup_starts_at.astimezone(zone)) for row in found]
    return [
        row
        for row, start in local
        if start.date() == day and not any(a <= start.time() < b for a, b in hours)
    ]


def _with_product(found: Iterable[Booking], product_ids: Collection[int]) -> list[Booking]:
    return [row for row in found if not row.product_ids.isdisjoint(product_ids)]


def _products_of(category_ids: Iterable[int]) -> dict[int, set[int]]:
    by_category: dict[int, set[int]] = defaultdict(set)
    rows = Product.objects.filter(category_id__in=set(category_ids)).order_by()
    for category_id, pk in rows.values_list("category_id", "pk"):
        by_category[category_id].add(pk)
    return by_category
