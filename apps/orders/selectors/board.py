"""What the kitchen's board shows, and what happened on it after a sequence number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate

from apps.orders.models import BoardEvent, Order, OrderLine
from apps.orders.rules.firing import Lane
from apps.orders.rules.stations import OTHER, StationPlan
from apps.orders.selectors.board_tickets import COLUMNS, tickets_of, with_stations
from apps.orders.selectors.stations import station_plan
from apps.orders.states import OrderStatus
from bakery.kernel import clock

# Of orders that are due from today on, and of those that were due before: these stand last.
MAX_OPEN, MAX_STALE = 500, 100
# Beginnings of days that a board gets, so that it turns its pages alone when it is offline.
DAYS = 9
_WAITING = (OrderStatus.READY, OrderStatus.OUT_FOR_DELIVERY)
_MADE = (OrderStatus.IN_PRODUCTION, *_WAITING)


@dataclass(frozen=True)
class BoardRow:
    """One event: ``payload`` is the whole ticket as it was after the change."""

    seq: int
    kind: str
    payload: dict[str, Any]
    at: datetime


def board_events(*, after_seq: int, limit: int = 200) -> list[BoardRow]:
    """Return the events after ``after_seq`` in order, at most ``limit``.

    Numbers become visible in their order (see `services.board`), so a reader who asks again with
    the last number it got misses nothing and gets nothing twice. Numbers may have gaps.
    """
    rows = (
        BoardEvent.objects.filter(seq__gt=after_seq)
        .order_by("seq")
        .values_list("seq", "kind", "payload", "at")[:limit]
    )
    return [BoardRow(*row) for row in rows]


def board_batch(rows: Sequence[BoardRow], *, after: int, plan: StationPlan) -> dict[str, Any]:
    """Return ``rows``, the events after ``after``, as JSON for a board.

    ``plan`` in it is the version of the stations: a board that knows another loads itself afresh.
    """
    events = [
        {
            "seq": row.seq,
            "kind": row.kind,
            "at": row.at.isoformat(),
            "order": with_stations(row.payload, plan),
        }
        for row in rows
    ]
    return {
        "after": after,
        "last": rows[-1].seq if rows else after,
        "plan": plan.version,
        "events": events,
    }


def board_updates(*, after_seq: int, limit: int) -> dict[str, Any]:
    """Return the events after ``after_seq`` as a batch, at most ``limit``: three statements."""
    rows = board_events(after_seq=after_seq, limit=limit)
    return board_batch(rows, after=after_seq, plan=station_plan())


def last_board_seq() -> int:
    """Return the newest sequence number, 0 before the first."""
    seq = BoardEvent.objects.order_by("-seq").values_list("seq", flat=True).first()
    return seq or 0


def board_position() -> tuple[int, str]:
    """Return what makes a board look again: the newest number, and the stations' version."""
    return last_board_seq(), station_plan().version


def days_ahead(at: datetime) -> list[datetime]:
    """Return the beginnings of the shop's days from today on, by its calendar."""
    today = clock.shop_date(at)
    return [clock.start_of_shop_day(today + timedelta(days=offset)) for offset in range(DAYS)]


def _on_board(at: datetime) -> Q:
    """Say which open orders a board holds: all but those that fire after tomorrow.

    Of these it tells only how many there are, unless nobody has seen them or somebody began.
    """
    horizon = days_ahead(at)[2]
    return (
        Q(fires_at__lt=horizon) | Q(fires_at=None) | Q(acknowledged_at=None) | Q(status__in=_MADE)
    )


def board_orders(
    *, at: datetime, lane: Lane | None = None, station: int | None = None
) -> QuerySet[Order]:
    """Return the orders on the board, of a lane, and with a line for a station (0: none makes it).

    This is what the board's badges count; an unknown station has no orders.
    """
    orders: QuerySet[Any] = Order.objects.open().filter(_on_board(at))
    if lane is not None:
        orders = _with_lane(orders, at).filter(lane=lane.value)
    if station is not None:
        orders = orders.filter(has_line_for(station_plan(), station))
    return orders


def board_counts(*, at: datetime, station: int | None = None) -> dict[str, Any]:
    """Return how many orders, and orders with cakes, are in each lane and beyond: few statements.

    ``stations`` counts the orders of each station, `OTHER` among them when there are stations.
    """
    plan = station_plan()
    held = Order.objects.open().filter(_on_board(at))
    stations = [one.id for one in plan.stations]
    numbers = [*stations, OTHER] if stations else []
    by_station = held.aggregate(
        **{f"s{number}": Count("pk", filter=has_line_for(plan, number)) for number in numbers}
    )
    if station is not None:
        held = held.filter(has_line_for(plan, station))
    rows = _with_lane(held, at).values("lane").annotate(**_counts()).order_by("lane")
    lanes = {row["lane"]: {"orders": row["orders"], "cakes": row["cakes"]} for row in rows}
    return {
        "at": at.isoformat(),
        "lanes": {lane.value: lanes.get(lane, {"orders": 0, "cakes": 0}) for lane in Lane},
        "later": _later(at),
        "stations": [
            {"id": number, "name": plan.name_of(number), "orders": by_station[f"s{number}"]}
            for number in numbers
        ],
    }


def board_snapshot(*, at: datetime) -> dict[str, Any]:
    """Return ``seq``, the tickets on the board by pickup time, and what it needs to go on alone.

    ``seq`` is read first: a ticket may be newer than it, and then its event comes once more.
    ``left_out`` says how many tickets there was no room for; those due from today on go first.
    """
    seq, plan = last_board_seq(), station_plan()
    held = Order.objects.open().filter(_on_board(at))
    # As plain rows: hundreds of instances of a model this wide take longer than their statement.
    rows = held.values_list("pk", *COLUMNS, named=True)
    days = days_ahead(at)
    due = list(rows.filter(pickup_starts_at__gte=days[0]).order_by("pickup_starts_at", "pk")[
        : MAX_OPEN + 1
    ])  # fmt: skip
    stale = list(
        rows.filter(pickup_starts_at__lt=days[0]).order_by("-pickup_starts_at", "-pk")[
            : MAX_STALE + 1
        ]
    )
    # Counted only when there is something to count.
    is_whole = len(due) <= MAX_OPEN and len(stale) <= MAX_STALE
    shown = [*reversed(stale[:MAX_STALE]), *due[:MAX_OPEN]]
    return {
        "seq": seq,
        "at": at.isoformat(),
        "plan": plan.version,
        "day_starts": [day.isoformat() for day in days],
        "stations": _names(plan),
        "left_out": 0 if is_whole else held.count() - len(shown),
        "later": _later(at),
        "orders": [with_stations(ticket, plan) for ticket in tickets_of(shown)],
    }


def _names(plan: StationPlan) -> list[dict[str, Any]]:
    names = [{"id": one.id, "name": one.name} for one in plan.stations]
    return [*names, {"id": OTHER, "name": plan.name_of(OTHER)}] if names else []


def _counts() -> dict[str, Any]:
    return {"orders": Count("pk"), "cakes": Count("pk", filter=Q(has_cake=True))}


def _later(at: datetime) -> list[dict[str, Any]]:
    """Return the days of what the board does not hold, with how many orders and cakes.

    The counterpart of `_on_board`, spelt so that the index of what fires serves it.
    """
    rows: Iterable[Any] = (
        Order.objects.open()
        .filter(
            fires_at__gte=days_ahead(at)[2], acknowledged_at__isnull=False, status=OrderStatus.PAID
        )
        .annotate(day=TruncDate("pickup_starts_at", tzinfo=clock.shop_zone()))
        .values("day")
        .annotate(**_counts())
        .order_by("day")
    )
    return [
        {"day": row["day"].isoformat(), "orders": row["orders"], "cakes": row["cakes"]}
        for row in rows
    ]


def _with_lane(orders: QuerySet[Order], at: datetime) -> QuerySet[Any]:
    """Spell `rules.firing.lane_of` in SQL; a test holds the two together."""
    days = days_ahead(at)
    acts_by = Case(When(status__in=_WAITING, then="pickup_ends_at"), default="pickup_starts_at")
    lane = Case(
        When(acts_by__lt=at, then=Value(Lane.OVERDUE.value)),
        When(acts_by__lt=days[1], then=Value(Lane.TODAY.value)),
        When(acts_by__lt=days[2], then=Value(Lane.TOMORROW.value)),
        default=Value(Lane.LATER.value),
    )
    return orders.annotate(acts_by=acts_by).annotate(lane=lane)


def has_line_for(plan: StationPlan, station: int) -> Exists:
    """Spell `StationPlan.stations_of` in SQL, for orders; a test holds the two together."""
    lines = OrderLine.objects.filter(order_id=OuterRef("pk"))
    named = {product for one in plan.stations for product in one.products}
    if station == OTHER:
        shelves = {category for one in plan.stations for category in one.categories}
        unclaimed = Q(category_id=None) | ~Q(category_id__in=shelves)
        return Exists(lines.filter(unclaimed).exclude(product_id__in=named))
    for one in plan.stations:
        if one.id == station:
            of_category = Q(category_id__in=one.categories) & ~Q(product_id__in=named)
            its_own = Q(product_id__in=one.products) | of_category
            return Exists(lines if one.everything else lines.filter(its_own))
    return Exists(lines.none())
