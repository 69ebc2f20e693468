"""What the kitchen and the counter do with a paid order, until it is given away."""

from datetime import datetime

from django.db import transaction

from apps.orders.events import OrderNotCollected, OrderOut, OrderReady
from apps.orders.models import Order
from apps.orders.services.alerting import acknowledge_alerts
from apps.orders.services.board import append_board_event
from apps.orders.services.labour import finish_labour
from apps.orders.services.trail import record_staff_action
from apps.orders.states import ORDER_MACHINE, BoardKind, Fulfilment, OrderStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

_S = OrderStatus
# Where a step back leads: what was pressed too early is undone.
_BACK = {
    _S.IN_PRODUCTION: _S.PAID,
    _S.READY: _S.IN_PRODUCTION,
    _S.OUT_FOR_DELIVERY: _S.READY,
    _S.NO_SHOW: _S.READY,
}


_TOLD = {
    "order.ready": OrderReady,
    "order.out": OrderOut,
    "order.no_show": OrderNotCollected,
}
# The machine also allows these backwards, but only `step_back` goes there, and with a reason.
_FORWARD = {_S.IN_PRODUCTION: _S.PAID, _S.READY: _S.IN_PRODUCTION}


def start_production(*, order_id: int, actor: str, at: datetime) -> Order:
    """Begin to make a paid order. Raises `NotFound` and `Conflict` ``illegal_transition``."""
    return _advance(order_id, _S.IN_PRODUCTION, "order.start", actor=actor, at=at)


def mark_ready(*, order_id: int, actor: str, at: datetime) -> Order:
    """Put an order on the counter; its customer is told. Raises as `start_production`."""
    return _advance(order_id, _S.READY, "order.ready", actor=actor, at=at)


def mark_out_for_delivery(*, order_id: int, actor: str, at: datetime) -> Order:
    """Send a ready order on its way. Raises as `start_production`, `Conflict` ``is_pickup``."""
    return _advance(order_id, _S.OUT_FOR_DELIVERY, "order.out", actor=actor, at=at)


def mark_no_show(*, order_id: int, reason: str, actor: str, at: datetime) -> Order:
    """Give up waiting for whoever ordered: its money is kept, and it may still be handed out.

    Raises as `start_production`, `Invalid` ``reason_needed`` and, before the pickup time is over,
    `Conflict` ``too_early``.
    """
    _require_reason(reason)
    return _advance(order_id, _S.NO_SHOW, "order.no_show", actor=actor, at=at, reason=reason)


def step_back(*, order_id: int, reason: str, actor: str, at: datetime) -> Order:
    """Take back a step that was made too early, to the state before.

    From in production to paid, from ready to in production, from out for delivery or not picked
    up to ready. The customer was told that it is ready at most once, and is not told again.
    Raises as `start_production` and `Invalid` ``reason_needed``.
    """
    _require_reason(reason)
    return _advance(order_id, None, "order.step_back", actor=actor, at=at, reason=reason)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason_needed", "Say why.")


def _advance(
    order_id: int,
    to: OrderStatus | None,
    action: str,
    *,
    actor: str,
    at: datetime,
    reason: str = "",
) -> Order:
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        old = order.status
        if to is not None and _BACK.get(_S(old)) == to:
            # The machine knows the way back; it needs a reason, which `step_back` asks for.
            raise Conflict(
                "illegal_transition",
                f"This order is {order.get_status_display()} already. Take the step back instead.",
                details={"from": old, "to": to.value},
            )
        goal = _before(order) if to is None else to
        if to is not None:
            _require_fit(order, goal, at=at)
        transition(order, machine=ORDER_MACHINE, to=goal, actor=actor, at=at, reason=reason)
        if action in _TOLD:
            told = _TOLD[action](order_id=order.pk, number=order.number)
            outbox.emit(told, key=order.number, at=at)
        record_staff_action(order, action, actor=actor, old=old, reason=reason, at=at)
        if action == "order.ready":
            finish_labour(order, at=at)
        if goal == _S.NO_SHOW:
            acknowledge_alerts(order, actor=actor, at=at)
        append_board_event(order, BoardKind.STATUS, at=at)
    return order


def _before(order: Order) -> OrderStatus:
    before = _BACK.get(_S(order.status))
    if before is None:
        raise Conflict("illegal_transition", "There is no step to take back.")
    return before


def _require_fit(order: Order, to: OrderStatus, *, at: datetime) -> None:
    if not ORDER_MACHINE.allows(order.status, to):
        return  # said by the transition itself
    if to in _FORWARD and order.status != _FORWARD[to]:
        raise Conflict(
            "illegal_transition",
            f"This order cannot go from {order.status} to {to} now.",
            details={"from": order.status, "to": to.value},
        )
    if to == _S.OUT_FOR_DELIVERY and order.fulfilment != Fulfilment.DELIVERY:
        raise Conflict("is_pickup", "This order is picked up, not delivered.")
    if to == _S.NO_SHOW and at < order.pickup_ends_at:
        raise Conflict("too_early", "Its pickup time is not over yet.")


def acknowledge(*, order_number: str, actor: str, at: datetime) -> bool:
    """Note that somebody in the kitchen has seen the order, and end its alert.

    Returns False when it was seen before, or is called off. Raises `NotFound`
    ``order_not_found`` and `Conflict` ``not_acknowledgeable`` while the order is not paid.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(number=order_number), what="order")
        if order.acknowledged_at is not None or order.status == _S.CANCELLED:
            return False
        if order.paid_at is None:
            raise Conflict("not_acknowledgeable", "This order is not paid.")
        order.acknowledged_at, order.acknowledged_by = at, actor
        order.save(update_fields=["acknowledged_at", "acknowledged_by"])
        acknowledge_alerts(order, actor=actor, at=at)
        append_board_event(order, BoardKind.ACKNOWLEDGED, at=at)
    return True
