"""Orders that wait at the counter: found by what a customer shows, late ones, and their proofs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.orders.models import HandOver, Order, OrderNote, OrderPicture
from apps.orders.rules.handing import read_scan
from apps.orders.states import Fulfilment, OrderStatus

_S = OrderStatus
# What may be handed out, or soon.
WAITING = (_S.READY, _S.OUT_FOR_DELIVERY, _S.NO_SHOW)
_FOUND = 20
_REMINDED_FOR = timedelta(days=1)


@dataclass(frozen=True)
class LateOrder:
    """A ready order whose pickup time is over since ``late_for``.

    ``give_up``: it has waited so long that the shop may stop waiting.
    """

    order: Order
    late_for: timedelta
    give_up: bool


def late_orders(*, at: datetime, limit: int = 200) -> list[LateOrder]:
    """Return ready orders that nobody came for in time, the longest waiting first: one query."""
    give_up = timedelta(hours=settings.NO_SHOW_AFTER_HOURS)
    orders = _late(at).order_by("pickup_ends_at", "pk")[:limit]
    return [
        LateOrder(order, at - order.pickup_ends_at, at - order.pickup_ends_at >= give_up)
        for order in orders
    ]


def to_remind(*, at: datetime, limit: int = 100) -> list[int]:
    """Return ready orders with a mailbox that are late by LATE_REMINDER_MINUTES, not by a day."""
    since = at - timedelta(minutes=settings.LATE_REMINDER_MINUTES)
    late = _late(since).filter(pickup_ends_at__gt=since - _REMINDED_FOR)
    late = late.exclude(customer_email="").order_by("pickup_ends_at")
    return list(late.values_list("pk", flat=True)[:limit])


def _late(moment: datetime) -> QuerySet[Order]:
    # The bound on the beginning lets the index of open orders answer: no slot begins after its end.
    return Order.objects.filter(
        status=_S.READY,
        fulfilment=Fulfilment.PICKUP,
        pickup_starts_at__lt=moment,
        pickup_ends_at__lt=moment,
    )


def find_waiting(text: str) -> list[Order]:
    """Return the waiting orders that a scan, number, pickup code, name or phone means.

    A number is found whatever its status, so that one learns what became of it.
    """
    text = text.strip()
    if not text:
        return []
    scan = read_scan(text)
    if scan is not None:
        return list(Order.objects.filter(number=scan.number))
    wanted = (
        Q(pickup_code=text.upper())
        | Q(customer_name__icontains=text)
        | Q(customer_phone__endswith=text)
        | Q(number__endswith=f"-{text.upper()}")
    )
    waiting = Order.objects.filter(wanted, status__in=WAITING)
    return list(waiting.order_by("pickup_starts_at", "pk")[:_FOUND])


def hand_over_of(order_id: int) -> HandOver | None:
    """Return how an order was given away, None while it was not."""
    rows = HandOver.objects.select_related("signature", "photo")
    return rows.filter(order_id=order_id).first()


def notes_of(order_id: int) -> list[OrderNote]:
    """Return the notes of an order, oldest first."""
    return list(OrderNote.objects.filter(order_id=order_id))


def ticket_notes(order_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the notes that belong on the kitchen's tickets, by order: one query."""
    found: dict[int, list[str]] = {}
    rows = OrderNote.objects.filter(order_id__in=list(order_ids), on_ticket=True)
    for order_id, text in rows.order_by("pk").values_list("order_id", "text"):
        found.setdefault(order_id, []).append(text)
    return found


def pictures_of(order_id: int) -> list[OrderPicture]:
    """Return the pictures of an order, oldest first."""
    return list(OrderPicture.objects.filter(order_id=order_id))
