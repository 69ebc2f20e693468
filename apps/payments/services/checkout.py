"""Sending a customer to Stripe: plan and remember, call, store; the same key on every retry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.orders.selectors import PayableOrder, payable_order
from apps.orders.services import extend_hold
from apps.orders.states import OrderStatus
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
from apps.payments.states import ATTEMPT_MACHINE, AttemptState
from bakery.kernel import money
from bakery.kernel.errors import Conflict, NotFound
from bakery.kernel.rows import insert
from bakery.kernel.states import transition

# A change may have made a paid order dearer: then the rest is paid like this.
_PAID_STATUSES = (
    OrderStatus.PAID,
    OrderStatus.IN_PRODUCTION,
    OrderStatus.READY,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.NO_SHOW,
    OrderStatus.COLLECTED,
)


@dataclass(frozen=True)
class CheckoutLink:
    """Where the customer pays, and until when."""

    url: str
    expires_at: datetime


def open_checkout(*, public_id: UUID, at: datetime, user_id: int | None = None) -> CheckoutLink:
    """Return the page on which the order's balance can be paid; asking again gives the same page.

    A guest's order is opened by its id alone, an account's only for that account's ``user_id``.

    Answers within ten seconds. Raises `NotFound` (``order_not_found``), `Conflict`
    (``already_paid``, ``order_expired``, ``order_not_payable``, ``hold_expiring``,
    ``payment_processing``, ``stripe_refused``) or `Unavailable` (``stripe_unavailable``); after
    the latter the order is payable as before, and the next try finds what this one may have made.
    """
    order = _require_payable(payable_order(public_id=public_id), user_id=user_id, at=at)
    attempt = _plan(order, at=at)
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


def _require_payable(
    order: PayableOrder | None, *, user_id: int | None, at: datetime
) -> PayableOrder:
    if order is None or order.user_id not in {None, user_id}:
        raise NotFound("order_not_found", "There is no such order.")
    if order.status in _PAID_STATUSES:
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


def _already_paid() -> Conflict:
    return Conflict("already_paid", "This order is paid already.")


def _expired() -> Conflict:
    return Conflict("order_expired", "Nobody paid in time, so the order was let go. Order again.")


def _plan(order: PayableOrder, *, at: datetime) -> CheckoutAttempt:
    """Return the attempt to go on with: the open or unresolved one, or a new one."""
    with transaction.atomic():
        ledger.lock_payments(order.id)
        last = CheckoutAttempt.objects.filter(order_id=order.id).order_by("-number").first()
        if last is not None and last.state == AttemptState.COMPLETE:
            # Perhaps it was paid between our look at the order and the lock.
            order = _still_owed(order)
        if last is not None and last.state == AttemptState.PROCESSING:
            raise Conflict("payment_processing", "Your bank is still working on the payment.")
        if last is not None and _can_go_on(last, order, at=at):
            return last
        return _plan_new(order, number=last.number + 1 if last else 1, at=at)


def _still_owed(order: PayableOrder) -> PayableOrder:
    """Return the order as it is by now; `Conflict` ``already_paid`` when nothing is owed on it."""
    now = payable_order(public_id=order.public_id)
    if now is None or now.status not in _PAID_STATUSES or now.amount_minor <= 0:
        raise _already_paid()
    return now


def _can_go_on(last: CheckoutAttempt, order: PayableOrder, *, at: datetime) -> bool:
    if (last.amount, last.currency) != (order.due, order.currency):
        return False
    if last.state == AttemptState.OPEN:
        return is_worth_reusing(last.expires_at, at=at)
    # The answer to an earlier call was lost: the same key again, while Stripe would accept it.
    return last.state == AttemptState.PLANNED and may_still_be_made(last.expires_at, at=at)


def _plan_new(order: PayableOrder, *, number: int, at: datetime) -> CheckoutAttempt:
    is_paid = order.status in _PAID_STATUSES
    life = plan_lifetime(at=at, hold_expires_at=None if is_paid else order.hold_expires_at)
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
        amount=order.due,
        currency=order.currency,
        expires_at=life.expires_at,
        planned_at=at,
    )
    insert([attempt])
    return attempt


def _session_params(order: PayableOrder, attempt: CheckoutAttempt) -> dict[str, Any]:
    """Return the request, which must come out the same on every retry with the same key."""
    page = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/orders/{order.public_id}/"
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
        "success_url": f"{page}?payment=done",
        "cancel_url": f"{page}?payment=cancelled",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": f"Order {order.number}"},
    }
    if order.email.isascii():
        # Stripe refuses addresses in other scripts, and would refuse the payment with them.
        params["customer_email"] = order.email
    return params


def _items(order: PayableOrder, attempt: CheckoutAttempt) -> list[Item]:
    if order.status in _PAID_STATUSES:
        more = money.to_minor(attempt.amount, order.currency)
        return [Item(f"Order {order.number}: what its change costs more", more)]
    return build_items(
        [(line.description, line.quantity, line.line_total) for line in order.lines],
        total=attempt.amount,
        currency=order.currency,
        number=order.number,
    )


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
