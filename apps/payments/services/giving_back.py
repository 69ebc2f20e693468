"""Giving approved money back: at Stripe, at the counter, to a gift card; once, come what may.

Stripe is asked under a name that was stored with the approval. A call without an answer says
nothing about whether it was carried out, so it is repeated under the same name; once Stripe may
have forgotten the name, its list of refunds is asked instead and nothing is sent again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.orders.services import refund_to_cards
from apps.payments.adapters import stripe_refunds
from apps.payments.adapters.stripe_refunds import REQUEST_KEY, TRY_KEY, RefundView
from apps.payments.models import Payment, Refund, RefundRequest
from apps.payments.selectors.refunds import refund_by_public_id
from apps.payments.services import balance, ledger
from apps.payments.services.recording import record_refund
from apps.payments.services.refund_news import learn_refund, record_failure, record_view
from apps.payments.states import REFUND_MACHINE, RefundStatus, RefundTill, RefundWay
from bakery.kernel import audit, money
from bakery.kernel.errors import Conflict, DomainError, Invalid, Unavailable
from bakery.kernel.locks import lock_one
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_S = RefundStatus
# Stripe keeps a name for at least 24 hours: https://docs.stripe.com/api/idempotent_requests
KEY_LIFE = timedelta(hours=23)
SEND_AFTER, ASK_AFTER = timedelta(minutes=15), timedelta(hours=1)
_LONGEST_REF = 200


def send_refund(*, request_id: int, at: datetime) -> None:
    """Give an approved refund back, unless that was done; again changes nothing.

    Calls Stripe outside any transaction. Raises `Unavailable` while it does not answer: call again.
    """
    request = RefundRequest.objects.select_related("payment", "order").get(pk=request_id)
    if request.status != _S.APPROVED:
        return
    if request.way == RefundWay.GIFT_CARD:
        _give_to_cards(request_id, at=at)
    elif request.way == RefundWay.STRIPE and request.payment is not None:
        _give_to_card(request, request.payment, at=at)


def give_back_by_hand(
    *, public_id: UUID | str, by: str, till: RefundTill, how_ref: str, at: datetime
) -> RefundRequest:
    """Write down that an approved refund was given at the counter; ``how_ref`` is its slip.

    ``till`` says whether it came from the drawer or went by the terminal. Also one that failed at
    Stripe and is paid out instead. Raises `NotFound` ``refund_not_found``; `Invalid` ``bad_ref``,
    ``bad_till``; `Conflict` ``illegal_transition``, ``not_by_hand``, ``payment_disputed``,
    ``too_much``.
    """
    how_ref = how_ref.strip()
    if not 1 <= len(how_ref) <= _LONGEST_REF or not how_ref.isprintable():
        raise Invalid("bad_ref", f"Name the slip or receipt in at most {_LONGEST_REF} characters.")
    if till not in RefundTill.values:
        raise Invalid("bad_till", "Say whether it was cash or the card terminal.")
    found = refund_by_public_id(public_id)
    with transaction.atomic():
        ledger.lock_payments(found.order_id)
        request = _lock(found.pk)
        old = request.status
        if request.way != RefundWay.BY_HAND and old != _S.FAILED:
            raise Conflict("not_by_hand", "This refund goes back by itself once it is approved.")
        if request.payment is not None:
            balance.require_undisputed(request.payment)
            balance.reserve(request.payment, request.amount)
        _succeed(request, by=by, reason=how_ref, way=RefundWay.BY_HAND, at=at)
        record_refund(_row(request, given_by=by, till=till, at=at), at=at)
        if request.payment is not None:
            balance.settle(request.payment)
        audit.record(
            actor=by,
            action="refund.give_back_by_hand",
            object_type="payments.refundrequest",
            object_id=request.pk,
            changes={"status": [old, request.status], "till": [None, till], "ref": [None, how_ref]},
            at=at,
        )
    return request


def settle_refunds(*, at: datetime, limit: int = 50) -> int:
    """Go on with refunds that are silent for long: send, or ask Stripe; return how many.

    Stops at the first sign that Stripe is down.
    """
    rows = RefundRequest.objects.exclude(way=RefundWay.BY_HAND)
    stuck = rows.filter(status=_S.APPROVED, decided_at__lt=at - SEND_AFTER)
    silent = Refund.objects.filter(
        request__status=_S.SENT, reversal=None, recorded_at__lt=at - ASK_AFTER
    )
    done = 0
    try:
        for request_id in stuck.order_by("decided_at").values_list("pk", flat=True)[:limit]:
            done += _quietly(partial(send_refund, request_id=request_id, at=at))
        for stripe_id in silent.order_by("pk").values_list("stripe_id", flat=True)[:limit]:
            done += _quietly(partial(learn_refund, refund_id=stripe_id or "", at=at))
    except Unavailable as error:
        logger.warning("refunds wait for stripe", extra={"code": error.code})
    return done


def _give_to_card(request: RefundRequest, payment: Payment, *, at: datetime) -> None:
    if request.sent_at is not None and at - request.sent_at > KEY_LIFE:
        view, failure = _find(request, payment), "Stripe never answered and knows no such refund"
    else:
        view, failure = _ask_stripe(request, payment, at=at)
    if view is not None:
        record_view(view, at=at)
    else:
        record_failure(request.pk, failure, tries=request.tries, at=at)


def _ask_stripe(
    request: RefundRequest, payment: Payment, *, at: datetime
) -> tuple[RefundView | None, str]:
    """Return the refund, or why Stripe refuses it."""
    # Before the call: whoever finds it stuck must know since when the name is in use.
    RefundRequest.objects.filter(pk=request.pk, sent_at=None).update(sent_at=at)
    try:
        view = stripe_refunds.create_refund(
            idempotency_key=request.idempotency_key,
            intent_id=payment.payment_intent,
            amount_minor=money.to_minor(request.amount, request.currency),
            metadata={
                REQUEST_KEY: str(request.public_id),
                TRY_KEY: str(request.tries),
                "order": request.order.number,
            },
        )
    except Conflict as refused:
        # It may be refused because it was made before, under a name that is forgotten.
        why = str(refused.details.get("reason") or refused.code)
        return _find(request, payment), f"Stripe refused it: {why}"
    return view, ""


def _find(request: RefundRequest, payment: Payment) -> RefundView | None:
    wanted = (str(request.public_id), request.tries)
    for view in stripe_refunds.list_refunds(payment.payment_intent):
        if (view.request_key, view.try_number) == wanted:
            return view
    return None


def _give_to_cards(request_id: int, *, at: datetime) -> None:
    found = RefundRequest.objects.only("order_id").get(pk=request_id)
    with transaction.atomic():
        ledger.lock_payments(found.order_id)
        request = _lock(request_id)
        if request.status != _S.APPROVED:
            return
        if refund_to_cards(order_id=request.order_id, amount=request.amount, at=at):
            _succeed(request, by=ledger.SYSTEM, reason="", way=RefundWay.GIFT_CARD, at=at)
            record_refund(_row(request, given_by=ledger.SYSTEM, at=at), at=at)
            return
    record_failure(request_id, "the gift cards got it back before", tries=request.tries, at=at)


def _lock(request_id: int) -> RefundRequest:
    rows = RefundRequest.objects.filter(pk=request_id).select_related("order", "payment")
    return lock_one(rows, what="refund")


def _succeed(request: RefundRequest, *, by: str, reason: str, way: RefundWay, at: datetime) -> None:
    transition(
        request,
        machine=REFUND_MACHINE,
        to=_S.SUCCEEDED,
        actor=by,
        at=at,
        reason=reason,
        way=way,
        settled_at=at,
    )


def _row(request: RefundRequest, *, given_by: str, at: datetime, till: str = "") -> Refund:
    return Refund(
        order_id=request.order_id,
        request=request,
        payment=request.payment,
        way=request.way,
        till=till,
        amount=request.amount,
        currency=request.currency,
        given_by=given_by,
        recorded_at=at,
    )


def _quietly(call: Callable[[], object]) -> int:
    """Run ``call``; what is wrong with one refund does not keep the others."""
    try:
        call()
    except Unavailable:
        raise
    except DomainError as error:
        logger.exception("refund not settled", extra={"code": error.code})
    return 1
