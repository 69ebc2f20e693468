"""The second person's decision about a refund, and trying again what did not go through."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.orders.selectors import money_by_hand, tax_in_kept, was_edited_after
from apps.orders.services import keep_money
from apps.orders.states import OrderStatus
from apps.payments.events import RefundApproved, RefundRejected
from apps.payments.models import RefundRequest
from apps.payments.selectors.money_left import asked_of_order
from apps.payments.selectors.refunds import refund_by_public_id
from apps.payments.services import balance, ledger
from apps.payments.services.refunding import request_refunds
from apps.payments.states import OF_THE_ORDER, REFUND_MACHINE, RefundReason, RefundStatus, RefundWay
from bakery.kernel import audit, outbox
from bakery.kernel.errors import Conflict, Invalid, Refused
from bakery.kernel.locks import lock_one
from bakery.kernel.money import round_money
from bakery.kernel.states import transition

_S = RefundStatus
_LONGEST_NOTE = 500
# Nobody's own request: the system and Stripe ask for what is owed.
_NOBODY = (ledger.SYSTEM, ledger.STRIPE)


def approve_refund(
    *, public_id: UUID | str, by: str, at: datetime, lower_to: Decimal | None = None
) -> RefundRequest:
    """Let a refund be given back, all of it or only ``lower_to``.

    Nobody approves what they asked for themselves. That such a try was made is in the audit
    trail, unless the caller undoes it: call it outside of a transaction.

    Raises `NotFound` ``refund_not_found``; `Refused` ``own_request``; `Invalid` ``bad_amount``;
    `Conflict` ``illegal_transition``, ``payment_disputed``, ``too_much`` (also when it was
    refunded in Stripe's dashboard) or ``order_changed`` since its lines were asked for.
    """
    _require_second_person(refund_by_public_id(public_id), by=by, at=at)
    with transaction.atomic():
        request = _lock(public_id)
        before = request.amount
        _require_decidable(request)
        amount = before if lower_to is None else _lowered(request, lower_to)
        transition(
            request,
            machine=REFUND_MACHINE,
            to=_S.APPROVED,
            actor=by,
            at=at,
            amount=amount,
            lowered_by=before - amount,
            lowered_taxes=_tax_kept(request, before - amount, at=at),
            decided_by=by,
            decided_at=at,
        )
        if request.payment is not None:
            balance.reserve(request.payment, amount)
        if amount < before and request.reason in OF_THE_ORDER:
            _keep(request, before - amount, by=by, reason="refund approved in part", at=at)
        _tell_approved(request, at=at)
        changes = {"amount": [str(before), str(amount)]} if amount != before else {}
        _audit(request, "refund.approve", by=by, at=at, old=_S.AWAITING_APPROVAL, more=changes)
    return request


def reject_refund(*, public_id: UUID | str, by: str, note: str, at: datetime) -> RefundRequest:
    """Do not give the money back; the customer is told ``note``.

    What an order's end or change had said to go back stays the shop's. One that failed may be
    rejected too, unless it had lowered its sale before: then it is still owed. The note, which
    speaks to a person, is kept in the request alone, where that person can be erased.

    Raises `NotFound` ``refund_not_found``; `Invalid` ``bad_note``; `Conflict`
    ``illegal_transition`` or ``credited_before``.
    """
    note = note.strip()
    if not 1 <= len(note) <= _LONGEST_NOTE or "\0" in note:
        raise Invalid("bad_note", f"Tell the customer why, in at most {_LONGEST_NOTE} characters.")
    with transaction.atomic():
        request = _lock(public_id)
        old = request.status
        if request.refunds.exists():
            raise Conflict("credited_before", "It is owed already: give it back another way.")
        transition(
            request,
            machine=REFUND_MACHINE,
            to=_S.REJECTED,
            actor=by,
            at=at,
            decided_by=by,
            decided_at=at,
            decision_note=note,
            kept_taxes=_tax_kept(request, request.amount, at=at),
        )
        if request.reason in OF_THE_ORDER:
            _keep(request, request.amount, by=by, reason="refund rejected", at=at)
        else:
            _ask_for_the_rest(request, at=at)
        rejected = RefundRejected(request_id=request.pk, order_id=request.order_id)
        outbox.emit(rejected, key=str(request.pk), at=at)
        _audit(request, "refund.reject", by=by, at=at, old=old)
    return request


def withdraw_refund(*, public_id: UUID | str, by: str, at: datetime) -> RefundRequest:
    """Take a request back that nobody decided yet; only who asked for it may, else `Refused`.

    Raises `NotFound` ``refund_not_found``; `Refused` ``not_yours``; `Conflict`
    ``illegal_transition``.
    """
    with transaction.atomic():
        request = _lock(public_id)
        if request.requested_by != by:
            raise Refused("not_yours", "Only who asked for this refund can take it back.")
        _require_status(request, _S.AWAITING_APPROVAL, "take back", to=_S.WITHDRAWN)
        transition(request, machine=REFUND_MACHINE, to=_S.WITHDRAWN, actor=by, at=at)
        _ask_for_the_rest(request, at=at)
        _audit(request, "refund.withdraw", by=by, at=at, old=_S.AWAITING_APPROVAL)
    return request


def try_refund_again(*, public_id: UUID | str, by: str, at: datetime) -> RefundRequest:
    """Send a refund again that failed; the approval of it stands.

    Raises `NotFound` ``refund_not_found``; `Conflict` ``illegal_transition``,
    ``payment_disputed``, ``too_much``.
    """
    with transaction.atomic():
        request = _lock(public_id)
        # The machine alone would let this be an approval, by anybody, of what nobody decided.
        _require_status(request, _S.FAILED, "try again", to=_S.APPROVED)
        balance.require_undisputed(request.payment)
        transition(
            request,
            machine=REFUND_MACHINE,
            to=_S.APPROVED,
            actor=by,
            at=at,
            reason="tried again",
            tries=request.tries + 1,
            sent_at=None,
            failure="",
        )
        if request.payment is not None:
            balance.reserve(request.payment, request.amount)
        _tell_approved(request, at=at)
        _audit(request, "refund.retry", by=by, at=at, old=_S.FAILED)
    return request


def _lock(public_id: UUID | str) -> RefundRequest:
    """Return a request that nobody else changes until the transaction ends."""
    found = refund_by_public_id(public_id)
    ledger.lock_payments(found.order_id)
    rows = RefundRequest.objects.filter(pk=found.pk).select_related("order", "payment")
    return lock_one(rows, what="refund")


def _require_second_person(request: RefundRequest, *, by: str, at: datetime) -> None:
    if request.requested_by != by or by in _NOBODY:
        return
    audit.record(
        actor=by,
        action="refund.approve_own_refused",
        object_type="payments.refundrequest",
        object_id=request.pk,
        at=at,
    )
    raise Refused("own_request", "Somebody else has to approve what you asked for.")


def _require_decidable(request: RefundRequest) -> None:
    balance.require_undisputed(request.payment)
    # The machine alone would let what failed be approved here, without a try of its own.
    is_open = request.status == _S.AWAITING_APPROVAL
    if is_open and request.lines and was_edited_after(request.order_id, at=request.requested_at):
        raise Conflict(
            "order_changed", "The order was changed since: reject this and ask for it again."
        )
    _require_status(request, _S.AWAITING_APPROVAL, "approve", to=_S.APPROVED)


def _require_status(request: RefundRequest, status: RefundStatus, what: str, *, to: str) -> None:
    if request.status != status:
        label = request.get_status_display()
        raise Conflict(
            "illegal_transition",
            f"This refund is {label}: there is nothing to {what}.",
            details={"from": request.status, "to": str(to)},
        )


def _lowered(request: RefundRequest, lower_to: Decimal) -> Decimal:
    if (
        not lower_to.is_finite()
        or not 0 < lower_to <= request.amount
        or lower_to != round_money(lower_to, request.currency)
    ):
        raise Invalid("bad_amount", f"At most {request.amount} {request.currency}, above nothing.")
    return lower_to.quantize(Decimal("0.01"))


def _keep(request: RefundRequest, amount: Decimal, *, by: str, reason: str, at: datetime) -> None:
    """Let the shop keep ``amount``, unless it went back another way, say in the dashboard."""
    order = money_by_hand(request.order_id)
    is_over = order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    kept = min(amount, order.owed - asked_of_order(request.order_id, is_over=is_over))
    if kept > 0:
        keep_money(order_id=request.order_id, amount=kept, actor=by, reason=reason, at=at)


def _tax_kept(request: RefundRequest, amount: Decimal, *, at: datetime) -> list[dict[str, str]]:
    """Return the levies in what is kept of a deposit; other money was paid for nothing."""
    if request.reason != RefundReason.ORDER_CANCELLED or not amount:
        return []
    return tax_in_kept(request.order_id, amount, at=at)


def _ask_for_the_rest(request: RefundRequest, *, at: datetime) -> None:
    """Ask for what an order that ended meanwhile owes, which this request had covered."""
    request_refunds(order_id=request.order_id, by=ledger.SYSTEM, at=at)


def _tell_approved(request: RefundRequest, *, at: datetime) -> None:
    if request.way == RefundWay.BY_HAND:
        return
    approved = RefundApproved(request_id=request.pk, order_id=request.order_id)
    outbox.emit(approved, key=f"{request.pk}:{request.tries}", at=at)


def _audit(
    request: RefundRequest,
    action: str,
    *,
    by: str,
    at: datetime,
    old: str,
    more: dict[str, list[str]] | None = None,
) -> None:
    audit.record(
        actor=by,
        action=action,
        object_type="payments.refundrequest",
        object_id=request.pk,
        changes={"status": [old, request.status], **(more or {})},
        at=at,
    )
