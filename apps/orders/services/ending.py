"""Orders that end without being collected: cancelled by a person, or never paid."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from apps.loyalty import selectors as loyalty
from apps.orders.events import OrderCancelled, OrderExpired
from apps.orders.models import Order
from apps.orders.services.alerting import end_alerts
from apps.orders.services.board import append_board_event
from apps.orders.services.crediting import credit_gift_cards
from apps.orders.services.holding import give_back_sold, release_held
from apps.orders.services.labour import end_timers
from apps.orders.services.trail import record_staff_action
from apps.orders.states import (
    ACCEPTED,
    DEPOSITED,
    OPEN_STATUSES,
    ORDER_MACHINE,
    BoardKind,
    OrderStatus,
)
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, DomainError
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
CUSTOMER, SYSTEM = "customer", "system"
_HELD_FOR_IT = (
    OrderStatus.PENDING_PAYMENT,
    OrderStatus.EXPIRED,
    OrderStatus.PAYMENT_MISMATCH,
    OrderStatus.PAID_UNFULFILLABLE,
)
# Sold, and nothing of it made yet.
_NOT_BEGUN = (OrderStatus.PAID, *DEPOSITED)
_WITH_MONEY = (OrderStatus.PAYMENT_MISMATCH, OrderStatus.PAID_UNFULFILLABLE)


def cancel_order(*, order_id: int, actor: str, reason: str, at: datetime) -> Order:
    """Call an order off; what was held or sold, and not yet made, is free again.

    Customers may while it is not paid, and afterwards until ORDER_CANCEL_NOTICE_HOURS before the
    kitchen begins, or until the rest is due after a deposit; staff until it is ready, and when
    nobody came for it. All money that was taken goes back, by whoever hears `OrderCancelled`.
    Raises `NotFound` ``order_not_found`` and `Conflict` ``not_cancellable`` or
    ``illegal_transition``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        old = order.status
        if actor == CUSTOMER:
            _require_notice(order, at=at)
        was_paid = order.paid_at is not None or order.paid_total > 0 or old in _WITH_MONEY
        transition(
            order,
            machine=ORDER_MACHINE,
            to=OrderStatus.CANCELLED,
            actor=actor,
            at=at,
            reason=reason,
            refunded_total=_all_money(order),
        )
        credit_gift_cards(order, actor=actor, at=at)
        _free_goods(order, old, at=at)
        outbox.emit(
            OrderCancelled(order_id=order.pk, number=order.number, was_paid=was_paid),
            key=_occurrence(order),
            at=at,
        )
        record_staff_action(order, "order.cancel", actor=actor, old=old, reason=reason, at=at)
        end_alerts(order, at=at)
        if old in OPEN_STATUSES:
            end_timers(order, at=at)
            append_board_event(order, BoardKind.STATUS, at=at)
    return order


def _all_money(order: Order) -> Decimal:
    """Return all that was paid otherwise, and what gift cards got back before the end.

    What they pay still is given back by the bank itself, and is no refund of anybody's.
    """
    if order.paid_at is None or not order.gift_card_total:
        return order.paid_total
    held = loyalty.held_on_cards(order.hold_reference)
    return order.paid_total + order.gift_card_total - held


def _occurrence(order: Order) -> str:
    """Name this end: an order that a late payment brought back may be called off once more."""
    times = order.transitions.filter(new=order.status).count()
    return order.number if times == 1 else f"{order.number}:{times}"


def cancellable_until(*, order: Order) -> datetime:
    """Return until when a customer may cancel the order that is paid, or certain by its deposit."""
    begins = order.fires_at or order.pickup_starts_at
    until = begins - timedelta(hours=settings.ORDER_CANCEL_NOTICE_HOURS)
    if order.is_deposited and order.balance_due_at is not None:
        # What may be kept of the deposit after that is for people to decide.
        return min(until, order.balance_due_at)
    return until


def _require_notice(order: Order, *, at: datetime) -> None:
    if order.status == OrderStatus.PENDING_PAYMENT:
        return
    if order.status in _NOT_BEGUN and at < cancellable_until(order=order):
        return
    raise Conflict(
        "not_cancellable",
        "It is too late to cancel this order here. Please call the shop."
        if order.status in ACCEPTED
        else f"This order is {order.get_status_display()}: there is nothing to cancel.",
    )


def _free_goods(order: Order, old: str, *, at: datetime) -> None:
    if old in _HELD_FOR_IT:
        release_held(order, reason="order cancelled", at=at)
    else:
        # What is being baked cannot be sold again by itself.
        give_back_sold(order, reason="order cancelled", at=at, goods=old in _NOT_BEGUN)


def expire_overdue(*, at: datetime, limit: int = 100) -> int:
    """End unpaid orders whose hold is over, each in its own transaction; return how many.

    One that cannot be ended now, say because its payment is being recorded, is left for the next
    round and does not keep the others.
    """
    overdue = (
        Order.objects.filter(status=OrderStatus.PENDING_PAYMENT, hold_expires_at__lte=at)
        .order_by("hold_expires_at")
        .values_list("pk", flat=True)[:limit]
    )
    ended = 0
    for order_id in list(overdue):
        try:
            ended += _expire(order_id, at=at)
        except (DomainError, DatabaseError) as error:
            logger.exception(
                "order not expired", extra={"object_id": order_id, "error": type(error).__name__}
            )
    return ended


def _expire(order_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.status != OrderStatus.PENDING_PAYMENT or order.hold_expires_at > at:
            return False  # paid, cancelled or extended while we waited for the row
        end_unpaid(order, to=OrderStatus.EXPIRED, actor=SYSTEM, at=at, reason="not paid in time")
        outbox.emit(OrderExpired(order_id=order.pk, number=order.number), key=order.number, at=at)
    return True


def end_unpaid(
    order: Order, *, to: OrderStatus, actor: str, at: datetime, reason: str, **columns: Any
) -> None:
    """End a locked order that waits for its payment and free what was held for it.

    What was paid of it goes back. A step of the caller's transaction.
    """
    transition(
        order,
        machine=ORDER_MACHINE,
        to=to,
        actor=actor,
        at=at,
        reason=reason,
        refunded_total=order.paid_total,
        **columns,
    )
    release_held(order, reason=reason[:200], at=at)
