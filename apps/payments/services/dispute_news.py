"""Applying what Stripe says of disputes and fraud: fetch as it is now, then move our rows to it.

However often, late or in whatever order news come, the rows end where Stripe is: a status is
never taken back, and money that moved is written down once by its name in Stripe's books.
"""

import logging
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from apps.payments.adapters import stripe_disputes
from apps.payments.adapters.stripe_disputes import DisputeView, MoveView, WarningView
from apps.payments.events import DisputeClosed, DisputeMoved, DisputeOpened
from apps.payments.models import (
    Dispute,
    DisputeMove,
    FraudWarning,
    Payment,
    Refund,
    RefundRequest,
)
from apps.payments.rules import disputes as rules
from apps.payments.services import ledger
from apps.payments.states import (
    DISPUTE_MACHINE,
    OPEN_DISPUTES,
    DisputeMoveKind,
    DisputeStatus,
    RefundReason,
    RefundStatus,
)
from bakery.kernel import clock, money, outbox
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_S = DisputeStatus
_M = DisputeMoveKind
_INQUIRIES = (_S.WARNING_NEEDS_RESPONSE, _S.WARNING_UNDER_REVIEW, _S.WARNING_CLOSED)
_NOTHING_GOES_BACK = (RefundStatus.REJECTED, RefundStatus.WITHDRAWN)


def learn_dispute(*, dispute_id: str, at: datetime) -> bool:
    """Ask Stripe about a dispute and record what it says; return False when it is none of ours.

    News may come twice, late or in any order. Calls Stripe outside any transaction. Raises
    `Unavailable` while it does not answer.
    """
    view = stripe_disputes.fetch_dispute(dispute_id)
    if view is None or view.livemode != settings.STRIPE_LIVE_MODE:
        return False
    payment = _payment_of(view)
    if payment is None:
        return False
    with transaction.atomic():
        apply_view(view, payment, at=at)
    return True


def learn_warning(*, warning_id: str, at: datetime) -> bool:
    """Record an early fraud warning and propose a refund; return False when it is none of ours.

    The refund waits for approval as any other. There is none when the money is on its way back
    already, or disputed: then the bank decides. Raises `Unavailable` while Stripe is silent.
    """
    view = stripe_disputes.fetch_warning(warning_id)
    if view is None or view.livemode != settings.STRIPE_LIVE_MODE:
        return False
    payment = _payment_of(view)
    if payment is None:
        return False
    with transaction.atomic():
        ledger.lock_payments(payment.order_id)
        warning = FraudWarning(
            stripe_id=view.id, payment=payment, fraud_type=view.fraud_type[:60], recorded_at=at
        )
        if insert_unless_taken(warning):
            _propose_refund(payment, view, at=at)
    return True


def apply_view(view: DisputeView, payment: Payment, *, at: datetime) -> Dispute:
    """Move our rows to what Stripe says; a step of the caller's transaction, takes the lock."""
    ledger.lock_payments(payment.order_id)
    status = rules.status_of(view.status)
    if status is None:
        logger.error("unknown status of a dispute", extra={"code": view.status[:40]})
        ledger.ask_for_attention(
            f"dispute:{view.id}:{view.status}"[:90],
            f"Order {payment.order.number}: Stripe says a dispute is {view.status[:40]}, which this"
            " system does not know. Please look in Stripe's dashboard.",
            at=at,
        )
    dispute = Dispute.objects.filter(stripe_id=view.id).first()
    is_new = dispute is None
    if dispute is None:
        dispute = _open(view, payment, inquiry=status in _INQUIRIES, at=at)
    if status is not None and DISPUTE_MACHINE.allows(dispute.status, status):
        _move_to(dispute, status, at=at)
    _follow(dispute, view, at=at)
    _record_moves(dispute, view.moves, at=at)
    if is_new and dispute.status not in OPEN_DISPUTES:
        logger.warning("dispute heard of when it was over", extra={"object_id": dispute.pk})
    return dispute


def _open(view: DisputeView, payment: Payment, *, inquiry: bool, at: datetime) -> Dispute:
    amount = money.from_minor(view.amount_minor, view.currency)
    dispute = Dispute.objects.create(
        stripe_id=view.id,
        payment=payment,
        order_id=payment.order_id,
        amount=amount,
        currency=view.currency,
        reason=view.reason[:60],
        status=_S.WARNING_NEEDS_RESPONSE if inquiry else _S.NEEDS_RESPONSE,
        due_by=view.due_by,
        opened_at=view.created,
        reminders=rules.reminders_due(view.due_by, at=at) if view.due_by else 0,
    )
    opened = DisputeOpened(dispute_id=dispute.pk, order_id=dispute.order_id)
    outbox.emit(opened, key=str(dispute.pk), at=at)
    what = "asks about" if inquiry else "takes back"
    why = rules.reason_words(dispute.reason)
    _alert(dispute, f"the bank {what} {_shown(dispute)}: {why}. {_date_words(dispute)}", at=at)
    return dispute


def _move_to(dispute: Dispute, status: DisputeStatus, *, at: datetime) -> None:
    """Take the step that Stripe took, and say what it means."""
    closes = status not in OPEN_DISPUTES
    was_inquiry = dispute.status in _INQUIRIES
    transition(
        dispute,
        machine=DISPUTE_MACHINE,
        to=status,
        actor=ledger.STRIPE,
        at=at,
        closed_at=at if closes else None,
    )
    if closes:
        won = status != _S.LOST
        closed = DisputeClosed(dispute_id=dispute.pk, order_id=dispute.order_id, won=won)
        outbox.emit(closed, key=f"{dispute.pk}:{status}", at=at)
        _alert(dispute, f"the dispute over {_shown(dispute)} is {status.label}.", at=at)
    elif was_inquiry and status not in _INQUIRIES:
        _alert(
            dispute,
            f"what was an inquiry takes {_shown(dispute)} back now. {_date_words(dispute)}",
            at=at,
        )


def _follow(dispute: Dispute, view: DisputeView, *, at: datetime) -> None:
    """Keep what may change without a step: its date, and that it was answered elsewhere."""
    columns: dict[str, object] = {}
    if view.due_by is not None and view.due_by != dispute.due_by:
        columns["due_by"] = view.due_by
        columns["reminders"] = rules.reminders_due(view.due_by, at=at)
    if view.answered and dispute.submitted_at is None:
        columns |= {"submitted_at": at, "answering_at": None}
        columns["submitted_by"] = dispute.submitted_by or ledger.STRIPE
    if columns:
        Dispute.objects.filter(pk=dispute.pk).update(**columns)
        for name, value in columns.items():
            setattr(dispute, name, value)


def _record_moves(dispute: Dispute, moves: tuple[MoveView, ...], *, at: datetime) -> None:
    known = set(dispute.moves.values_list("balance_transaction", flat=True))
    for move in moves:
        if move.id in known:
            continue
        row = DisputeMove.objects.create(
            dispute=dispute,
            kind=_M.REINSTATED if move.amount_minor > 0 else _M.WITHDRAWN,
            balance_transaction=move.id,
            amount=money.from_minor(move.amount_minor, move.currency),
            fee=money.from_minor(move.fee_minor, move.currency),
            currency=move.currency,
            recorded_at=at,
        )
        moved = DisputeMoved(move_id=row.pk, order_id=dispute.order_id)
        outbox.emit(moved, key=str(row.pk), at=at)


def _payment_of(view: DisputeView | WarningView) -> Payment | None:
    wanted = Q()
    if view.intent_id:
        wanted |= Q(payment_intent=view.intent_id)
    if view.charge_id:
        wanted |= Q(charge=view.charge_id)
    if not wanted:
        return None
    return Payment.objects.select_related("order").filter(wanted).first()


def _propose_refund(payment: Payment, view: WarningView, *, at: datetime) -> None:
    """Ask for all that is left of a payment to go back before its owner disputes it."""
    left = _left_of(payment)
    disputed = Dispute.objects.filter(payment=payment).exists()
    if view.actionable and left > 0 and not disputed:
        ledger.request_refund(
            payment, reason=RefundReason.FRAUD_WARNING, by=ledger.STRIPE, at=at, amount=left
        )
        return
    why = "It is disputed already." if disputed else "Nothing is left to give back."
    if not disputed and left > 0:
        why = "Stripe says that a refund would not help any more."
    ledger.ask_for_attention(
        f"fraud:{view.id}",
        f"Order {payment.order.number}: the bank warns that its card was misused. {why}",
        at=at,
    )


def _left_of(payment: Payment) -> Decimal:
    """Return what of a payment is not on its way back, whoever asked for it."""
    requests = RefundRequest.objects.filter(payment=payment).exclude(status__in=_NOTHING_GOES_BACK)
    elsewhere = Refund.objects.filter(payment=payment, request=None, reversal=None)
    sums = (
        rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0) for rows in (requests, elsewhere)
    )
    return payment.amount - sum(sums, Decimal(0))


def _alert(dispute: Dispute, text: str, *, at: datetime) -> None:
    key = f"dispute:{dispute.stripe_id}:{dispute.status}"[:90]
    ledger.ask_for_attention(key, f"Order {dispute.order.number}: {text}", at=at)


def _shown(dispute: Dispute) -> str:
    return f"{dispute.amount} {dispute.currency}"


def _date_words(dispute: Dispute) -> str:
    if dispute.due_by is None:
        return "See Disputes in the console."
    day = dispute.due_by.astimezone(clock.shop_zone())
    return f"Answer before {day:%d %B, %H:%M} in the console, Disputes."
