"""An order as the kitchen's board shows it: its ticket, as JSON."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from apps.orders.models import BoardEvent, Order, OrderLine, OrderNote
from apps.orders.rules.pickup import short_text
from apps.orders.rules.stations import StationPlan
from apps.orders.selectors.labour import labour_of_line, timers_of_line
from apps.orders.states import BoardKind
from bakery.kernel import clock

# In the order of OrderLine's columns below.
_LINE = (
    *("order_id", "product_name", "variant_name", "quantity", "message", "is_cake", "allergens"),
    *("product_id", "category_id", "variant_id", "pk", "details", "timers"),
)
MAX_CHANGES = 10
# All that a ticket is made of: an order has many more columns.
COLUMNS = (
    *("number", "public_id", "status", "revision", "has_cake", "allergy_flag", "customer_name"),
    *("customer_note", "channel", "fulfilment", "delivery_zone", "event_on", "fires_at", "zone"),
    *("pickup_starts_at", "pickup_ends_at", "pickup_local", "paid_at"),
    *("acknowledged_at", "acknowledged_by"),
)


def tickets_of(orders: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the tickets of ``orders``, in their order: three statements for any number.

    They may be orders or rows with their `COLUMNS` and ``pk``.
    """
    ids = [order.pk for order in orders]
    lines = _grouped(
        OrderLine.objects.filter(order_id__in=ids)
        .annotate(timers=timers_of_line())
        .order_by("order_id", "position")
        .values_list(*_LINE)
    )
    notes = _grouped(
        OrderNote.objects.filter(order_id__in=ids, on_ticket=True)
        .order_by("order_id", "at", "pk")
        .values_list("order_id", "text")
    )
    changes = _grouped(
        BoardEvent.objects.filter(order_id__in=ids, kind=BoardKind.CHANGED)
        .order_by("order_id", "seq")
        .values_list("order_id", "at", "payload__changed")
    )
    return [
        _ticket(order, lines[order.pk], notes=notes[order.pk], changes=changes[order.pk])
        for order in orders
    ]


def ticket_of(order: Order) -> dict[str, Any]:
    """Return what the board shows of one order."""
    return tickets_of([order])[0]


def with_stations(ticket: Mapping[str, Any], plan: StationPlan) -> dict[str, Any]:
    """Return ``ticket`` with the numbers of the stations of each line, and of all of them.

    They are not part of what is stored: a plan that changes counts for old tickets too.
    """
    lines = [
        {
            **line,
            # Tickets that were stored before lines had these are no station's.
            "stations": plan.stations_of(
                product_id=line.get("product_id", 0), category_id=line.get("category_id")
            ),
        }
        for line in ticket["lines"]
    ]
    numbers = sorted({number for line in lines for number in line["stations"]})
    return {**ticket, "lines": lines, "stations": numbers}


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _line(row: tuple[Any, ...]) -> dict[str, Any]:
    *plain, line_id, details, timers = row
    name, size, quantity, message, is_cake, allergens, product_id, category_id, variant_id = plain
    return {
        "id": line_id,
        "name": name,
        "size": size,
        "quantity": quantity,
        "message": message,
        "is_cake": is_cake,
        "allergens": allergens,
        "product_id": product_id,
        "category_id": category_id,
        "variant_id": variant_id,
        "details": details,
        **labour_of_line(timers),
    }


def _ticket(
    order: Any,
    lines: Iterable[tuple[Any, ...]],
    *,
    notes: Iterable[tuple[Any, ...]],
    changes: Sequence[tuple[Any, ...]],
) -> dict[str, Any]:
    zone = ZoneInfo(order.zone)
    return {
        "number": order.number,
        "public_id": str(order.public_id),
        "status": order.status,
        "revision": order.revision,
        "has_cake": order.has_cake,
        "allergy_flag": order.allergy_flag,
        "customer_name": order.customer_name,
        "customer_note": order.customer_note,
        "notes": [text for (text,) in notes],
        "channel": order.channel,
        "fulfilment": order.fulfilment,
        "delivery_zone": order.delivery_zone,
        "event_on": order.event_on.isoformat() if order.event_on else None,
        "fires_at": order.fires_at.isoformat() if order.fires_at else None,
        "fires_short": short_text(order.fires_at, zone) if order.fires_at else "",
        "pickup_starts_at": order.pickup_starts_at.isoformat(),
        "pickup_ends_at": order.pickup_ends_at.isoformat(),
        "pickup_local": order.pickup_local,
        "pickup_short": short_text(order.pickup_starts_at, zone),
        "pickup_day": clock.shop_date(order.pickup_starts_at).isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "acknowledged_at": order.acknowledged_at.isoformat() if order.acknowledged_at else None,
        "acknowledged_by": order.acknowledged_by,
        "changes": [
            {"at": at.isoformat(), "what": what} for at, what in changes[-MAX_CHANGES:] if what
        ],
        "lines": [_line(row) for row in lines],
    }
