"""What a captured payment means for its order. Nothing else makes an order paid."""

import logging
from datetime import datetime

from django.db import transaction

from apps.inventory import services as stock
from apps.orders.events import OrderPaid
from apps.orders.models import Order
from apps.orders.services.board import append_board_event
from apps.orders.services.holding import consume_held, retake_held
from apps.orders.states import ORDER_MACHINE, BoardKind, OrderStatus, PaymentOutcome
from bakery.kernel import money, outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_PAYER = "stripe"


def confirm_payment(
    *, order_id: int, payment_ref: str, amount_minor: int, currency: str, at: datetime
) -> PaymentOutcome:
    """Take note that ``amount_minor`` of ``currency`` was captured under ``payment_ref``.

    Locks the order's row; call it in the transaction that records the payment. CONFIRMED: the
    order is paid and its goods are the customer's. ALREADY_CONFIRMED: this payment was known.
    MISMATCH: wrong amount or currency, a person must look. UNFULFILLABLE: too late, the goods are
    gone and the money goes back. SECOND_PAYMENT: the order was paid by another payment.
    Raises `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.payment_ref:
            return _known(order, payment_ref)
        if order.status == OrderStatus.PAYMENT_MISMATCH:
            return PaymentOutcome.MISMATCH
        due = money.to_minor(order.total, order.currency)
        if amount_minor != due or currency.upper() != order.currency:
            reason = f"paid {amount_minor} {currency.upper()}, due {due} {order.currency} (minor)"
            _move(order, OrderStatus.PAYMENT_MISMATCH, payment_ref, at=at, reason=reason)
            return PaymentOutcome.MISMATCH
        if not _take_goods(order, at=at):
            reason = "paid after its goods were given up"
            _move(order, OrderStatus.PAID_UNFULFILLABLE, payment_ref, at=at, reason=reason)
            return PaymentOutcome.UNFULFILLABLE
        _mark_paid(order, payment_ref, at=at)
        return PaymentOutcome.CONFIRMED


def _known(order: Order, payment_ref: str) -> PaymentOutcome:
    if order.payment_ref != payment_ref:
        return PaymentOutcome.SECOND_PAYMENT
    if order.status == OrderStatus.PAYMENT_MISMATCH:
        return PaymentOutcome.MISMATCH
    if order.status == OrderStatus.PAID_UNFULFILLABLE:
        return PaymentOutcome.UNFULFILLABLE
    return PaymentOutcome.ALREADY_CONFIRMED


def _take_goods(order: Order, *, at: datetime) -> bool:
    """Turn what is held into the customer's property; take it anew when it was given up."""
    if order.status == OrderStatus.PENDING_PAYMENT:
        try:
            consume_held(order, at=at)
        except Conflict:
            logger.warning("hold was gone before its order", extra={"order": order.number})
        else:
            return True
    return retake_held(order, at=at)


def _mark_paid(order: Order, payment_ref: str, *, at: datetime) -> None:
    reason = "" if order.status == OrderStatus.PENDING_PAYMENT else "paid late, goods still free"
    _move(order, OrderStatus.PAID, payment_ref, at=at, reason=reason, paid_at=at)
    outbox.emit(
        OrderPaid(order_id=order.pk, number=order.number, has_cake=order.has_cake),
        key=order.number,
        at=at,
    )
    append_board_event(order, BoardKind.NEW_ORDER, at=at)


def _move(
    order: Order,
    to: OrderStatus,
    payment_ref: str,
    *,
    at: datetime,
    reason: str,
    **columns: datetime,
) -> None:
    transition(
        order,
        machine=ORDER_MACHINE,
        to=to,
        actor=_PAYER,
        at=at,
        reason=reason,
        payment_ref=payment_ref,
        **columns,
    )


def hold_for_mismatch(*, order_id: int, reason: str, at: datetime) -> bool:
    """Set an unpaid order aside for a person to look at; return False when it is past that.

    For payments that must not count, such as one of Stripe's test mode against a live order.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.payment_ref or not ORDER_MACHINE.allows(
            order.status, OrderStatus.PAYMENT_MISMATCH
        ):
            return False
        _move(order, OrderStatus.PAYMENT_MISMATCH, "", at=at, reason=reason)
    return True


def extend_hold(*, order_id: int, until: datetime, at: datetime) -> bool:
    """Keep the goods of an unpaid order until ``until`` at least; return whether they are kept."""
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.status != OrderStatus.PENDING_PAYMENT or order.hold_expires_at <= at:
            return False
        if order.hold_expires_at < until:
            Order.objects.filter(pk=order.pk).update(hold_expires_at=until)
            stock.extend_hold(reference=order.hold_reference, until=until)
    return True
