"""Which paid cakes the kitchen may not know of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from apps.notifications import selectors as messages
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.alert_keys import alert_key
from apps.orders.rules.pickup import short_text
from apps.orders.states import OPEN_STATUSES, BoardKind
from bakery.kernel import clock

# What was paid later is still being told: its escalation has not come to its end.
_BEING_TOLD = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class BoardCheck:
    """How many paid cake orders were looked at, and those about which something is wrong."""

    examined: int
    missing: list[str]


def check_paid_cakes(*, days: int, at: datetime) -> BoardCheck:
    """Look at every paid order with a cake that is picked up today or in the next ``days`` days.

    Each must have its ticket on the board, and somebody must have acknowledged it there or its
    alert: three statements for any number.
    """
    today = clock.shop_date(at)
    rows = (
        Order.objects.filter(
            has_cake=True,
            status__in=OPEN_STATUSES,
            paid_at__lte=at - _BEING_TOLD,
            pickup_starts_at__gte=clock.start_of_shop_day(today),
            pickup_starts_at__lt=clock.start_of_shop_day(today + timedelta(days=days + 1)),
        )
        .annotate(
            has_ticket=Exists(
                BoardEvent.objects.filter(order=OuterRef("pk"), kind=BoardKind.NEW_ORDER)
            )
        )
        .order_by("pickup_starts_at", "pk")
    )
    orders = list(rows.only("number", "acknowledged_at", "pickup_starts_at", "zone"))
    told, waiting = _alerts(order.number for order in orders)
    found = [(order, _wrong(order, told, waiting)) for order in orders]
    return BoardCheck(
        examined=len(orders), missing=[_line(order, why) for order, why in found if why]
    )


def _alerts(numbers: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the keys of orders that have an alert, and of those of which one is open."""
    states = messages.alert_states([alert_key(number) for number in numbers])
    return set(states), {key for key, is_open in states.items() if is_open}


def _wrong(order: Order, told: set[str], waiting: set[str]) -> str:
    key = alert_key(order.number)
    if not order.has_ticket:  # type: ignore[attr-defined]  # annotated above
        return "no ticket on the board"
    if key in waiting:
        return "nobody took charge"
    if order.acknowledged_at is None and key not in told:
        return "nobody was told"
    return ""


def _line(order: Order, why: str) -> str:
    when = short_text(order.pickup_starts_at, ZoneInfo(order.zone))
    return f"{order.number} {when}: {why}"
