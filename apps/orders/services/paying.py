"""What money that came means for its order: captured online, or taken at the counter."""

import logging
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.inventory import services as stock
from apps.orders.events import PartPaid
from apps.orders.models import Order, Tender
from apps.orders.services.holding import consume_held, retake_held
from apps.orders.services.settling import mark_deposit_paid, mark_paid
from apps.orders.services.trail import record_tender
from apps.orders.states import (
    OPEN_STATUSES,
    ORDER_MACHINE,
    OrderStatus,
    PaymentOutcome,
    TenderKind,
)
from bakery.kernel import money, outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_PAYER = "stripe"
_CENT = Decimal("0.01")
_MAX_REF, _MOST = 200, Decimal(10**8)
_WHY = {
    OrderStatus.PENDING_PAYMENT: "",
    OrderStatus.DEPOSIT_PAID: "the rest was paid",
    OrderStatus.BALANCE_DUE: "the rest was paid",
}
# Paid once, and not called off: what an edit made dearer may still be paid.
_MAY_OWE = (*OPEN_STATUSES, OrderStatus.COLLECTED, OrderStatus.NO_SHOW)


def confirm_payment(
    *, order_id: int, payment_ref: str, amount_minor: int, currency: str, at: datetime
) -> PaymentOutcome:
    """Take note that ``amount_minor`` of ``currency`` was captured under ``payment_ref``.

    Locks the order's row; call it in the transaction that records the payment. What is due is the
    order's balance, or first its deposit. CONFIRMED: the order is paid, or certain by its deposit,
    and its goods are the customer's; or it got the rest after a deposit, or exactly what an edit
    had made it owe. ALREADY_CONFIRMED: this payment was known. MISMATCH: wrong amount or currency,
    a person must look. UNFULFILLABLE: too late, the goods are gone and the money goes back.
    SECOND_PAYMENT: nothing, or something else, was owed on an order that was certain.
    Raises `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if (known := _known(order, payment_ref)) is not None:
            return known
        amount = _fitting(order, amount_minor, currency)
        if order.was_certain:
            return _pay_later(order, amount, payment_ref, at=at)
        if amount is None:
            due = money.to_minor(order.balance, order.currency)
            reason = f"paid {amount_minor} {currency.upper()}, due {due} {order.currency} (minor)"
            _set_aside(order, OrderStatus.PAYMENT_MISMATCH, payment_ref, at=at, reason=reason)
            return PaymentOutcome.MISMATCH
        if not _take_goods(order, at=at):
            reason = _why_not(order)
            _set_aside(order, OrderStatus.PAID_UNFULFILLABLE, payment_ref, at=at, reason=reason)
            return PaymentOutcome.UNFULFILLABLE
        _pay(order, TenderKind.ONLINE, amount, payment_ref, actor=_PAYER, at=at)
        return PaymentOutcome.CONFIRMED


def _pay_later(
    order: Order, amount: Decimal | None, payment_ref: str, *, at: datetime
) -> PaymentOutcome:
    """Take what is owed on an order that was certain before: all of it, or nothing."""
    if amount is None or amount != order.balance:
        return PaymentOutcome.SECOND_PAYMENT
    if order.is_deposited:
        _pay(order, TenderKind.ONLINE, amount, payment_ref, actor=_PAYER, at=at)
    elif order.paid_at is not None and order.status in _MAY_OWE:
        _add_tender(order, TenderKind.ONLINE, amount, payment_ref, actor=_PAYER, at=at)
        _raise_paid(order, amount, at=at)
    else:
        return PaymentOutcome.SECOND_PAYMENT
    return PaymentOutcome.CONFIRMED


def take_tender(
    *, order_id: int, kind: TenderKind, amount: Decimal, ref: str, actor: str, at: datetime
) -> Order:
    """Take ``amount`` of the order's currency at the counter, named ``ref`` there; return it.

    What covers the balance of a waiting order makes it paid, what covers its deposit makes it
    certain. A part of that is kept: the order still waits, and its goods are held until its pickup
    ends. After a deposit the rest may come in parts. An order that is paid takes what an edit made
    it owe. The same ``ref`` again, for the same order and amount, changes nothing.

    Raises `NotFound` ``order_not_found``; `Invalid` ``bad_amount`` or ``bad_ref``; `Conflict`
    ``too_much`` (details: balance), ``ref_known``, ``order_expired`` or ``not_payable``.
    """
    if kind == TenderKind.ONLINE or not 1 <= len(ref) <= _MAX_REF or not ref.isprintable():
        raise Invalid("bad_ref", f"Name the payment in at most {_MAX_REF} characters.")
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        amount = _checked_amount(amount, order.currency)
        if (known := Tender.objects.filter(kind=kind, ref=ref).first()) is not None:
            if (known.order_id, known.amount) != (order.pk, amount):
                raise _ref_known()
            return order
        _require_owed(order, amount)
        waits = order.status == OrderStatus.PENDING_PAYMENT
        covers = _covers(order, amount)
        if waits and not _keep_goods(order, for_good=covers, at=at):
            raise _expired()
        # After the locks of the goods, before the board's: everybody takes them in this order.
        record_tender(order, kind=kind, amount=amount, ref=ref, actor=actor, at=at)
        if covers:
            _pay(order, kind, amount, ref, actor=actor, at=at)
        else:
            _add_tender(order, kind, amount, ref, actor=actor, at=at)
            _raise_paid(order, amount, at=at)
    return order


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
        _set_aside(order, OrderStatus.PAYMENT_MISMATCH, "", at=at, reason=reason)
    return True


def extend_hold(*, order_id: int, until: datetime, at: datetime) -> bool:
    """Keep the goods of an unpaid order until ``until`` at least; return whether they are kept."""
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        return keep_until(order, until, at=at)


def keep_until(order: Order, until: datetime, *, at: datetime) -> bool:
    """Keep the goods of a locked order that waits until ``until`` at least; False: it is over."""
    if order.status != OrderStatus.PENDING_PAYMENT or order.hold_expires_at <= at:
        return False
    if order.hold_expires_at < until:
        Order.objects.filter(pk=order.pk).update(hold_expires_at=until)
        stock.extend_hold(reference=order.hold_reference, until=until)
        order.hold_expires_at = until
    return True


def _known(order: Order, payment_ref: str) -> PaymentOutcome | None:
    """Return what this payment, or the order's trouble with another, means; None when it is new."""
    if order.status == OrderStatus.PAYMENT_MISMATCH and order.payment_ref in {"", payment_ref}:
        return PaymentOutcome.MISMATCH
    if order.payment_ref == payment_ref:
        gone = order.status == OrderStatus.PAID_UNFULFILLABLE
        return PaymentOutcome.UNFULFILLABLE if gone else PaymentOutcome.ALREADY_CONFIRMED
    if order.paid_total and order.tenders.filter(kind=TenderKind.ONLINE, ref=payment_ref).exists():
        return PaymentOutcome.ALREADY_CONFIRMED
    if order.payment_ref and not order.was_certain:
        return PaymentOutcome.SECOND_PAYMENT
    return None


def _fitting(order: Order, amount_minor: int, currency: str) -> Decimal | None:
    """Return what of the order this pays exactly: all that is due, or its deposit; else None."""
    if currency.upper() != order.currency:
        return None
    for due in (order.balance, order.deposit_due):
        if due > 0 and amount_minor == money.to_minor(due, order.currency):
            return due
    return None


def _covers(order: Order, amount: Decimal) -> bool:
    """Tell whether ``amount`` at the counter makes the order paid, or certain by its deposit."""
    if order.status == OrderStatus.PENDING_PAYMENT and order.deposit_due:
        return amount >= order.deposit_due
    return amount == order.balance and (
        order.is_deposited or order.status == OrderStatus.PENDING_PAYMENT
    )


def _take_goods(order: Order, *, at: datetime) -> bool:
    """Turn what is held into the customer's property; take it anew when it was given up.

    Not for an order whose place another one took: its goods may be free because of that.
    """
    if order.superseded_at is not None:
        return False
    if order.status == OrderStatus.PENDING_PAYMENT:
        try:
            with transaction.atomic():
                consume_held(order, at=at)
        except Conflict:
            logger.warning("hold was gone before its order", extra={"order": order.number})
        else:
            return True
    return retake_held(order, at=at)


def _why_not(order: Order) -> str:
    if order.superseded_at is not None:
        return "paid after another offer took its place"
    return "paid after its goods were given up"


def _keep_goods(order: Order, *, for_good: bool, at: datetime) -> bool:
    """Give the goods to who paid all, or keep them until pickup for who paid a part."""
    if for_good:
        return _take_goods(order, at=at)
    return keep_until(order, order.pickup_ends_at, at=at)


def _pay(
    order: Order, kind: TenderKind, amount: Decimal, ref: str, *, actor: str, at: datetime
) -> None:
    """Take the balance of an order that waits and make it paid, or its deposit or more of it."""
    _add_tender(order, kind, amount, ref, actor=actor, at=at)
    mark = mark_paid if amount == order.balance else mark_deposit_paid
    mark(
        order,
        actor=actor,
        at=at,
        payment_ref=ref if kind == TenderKind.ONLINE else "",
        paid_total=order.paid_total + amount,
        reason=_WHY.get(OrderStatus(order.status), "paid late, goods still free"),
    )


def _add_tender(
    order: Order, kind: TenderKind, amount: Decimal, ref: str, *, actor: str, at: datetime
) -> None:
    tender = Tender(
        order=order,
        kind=kind,
        ref=ref,
        amount=amount,
        currency=order.currency,
        taken_by=actor,
        taken_at=at,
    )
    if not insert_unless_taken(tender):
        # It counted for another order while we did not look.
        raise _ref_known()


def _raise_paid(order: Order, amount: Decimal, *, at: datetime) -> None:
    """Add to what was paid, and tell of it; the order's row is locked."""
    order.paid_total += amount
    Order.objects.filter(pk=order.pk).update(paid_total=order.paid_total)
    part = PartPaid(order_id=order.pk, number=order.number)
    outbox.emit(part, key=f"{order.number}:{order.paid_total}", at=at)


def _checked_amount(amount: Decimal, currency: str) -> Decimal:
    # Bounded first: the longest numbers cannot even be rounded.
    if (
        not amount.is_finite()
        or not 0 < amount < _MOST
        or amount != money.round_money(amount, currency)
    ):
        raise Invalid("bad_amount", "An amount of money above nothing, in whole cents.")
    return amount.quantize(_CENT)


def _require_owed(order: Order, amount: Decimal) -> None:
    if order.status in {OrderStatus.EXPIRED, OrderStatus.CANCELLED} and not order.was_certain:
        raise _expired()
    waits = order.status == OrderStatus.PENDING_PAYMENT or order.is_deposited
    if not waits and order.status not in _MAY_OWE:
        raise Conflict("not_payable", "No money can be taken for this order.")
    if amount > order.balance:
        raise Conflict(
            "too_much",
            f"Only {max(order.balance, Decimal(0))} {order.currency} are still to be paid.",
            details={"balance": str(order.balance), "currency": order.currency},
        )


def _ref_known() -> Conflict:
    return Conflict("ref_known", "A payment of this name was taken already.")


def _expired() -> Conflict:
    return Conflict("order_expired", "The order lapsed and its goods are gone. Order again.")


def _set_aside(
    order: Order, to: OrderStatus, payment_ref: str, *, at: datetime, reason: str
) -> None:
    transition(
        order,
        machine=ORDER_MACHINE,
        to=to,
        actor=_PAYER,
        at=at,
        reason=reason,
        payment_ref=payment_ref,
    )
