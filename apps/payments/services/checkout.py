"""Sending a customer to Stripe: plan and remember, call, store; the same key on every retry."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.orders.selectors import PayableOrder, pay_page, payable_order
from apps.orders.services import extend_hold
from apps.orders.states import DEPOSITED, OrderStatus
from apps.payments.adapters import stripe_gateway
from apps.payments.adapters.stripe_gateway import SessionView
from apps.payments.models import CheckoutAttempt
from apps.payments.rules.lifetime import (
    MAX_EXTENSIONS,
    is_worth_reusing,
    may_still_be_made,
    plan_lifetime,
)
from apps.payments.rules.line_items import Item, build_items
from apps.payments.rules.subjects import ATTEMPT_KEY
from apps.payments.services import ledger
from apps.payments.services.cancellation import close_others
from apps.payments.states import ATTEMPT_MACHINE, AttemptState
from bakery.kernel import money
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.links import public_url
from bakery.kernel.rows import insert
from bakery.kernel.states import transition


class _OtherPageOpenError(Exception):
    """A page for another amount is open and must be closed first, outside of a transaction."""


@dataclass(frozen=True)
class CheckoutLink:
    """Where the customer pays, and until when."""

    url: str
    expires_at: datetime


def open_checkout(
    *, public_id: UUID, at: datetime, user_id: int | None = None, whole: bool = False
) -> CheckoutLink:
    """Return the page on which what is due can be paid; asking again gives the same page.

    That is the deposit where one is asked for, unless ``whole``, and else the order's balance. A
    page that asks for another amount is closed at Stripe first, so that nobody can pay on both.
    A guest's order is opened by its id alone, an account's only for that account's ``user_id``.

    Answers within ten seconds. Raises `NotFound` (``order_not_found``), `Conflict`
    (``already_paid``, ``order_expired``, ``order_not_payable``, ``hold_expiring``,
    ``payment_processing``, ``stripe_refused``) or `Unavailable` (``stripe_unavailable``); after
    the latter the order is payable as before, and the next try finds what this one may have made.
    """
    order = payable_order(public_id=public_id)
    if order is None or order.user_id not in {None, user_id}:
        raise _not_found()
    return _open(order, whole=whole, at=at)


def open_by_link(*, token: str, at: datetime, whole: bool = False) -> CheckoutLink:
    """Do as `open_checkout` for the order that the address in a mail names, whosever it is.

    Raises `NotFound` ``pay_link_unknown`` too.
    """
    order = payable_order(public_id=pay_page(token, at=at).view.order.public_id)
    if order is None:
        raise _not_found()
    return _open(order, whole=whole, at=at)


def _open(order: PayableOrder, *, whole: bool, at: datetime) -> CheckoutLink:
    order = _require_payable(order, at=at)
    try:
        attempt = _plan(order, whole=whole, at=at)
    except _OtherPageOpenError:
        close_others(order_id=order.id, amount=_asked(order, whole=whole), at=at)
        # One of them may have turned out paid.
        order = _require_payable(payable_order(public_id=order.public_id), at=at)
        attempt = _plan(order, whole=whole, at=at, beside=True)
    if attempt.state == AttemptState.OPEN:
        return CheckoutLink(attempt.url, attempt.expires_at)
    try:
        session = stripe_gateway.create_session(
            idempotency_key=attempt.idempotency_key, params=_session_params(order, attempt)
        )
    except Conflict:
        # Stripe will never accept this attempt: the next try must not repeat it.
        _move(attempt, AttemptState.FAILED, at=at)
        raise
    return _store(attempt, session, at=at)


def _asked(order: PayableOrder, *, whole: bool) -> Decimal:
    """Return what is paid now: the deposit, or all that is due."""
    return order.due if whole or not order.deposit else order.deposit


def _require_payable(order: PayableOrder | None, *, at: datetime) -> PayableOrder:
    if order is None:
        raise _not_found()
    # A change may have made a paid order dearer, or the rest after a deposit is due.
    if order.is_certain:
        if order.amount_minor <= 0:
            raise _already_paid()
        return order
    if order.status == OrderStatus.EXPIRED:
        raise _expired()
    if order.status != OrderStatus.PENDING_PAYMENT or order.amount_minor <= 0:
        raise Conflict("order_not_payable", "This order cannot be paid any more.")
    if order.hold_expires_at <= at:
        raise _expired()
    return order


def _not_found() -> NotFound:
    return NotFound("order_not_found", "There is no such order.")


def _already_paid() -> Conflict:
    return Conflict("already_paid", "This order is paid already.")


def _expired() -> Conflict:
    return Conflict("order_expired", "Nobody paid in time, so the order was let go. Order again.")


def _plan(
    order: PayableOrder, *, whole: bool, at: datetime, beside: bool = False
) -> CheckoutAttempt:
    """Return the attempt to go on with: the open or unresolved one, or a new one.

    Raises `_OtherPageOpenError` for one that asks for another amount, unless ``beside`` it one may
    be made: then Stripe was asked to close it.
    """
    with transaction.atomic():
        ledger.lock_payments(order.id)
        attempts = list(CheckoutAttempt.objects.filter(order_id=order.id).order_by("-number"))
        last = attempts[0] if attempts else None
        if last is not None and last.state == AttemptState.COMPLETE:
            # Perhaps it was paid between our look at the order and the lock.
            order = _still_owed(order)
        if last is not None and last.state == AttemptState.PROCESSING:
            raise Conflict("payment_processing", "Your bank is still working on the payment.")
        amount = _asked(order, whole=whole)
        if not beside and any(_is_open_for_other(row, amount) for row in attempts):
            raise _OtherPageOpenError
        if last is not None and _can_go_on(last, amount, order.currency, at=at):
            return last
        return _plan_new(order, amount, number=last.number + 1 if last else 1, at=at)


def _is_open_for_other(attempt: CheckoutAttempt, amount: Decimal) -> bool:
    return attempt.state == AttemptState.OPEN and attempt.amount != amount


def _still_owed(order: PayableOrder) -> PayableOrder:
    """Return the order as it is by now; `Conflict` ``already_paid`` when nothing is owed on it."""
    now = payable_order(public_id=order.public_id)
    if now is None or not now.is_certain or now.amount_minor <= 0:
        raise _already_paid()
    return now


def _can_go_on(last: CheckoutAttempt, amount: Decimal, currency: str, *, at: datetime) -> bool:
    if (last.amount, last.currency) != (amount, currency):
        return False
    if last.state == AttemptState.OPEN:
        return is_worth_reusing(last.expires_at, at=at)
    # The answer to an earlier call was lost: the same key again, while Stripe would accept it.
    return last.state == AttemptState.PLANNED and may_still_be_made(last.expires_at, at=at)


def _plan_new(
    order: PayableOrder, amount: Decimal, *, number: int, at: datetime
) -> CheckoutAttempt:
    held_until = None if order.is_certain else order.hold_expires_at
    life = plan_lifetime(at=at, hold_expires_at=held_until)
    if life.extends:
        if number > MAX_EXTENSIONS:
            raise Conflict(
                "hold_expiring", "The goods are kept only a little longer. Please order again."
            )
        if not extend_hold(order_id=order.id, until=life.hold_until, at=at):
            raise _expired()
    attempt = CheckoutAttempt(
        order_id=order.id,
        number=number,
        idempotency_key=f"session:{order.public_id}:{number}",
        amount=amount,
        currency=order.currency,
        expires_at=life.expires_at,
        planned_at=at,
    )
    insert([attempt])
    return attempt


def _session_params(order: PayableOrder, attempt: CheckoutAttempt) -> dict[str, Any]:
    """Return the request, which must come out the same on every retry with the same key."""
    # Who comes back to an account's order need not be signed in.
    path = order.pay_path if order.user_id else f"/orders/{order.public_id}/"
    page = public_url(path)
    metadata = {ATTEMPT_KEY: attempt.idempotency_key, "order": order.number}
    items = _items(order, attempt)
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": str(order.public_id),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": item.amount_minor,
                    "product_data": {"name": item.name},
                },
            }
            for item in items
        ],
        # Debits that take days cannot be waited for: the goods are held for minutes.
        "payment_method_types": ["card"],
        "expires_at": int(attempt.expires_at.timestamp()),
        "success_url": f"{page}?payment={'rest' if order.is_certain else 'done'}",
        "cancel_url": f"{page}?payment=cancelled",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": f"Order {order.number}"},
    }
    if order.email.isascii():
        # Stripe refuses addresses in other scripts, and would refuse the payment with them.
        params["customer_email"] = order.email
    return params


def _items(order: PayableOrder, attempt: CheckoutAttempt) -> list[Item]:
    part = _part_name(order, attempt)
    if part:
        amount = money.to_minor(attempt.amount, order.currency)
        return [Item(f"Order {order.number}: {part}", amount)]
    return build_items(
        [(line.description, line.quantity, line.line_total) for line in order.lines],
        total=attempt.amount,
        currency=order.currency,
        number=order.number,
    )


def _part_name(order: PayableOrder, attempt: CheckoutAttempt) -> str:
    """Return what is paid in words, when it is not the whole order."""
    if order.status in DEPOSITED:
        return "the rest of its price"
    if order.is_certain:
        return "what its change costs more"
    return "deposit" if attempt.amount < order.due else ""


def _store(attempt: CheckoutAttempt, session: SessionView, *, at: datetime) -> CheckoutLink:
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        try:
            transition(
                attempt,
                machine=ATTEMPT_MACHINE,
                to=AttemptState.OPEN,
                actor=ledger.STRIPE,
                at=at,
                session_id=session.id,
                url=session.url,
                expires_at=session.expires_at,
            )
        except Conflict:
            # It is no longer as it was planned: somebody else stored what became of it.
            attempt.refresh_from_db()
    if attempt.state != AttemptState.OPEN:
        raise _already_paid()
    return CheckoutLink(attempt.url, attempt.expires_at)


def _move(attempt: CheckoutAttempt, to: AttemptState, *, at: datetime) -> None:
    with transaction.atomic():
        ledger.lock_payments(attempt.order_id)
        attempt.refresh_from_db()
        if ATTEMPT_MACHINE.allows(attempt.state, to):
            transition(attempt, machine=ATTEMPT_MACHINE, to=to, actor=ledger.STRIPE, at=at)
