"""Applying what Stripe says of a refund: fetch it as it is now, then move our rows to it.

The reply to our own call takes the same way as news of it: whichever comes first writes the one
row, and the other finds it.
"""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.payments.adapters import stripe_refunds
from apps.payments.adapters.stripe_refunds import RefundView
from apps.payments.events import RefundReversed
from apps.payments.models import Payment, Refund, RefundRequest, RefundReversal
from apps.payments.services import balance, ledger, recording
from apps.payments.services.absorbing import ask_again
from apps.payments.states import REFUND_MACHINE, RefundStatus, RefundWay
from bakery.kernel import money, outbox
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_S = RefundStatus
_PENDING = ("pending", "requires_action")


def learn_refund(*, refund_id: str, at: datetime) -> bool:
    """Ask Stripe about a refund and record what it says; return False when it is none of ours.

    However often, in whatever order and from wherever the news come, one refund is one row. Calls
    Stripe outside any transaction. Raises `Unavailable` while it does not answer.
    """
    view = stripe_refunds.fetch_refund(refund_id)
    return view is not None and record_view(view, at=at)


def fetch_refunds_of(intent_id: str) -> list[RefundView]:
    """Return all refunds that Stripe knows of a payment; raises `Unavailable`."""
    return stripe_refunds.list_refunds(intent_id) if intent_id else []


def record_view(view: RefundView, *, at: datetime) -> bool:
    """Record what Stripe says of a refund; return False when we know no such payment.

    Money went back as soon as Stripe took it from the shop's balance, although it may be on its
    way for days and bounce; then the row gets a reversal. One that somebody made in Stripe's own
    dashboard is recorded too, and the shop is told.
    """
    payment = Payment.objects.filter(payment_intent=view.intent_id or "-").first()
    if payment is None:
        return False
    with transaction.atomic():
        ledger.lock_payments(payment.order_id)
        request = _request_of(view, payment)
        refund = Refund.objects.filter(stripe_id=view.id).first()
        was_known = refund is not None
        if refund is None:
            refund = _record(view, payment, request, at=at)
        if view.is_failed and _reverse(refund, view, at=at) and was_known:
            ask_again(refund, at=at)
        if request is not None:
            _follow(request, refund, view, at=at)
        balance.settle(payment)
    return True


def _request_of(view: RefundView, payment: Payment) -> RefundRequest | None:
    try:
        key = UUID(view.request_key)
    except ValueError:
        return None
    rows = RefundRequest.objects.select_for_update(of=("self",))
    return rows.filter(public_id=key, payment=payment).first()


def _record(
    view: RefundView, payment: Payment, request: RefundRequest | None, *, at: datetime
) -> Refund:
    refund = Refund(
        order_id=payment.order_id,
        request=request,
        payment=payment,
        way=RefundWay.STRIPE,
        stripe_id=view.id,
        amount=money.from_minor(view.amount_minor, view.currency),
        currency=view.currency,
        balance_transaction=view.balance_transaction,
        given_by=ledger.STRIPE,
        recorded_at=at,
    )
    # One that failed before we heard of it lowers no sale.
    recording.record_refund(refund, credits_sale=not view.is_failed, at=at)
    if request is None:
        ledger.ask_for_attention(
            f"dashboard-refund:{view.id}",
            f"Order {payment.order.number}: {refund.amount} {refund.currency} were refunded in"
            " Stripe's dashboard, without a request here. If anybody asked for the"
            " same money here, please reject that.",
            at=at,
        )
    return refund


def _reverse(refund: Refund, view: RefundView, *, at: datetime) -> bool:
    """Write down that a refund did not arrive; False when that was known."""
    if RefundReversal.objects.filter(refund=refund).exists():
        return False
    RefundReversal.objects.create(
        refund=refund,
        reason=view.failure[:200],
        balance_transaction=view.failure_balance_transaction,
        recorded_at=at,
    )
    told = RefundReversed(refund_id=refund.pk, order_id=refund.order_id)
    outbox.emit(told, key=str(refund.pk), at=at)
    ledger.ask_for_attention(
        f"refund-failed:{view.id}",
        f"Order {refund.order.number}: a refund of {refund.amount} {refund.currency} did not arrive"
        f" ({view.failure or view.status}). Try again in the console, or give it back at the"
        " counter.",
        at=at,
    )
    return True


def _follow(request: RefundRequest, refund: Refund, view: RefundView, *, at: datetime) -> None:
    """Move the request to where its refund is.

    News of an earlier try move nothing, nor do any once it was given back at the counter instead.
    """
    if view.try_number != request.tries or request.way != RefundWay.STRIPE:
        return
    # A refund that bounced never comes back to life, whatever an older answer says.
    if view.is_failed or RefundReversal.objects.filter(refund=refund).exists():
        to = _S.FAILED
    else:
        to = _S.SENT if view.status in _PENDING else _S.SUCCEEDED
    if to == request.status or not REFUND_MACHINE.allows(request.status, to):
        return
    columns: dict[str, Any] = {"failure": view.failure[:200]} if to == _S.FAILED else {}
    if to == _S.SUCCEEDED:
        columns["settled_at"] = at
    transition(request, machine=REFUND_MACHINE, to=to, actor=ledger.STRIPE, at=at, **columns)


def record_failure(request_id: int, failure: str, *, tries: int, at: datetime) -> None:
    """Write down that Stripe does not give an approved refund back, and tell the shop."""
    found = RefundRequest.objects.select_related("order").get(pk=request_id)
    with transaction.atomic():
        ledger.lock_payments(found.order_id)
        request = RefundRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
        if request.status != _S.APPROVED or request.tries != tries:
            return
        transition(
            request,
            machine=REFUND_MACHINE,
            to=_S.FAILED,
            actor=ledger.STRIPE,
            at=at,
            reason=failure[:200],
            failure=failure[:200],
        )
        if request.payment is not None:
            balance.settle(request.payment)
        ledger.ask_for_attention(
            f"refund-refused:{request.pk}:{request.tries}",
            f"Order {found.order.number}: {request.amount} {request.currency} could not be given"
            f" back ({failure}). See Refunds in the console.",
            at=at,
        )
