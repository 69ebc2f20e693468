"""Answering disputes: once, before their date, with words that a person has read."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.loyalty import services as loyalty
from apps.orders.selectors.crediting import credited_goods, goods_of
from apps.payments.adapters import stripe_disputes
from apps.payments.adapters.stripe_disputes import DisputeView
from apps.payments.models import Dispute
from apps.payments.rules import disputes as rules
from apps.payments.selectors.disputes import due_disputes, lost_total
from apps.payments.services import ledger
from apps.payments.services.dispute_news import apply_view, learn_dispute
from apps.payments.states import OPEN_DISPUTES, UNANSWERED_DISPUTES, DisputeStatus
from bakery.kernel import audit, money
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from bakery.kernel.locks import lock_one

# For so long an answer that is on its way keeps others from sending another one.
_ON_ITS_WAY = timedelta(seconds=60)
_BATCH = 200
_OVER = Conflict("dispute_closed", "This dispute is over: there is nothing to answer.")


def submit_answer(
    *, dispute_id: int, answer: Mapping[str, object], by: str, at: datetime
) -> Dispute:
    """Send the shop's answer to the bank, once, and return the dispute as it is then.

    The answer and its key are kept before Stripe is called: the same words sent again, after a
    lost reply or by a second click, arrive once. Raises `NotFound` ``dispute_not_found``;
    `Invalid` ``bad_answer``, ``empty_answer``; `Conflict` ``already_answered``,
    ``dispute_closed``, ``dispute_past_due``, ``answer_in_progress``, ``stripe_refused``;
    `Unavailable`.
    """
    texts = rules.check_answer(answer)
    dispute = _claim(dispute_id, texts, by=by, at=at)
    try:
        view = stripe_disputes.submit_answer(
            dispute.stripe_id, texts, idempotency_key=dispute.answer_key
        )
    except Conflict:
        # Nothing arrived: the words can be put right and sent. Unless somebody answered elsewhere.
        _let_go(dispute)
        with suppress(Unavailable):
            learn_dispute(dispute_id=dispute.stripe_id, at=at)
        raise
    return _finish(dispute, view, "payments.dispute.answer", by=by, at=at)


def accept_loss(*, dispute_id: int, by: str, at: datetime) -> Dispute:
    """Tell Stripe that the shop does not contest a dispute, and return it as it is then.

    Raises `NotFound` ``dispute_not_found``; `Conflict` ``dispute_closed``, ``stripe_refused``;
    `Unavailable`.
    """
    dispute = _get(dispute_id)
    if dispute.status not in OPEN_DISPUTES:
        raise _OVER
    view = stripe_disputes.accept_dispute(
        dispute.stripe_id, idempotency_key=f"{dispute.stripe_id}:accept"
    )
    return _finish(dispute, view, "payments.dispute.accept", by=by, at=at)


def save_draft(*, dispute_id: int, answer: Mapping[str, object], by: str, at: datetime) -> Dispute:
    """Keep the words of an answer without sending them; raises as `submit_answer`."""
    texts = rules.check_answer(answer)
    with transaction.atomic():
        dispute = lock_one(Dispute.objects.filter(pk=dispute_id), what="dispute")
        _require_unanswered(dispute)
        if dispute.answering_at is not None and dispute.answering_at > at - _ON_ITS_WAY:
            raise Conflict("answer_in_progress", "An answer is on its way to Stripe right now.")
        Dispute.objects.filter(pk=dispute.pk).update(answer=texts)
        dispute.answer = texts
        _record(dispute, "payments.dispute.draft", by=by, at=at)
    return dispute


def remind_of_disputes(*, at: datetime) -> int:
    """Alert the shop of disputes that wait for an answer, once at each step towards their date.

    Seven, three and one days before, twelve hours before, and when it is over. Of steps that were
    slept through only the latest is told. Returns how many alerts were raised.
    """
    told = 0
    for dispute in due_disputes(until=at + rules.REMIND_BEFORE[0], limit=_BATCH):
        told += _remind(dispute, at=at)
    return told


def write_off(*, order_id: int, at: datetime) -> None:
    """Take back the points that a sale earned whose payment was lost to a dispute.

    Asked again it changes nothing, and nothing was lost: nothing happens.
    """
    lost = lost_total(order_id)
    dispute = Dispute.objects.filter(order_id=order_id, status=DisputeStatus.LOST).first()
    if dispute is None:
        return
    order = dispute.order
    goods, total = goods_of(order), order.total
    gone = order.credited_total + lost
    if total > 0 and gone < total:
        share = money.round_money(goods * lost / total, order.currency)
        goods = min(goods, credited_goods(order) + share)
    loyalty.take_back(reference=order.hold_reference, amount=goods, at=at)


def _get(dispute_id: int) -> Dispute:
    dispute = Dispute.objects.select_related("payment", "order").filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("dispute_not_found", "There is no such dispute.")
    return dispute


def _claim(dispute_id: int, texts: Mapping[str, str], *, by: str, at: datetime) -> Dispute:
    """Keep the words and the key under which they go out; of two different answers one goes."""
    with transaction.atomic():
        dispute = lock_one(Dispute.objects.filter(pk=dispute_id), what="dispute")
        _require_unanswered(dispute)
        if dispute.due_by is not None and dispute.due_by <= at:
            raise Conflict("dispute_past_due", "It is too late: the bank takes no answer any more.")
        key = _key_of(dispute, texts)
        free = Q(answering_at=None) | Q(answering_at__lte=at - _ON_ITS_WAY) | Q(answer_key=key)
        claimed = Dispute.objects.filter(free, pk=dispute.pk).update(
            answer=texts, answer_key=key, answering_at=at, submitted_by=by
        )
        if not claimed:
            raise Conflict("answer_in_progress", "Another answer is on its way to Stripe just now.")
    return _get(dispute_id)


def _key_of(dispute: Dispute, texts: Mapping[str, str]) -> str:
    words = json.dumps(texts, sort_keys=True).encode()
    return f"{dispute.stripe_id}:answer:{hashlib.sha256(words).hexdigest()[:32]}"[-100:]


def _require_unanswered(dispute: Dispute) -> None:
    if dispute.submitted_at is not None:
        raise Conflict("already_answered", "This dispute was answered already. Once is all.")
    if dispute.status not in OPEN_DISPUTES:
        raise _OVER
    if dispute.status not in UNANSWERED_DISPUTES:
        raise Conflict("already_answered", "The bank is looking at the answer already.")


def _let_go(dispute: Dispute) -> None:
    mine = Dispute.objects.filter(pk=dispute.pk, answer_key=dispute.answer_key, submitted_at=None)
    mine.update(answering_at=None, submitted_by="")


def _finish(dispute: Dispute, view: DisputeView, action: str, *, by: str, at: datetime) -> Dispute:
    """Write down what Stripe answered; its webhook may have been here before."""
    with transaction.atomic():
        after = apply_view(view, dispute.payment, at=at)
        _record(after, action, by=by, at=at, status=[dispute.status, after.status])
    return after


def _record(
    dispute: Dispute, action: str, *, by: str, at: datetime, status: list[str] | None = None
) -> None:
    audit.record(
        actor=by,
        action=action,
        object_type="payments.dispute",
        object_id=dispute.pk,
        changes={"status": status} if status else None,
        at=at,
    )


def _remind(dispute: Dispute, *, at: datetime) -> bool:
    if dispute.due_by is None:
        return False
    steps = rules.reminders_due(dispute.due_by, at=at)
    with transaction.atomic():
        waits = Dispute.objects.filter(pk=dispute.pk, reminders__lt=steps)
        if not waits.filter(status__in=UNANSWERED_DISPUTES).update(reminders=steps):
            return False
        words, _ = rules.time_left(dispute.due_by, at=at)
        ledger.ask_for_attention(
            f"dispute:{dispute.stripe_id}:due:{steps}"[:90],
            f"Order {dispute.order.number}: the dispute over {dispute.amount} {dispute.currency}"
            f" has no answer yet, {words}. See Disputes in the console.",
            at=at,
        )
    return True
