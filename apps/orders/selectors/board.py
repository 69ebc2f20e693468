"""What the kitchen's board shows, and what happened on it after a sequence number."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.orders.models import BoardEvent, Order, OrderLine
from apps.orders.rules.pickup import short_text
from bakery.kernel import clock

_LINE = ("order_id", "product_name", "variant_name", "quantity", "message", "is_cake", "allergens")
MAX_OPEN = 500


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


def board_batch(rows: Sequence[BoardRow], *, after: int) -> dict[str, Any]:
    """Return ``rows``, the events after ``after``, as JSON for a board."""
    events = [
        {"seq": row.seq, "kind": row.kind, "at": row.at.isoformat(), "order": row.payload}
        for row in rows
    ]
    return {"after": after, "last": rows[-1].seq if rows else after, "events": events}


def last_board_seq() -> int:
    """Return the newest sequence number, 0 before the first."""
    seq = BoardEvent.objects.order_by("-seq").values_list("seq", flat=True).first()
    return seq or 0


def board_snapshot(*, at: datetime) -> dict[str, Any]:
    """Return ``seq`` and the tickets of all open orders, by pickup time.

    ``seq`` is read first: a ticket may be newer than it, and then its event comes once more.
    """
    seq = last_board_seq()
    orders = list(Order.objects.open().order_by("pickup_starts_at", "pk")[:MAX_OPEN])
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    ids = [order.pk for order in orders]
    rows = OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "position")
    for row in rows.values_list(*_LINE):
        lines[row[0]].append(_line(row))
    tickets = [_ticket(order, lines[order.pk]) for order in orders]
    return {"seq": seq, "at": at.isoformat(), "orders": tickets}


def ticket_of(order: Order) -> dict[str, Any]:
    """Return what the board shows of one order."""
    rows = OrderLine.objects.filter(order_id=order.pk).order_by("position").values_list(*_LINE)
    return _ticket(order, [_line(row) for row in rows])


def _line(row: tuple[Any, ...]) -> dict[str, Any]:
    _, name, size, quantity, message, is_cake, allergens = row
    return {
        "name": name,
        "size": size,
        "quantity": quantity,
        "message": message,
        "is_cake": is_cake,
        "allergens": allergens,
    }


def _ticket(order: Order, lines: list[dict[str, Any]]) -> dict[str, Any]:
    zone = ZoneInfo(order.zone)
    return {
        "number": order.number,
        "public_id": str(order.public_id),
        "status": order.status,
        "has_cake": order.has_cake,
        "allergy_flag": order.allergy_flag,
        "customer_name": order.customer_name,
        "pickup_starts_at": order.pickup_starts_at.isoformat(),
        "pickup_local": order.pickup_local,
        "pickup_short": short_text(order.pickup_starts_at, zone),
        "pickup_day": clock.shop_date(order.pickup_starts_at).isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "acknowledged_at": order.acknowledged_at.isoformat() if order.acknowledged_at else None,
        "acknowledged_by": order.acknowledged_by,
        "lines": lines,
    }
