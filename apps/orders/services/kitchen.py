"""What the kitchen and the counter do with a paid order."""

from datetime import datetime

from django.db import transaction

from apps.notifications import services as notifications
from apps.orders.events import OrderReady
from apps.orders.models import Order
from apps.orders.rules.alert_keys import alert_key
from apps.orders.services.board import append_board_event
from apps.orders.services.trail import record_staff_action
from apps.orders.states import ORDER_MACHINE, BoardKind, OrderStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition


def start_production(*, order_id: int, actor: str, at: datetime) -> Order:
    """Begin to make a paid order. Raises `NotFound` and `Conflict` ``illegal_transition``."""
    return _advance(order_id, OrderStatus.IN_PRODUCTION, "order.start", actor=actor, at=at)


def mark_ready(*, order_id: int, actor: str, at: datetime) -> Order:
    """Put an order on the counter; its customer is told. Raises as `start_production`."""
    return _advance(order_id, OrderStatus.READY, "order.ready", actor=actor, at=at)


def mark_collected(*, order_id: int, actor: str, at: datetime) -> Order:
    """Hand an order out. Raises as `start_production`."""
    return _advance(order_id, OrderStatus.COLLECTED, "order.collected", actor=actor, at=at)


def _advance(order_id: int, to: OrderStatus, action: str, *, actor: str, at: datetime) -> Order:
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        old = order.status
        transition(order, machine=ORDER_MACHINE, to=to, actor=actor, at=at)
        if to == OrderStatus.READY:
            ready = OrderReady(order_id=order.pk, number=order.number)
            outbox.emit(ready, key=order.number, at=at)
        record_staff_action(order, action, actor=actor, old=old, at=at)
        append_board_event(order, BoardKind.STATUS, at=at)
    return order


def acknowledge(*, order_number: str, actor: str, at: datetime) -> bool:
    """Note that somebody in the kitchen has seen the order, and end its alert.

    Returns False when it was seen before. Raises `NotFound` ``order_not_found`` and `Conflict`
    ``not_acknowledgeable`` while the order is not paid.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(number=order_number), what="order")
        if order.acknowledged_at is not None:
            return False
        if order.paid_at is None:
            raise Conflict("not_acknowledgeable", "This order is not paid.")
        order.acknowledged_at, order.acknowledged_by = at, actor
        order.save(update_fields=["acknowledged_at", "acknowledged_by"])
        notifications.acknowledge_alert(key=alert_key(order_number), by=actor, at=at)
        append_board_event(order, BoardKind.ACKNOWLEDGED, at=at)
    return True
