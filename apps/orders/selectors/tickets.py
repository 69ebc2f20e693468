"""What the kitchen prints: which tickets are due, and what stands on tickets and labels."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery

from apps.catalog import selectors as catalog
from apps.orders.models import Order, TicketPrint
from apps.orders.rules.pickup import short_text
from apps.orders.rules.stations import OTHER, StationPlan
from apps.orders.rules.tickets import MAX_LABELS, allergen_text, label_count
from apps.orders.selectors.board import days_ahead, has_line_for
from apps.orders.selectors.board_tickets import tickets_of, with_stations
from apps.orders.selectors.stations import station_plan
from apps.orders.states import OrderStatus, PrintKind
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

# What is printed of is still to be made.
PRINTABLE = (OrderStatus.PAID, OrderStatus.IN_PRODUCTION)
MAX_LISTED = 300
# The lists of allergens by which a shop of a country labels.
_LISTS = {"CA": "ca", "US": "us", "GB": "uk"}


@dataclass(frozen=True)
class DueTicket:
    """An order in the list of what to print; ``printed`` is the newest revision on paper, if any.

    ``is_due``: it hangs on the board already and paper of it as it is now does not exist.
    """

    order: Order
    fires_short: str
    pickup_short: str
    printed: int | None
    has_fired: bool
    is_due: bool


@dataclass(frozen=True)
class Section:
    """The lines of a ticket that one station makes."""

    station: str
    lines: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Sheet:
    """A ticket on paper. ``others`` counts the lines that are other stations'."""

    ticket: dict[str, Any]
    sections: tuple[Section, ...]
    others: int


@dataclass(frozen=True)
class BoxLabel:
    """A label for one box. ``unknown`` names what must be found out first.

    ``is_known`` False: the size is not on sale any more, and what was known when it was sold is
    all that is known.
    """

    order_id: int
    number: str
    customer_name: str
    pickup_short: str
    name: str
    size: str
    quantity: int
    box: str
    contains: tuple[str, ...]
    may_contain: tuple[str, ...]
    unknown: tuple[str, ...]
    list_name: str
    is_known: bool


def due_tickets(*, at: datetime, station: int | None = None) -> list[DueTicket]:
    """Return the orders to be made that fire until the end of today, the earliest first.

    At most `MAX_LISTED`. Those whose paper is up to date are listed too, as are those that fire
    later today. For a station: those with a line for it; paper of the whole order counts.
    """
    plan = station_plan()
    papers = ["", plan.name_of(station)] if station is not None else [""]
    newest = (
        TicketPrint.objects.filter(
            order_id=OuterRef("pk"), kind=PrintKind.TICKET, station__in=papers
        )
        .order_by("-revision")
        .values("revision")[:1]
    )
    orders = Order.objects.filter(status__in=PRINTABLE).filter(
        Q(fires_at__lt=days_ahead(at)[1]) | Q(fires_at=None)
    )
    if station is not None:
        orders = orders.filter(has_line_for(plan, station))
    orders = orders.annotate(printed=Subquery(newest)).order_by("fires_at", "pk")
    zone = clock.shop_zone()
    return [_due(order, zone, at=at) for order in orders[:MAX_LISTED]]


def _due(order: Any, zone: ZoneInfo, *, at: datetime) -> DueTicket:
    fired = order.fires_at is None or order.fires_at <= at
    return DueTicket(
        order=order,
        fires_short=short_text(order.fires_at, zone) if order.fires_at else "",
        pickup_short=short_text(order.pickup_starts_at, zone),
        printed=order.printed,
        has_fired=fired,
        is_due=fired and (order.printed is None or order.printed < order.revision),
    )


def printable_orders(public_ids: Collection[UUID]) -> list[Order]:
    """Return the open orders named, by pickup time.

    Raises `NotFound` ``order_not_found`` when one does not exist or is not open: nothing is made
    of what is not paid or was called off.
    """
    wanted = set(public_ids)
    found = Order.objects.open().filter(public_id__in=wanted)
    orders = list(found.order_by("pickup_starts_at", "pk"))
    if len(orders) != len(wanted):
        raise NotFound("order_not_found", "There is no such order, or it is not open.")
    return orders


def sheets_of(orders: Sequence[Order], *, station: int | None = None) -> list[Sheet]:
    """Return the tickets of ``orders``, in their order, with the lines by station.

    A line that two stations make stands at both. For one station: only its lines. An order
    without any for it gets a sheet without sections. Five statements for any number.
    """
    plan = station_plan()
    return [_sheet(with_stations(ticket, plan), plan, station) for ticket in tickets_of(orders)]


def _sheet(ticket: dict[str, Any], plan: StationPlan, station: int | None) -> Sheet:
    lines = [{**line, "told": allergen_text(line["allergens"])} for line in ticket["lines"]]
    if not plan.stations:
        return Sheet(ticket, (Section("", tuple(lines)),), others=0)
    makers = [one.id for one in plan.stations if not one.everything]
    sees_all = station is not None and station not in {*makers, OTHER}
    shown = [*makers, OTHER] if station is None or sees_all else [station]
    sections = [
        Section(plan.name_of(number), tuple(x for x in lines if number in x["stations"]))
        for number in shown
    ]
    held = tuple(section for section in sections if section.lines)
    others = sum(not set(shown) & set(line["stations"]) for line in lines)
    return Sheet(ticket, held, others=others)


def labels_of(orders: Sequence[Order], *, at: datetime) -> list[BoxLabel]:
    """Return the labels of the boxes of ``orders``, by the list of allergens of the shop's country.

    What is in a box is what its recipe says today, in the words of the list in force today; of a
    size that is not on sale any more, what was frozen when it was sold. At most `MAX_LABELS`:
    raises `Invalid` ``too_many_labels`` beyond. Five statements for any number.
    """
    tickets = tickets_of(orders)
    sizes = {line["variant_id"] for ticket in tickets for line in ticket["lines"]}
    jurisdiction = _LISTS.get(settings.SHOP_COUNTRY, "eu")
    facts = catalog.allergen_labels(
        variant_ids=sizes, jurisdiction=jurisdiction, on=clock.shop_date(at), at=at
    )
    labels = [
        label
        for order, ticket in zip(orders, tickets, strict=True)
        for line in ticket["lines"]
        for label in _labels(order, line, facts.get(line["variant_id"]))
    ]
    if len(labels) > MAX_LABELS:
        raise Invalid("too_many_labels", f"These are more than {MAX_LABELS} labels: print fewer.")
    return labels


def _labels(order: Order, line: dict[str, Any], facts: catalog.Label | None) -> Iterator[BoxLabel]:
    count = label_count(is_cake=line["is_cake"], quantity=line["quantity"])
    for number in range(1, min(count, MAX_LABELS + 1) + 1):
        yield BoxLabel(
            order_id=order.pk,
            number=order.number,
            customer_name=order.customer_name,
            pickup_short=short_text(order.pickup_starts_at, ZoneInfo(order.zone)),
            name=line["name"],
            size=line["size"],
            quantity=line["quantity"] // count,
            box=f"{number} of {count}" if count > 1 else "",
            **(_by_recipe(facts) if facts else _as_sold(line["allergens"])),
        )


def _by_recipe(facts: catalog.Label) -> dict[str, Any]:
    return {
        "contains": facts.contains,
        "may_contain": facts.may_contain,
        "unknown": facts.unknown,
        "list_name": facts.in_force.name,
        "is_known": True,
    }


def _as_sold(allergens: dict[str, Any] | None) -> dict[str, Any]:
    told = allergens or {}
    words = {
        name: tuple(word.replace("_", " ") for word in told.get(name, ()))
        for name in ("contains", "may_contain", "unknown")
    }
    return {**words, "list_name": "", "is_known": False}
