"""What others may read about disputes and warnings of fraud."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Sum, When

from apps.orders.selectors import Flag, TimelineEntry
from apps.payments.models import Dispute, EvidenceArchive, FraudWarning
from apps.payments.rules.disputes import reason_words
from apps.payments.states import (
    BLOCKING_DISPUTES,
    OPEN_DISPUTES,
    UNANSWERED_DISPUTES,
    DisputeStatus,
)
from bakery.kernel import money
from bakery.kernel.errors import NotFound

_LONGEST_ID = 255


def is_disputed(payment_id: int) -> bool:
    """Tell whether a dispute keeps a payment's money from going back: it is taken, or lost.

    An inquiry took nothing: giving the money back is one way of answering it.
    """
    rows = Dispute.objects.filter(payment_id=payment_id, status__in=BLOCKING_DISPUTES)
    return rows.exists()


def lost_total(order_id: int) -> Decimal:
    """Return what of an order's money was lost to disputes."""
    rows = Dispute.objects.filter(order_id=order_id, status=DisputeStatus.LOST)
    total: Decimal | None = rows.aggregate(sum=Sum("amount"))["sum"]
    return total or Decimal(0)


def console_disputes() -> QuerySet[Dispute]:
    """Return disputes with their order and ``frozen``, whether their evidence is kept."""
    archive = EvidenceArchive.objects.filter(dispute=OuterRef("pk"))
    return Dispute.objects.select_related("order").annotate(frozen=Exists(archive))


def by_date(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """Put what has to be answered first, the most urgent at the top, and then the newest."""
    rank = Case(
        When(status__in=UNANSWERED_DISPUTES, then=0),
        When(status__in=OPEN_DISPUTES, then=1),
        default=2,
        output_field=IntegerField(),
    )
    ranked = rows.annotate(rank=rank)
    return ranked.order_by("rank", F("due_by").asc(nulls_last=True), "-opened_at", "-pk")


def unanswered_count() -> int:
    """Return how many disputes wait for an answer."""
    return Dispute.objects.filter(status__in=UNANSWERED_DISPUTES).count()


def dispute_by_stripe_id(stripe_id: str) -> Dispute:
    """Return one dispute with order and payment; raise `NotFound` ``dispute_not_found``."""
    known = "\x00" not in stripe_id and len(stripe_id) <= _LONGEST_ID
    rows = console_disputes().select_related("order", "payment")
    found = rows.filter(stripe_id=stripe_id).first() if known else None
    if found is None:
        raise NotFound("dispute_not_found", "There is no such dispute.")
    return found


def due_disputes(*, until: datetime, limit: int) -> Sequence[Dispute]:
    """Return disputes without an answer whose date is before ``until``, the most urgent first."""
    rows = Dispute.objects.filter(status__in=UNANSWERED_DISPUTES, due_by__lt=until)
    return list(rows.select_related("order").order_by("due_by", "pk")[:limit])


def tell_disputes(order_id: int) -> list[TimelineEntry]:
    """Return what happened about the disputes of an order, for its timeline; 3 queries at most."""
    rows = Dispute.objects.filter(order_id=order_id).prefetch_related("transitions", "moves")
    entries = [
        TimelineEntry(
            at=warning.recorded_at,
            source="payment",
            title="The bank warns of fraud",
            actor="stripe",
            detail=warning.fraud_type.replace("_", " "),
        )
        for warning in FraudWarning.objects.filter(payment__order_id=order_id)
    ]
    for dispute in rows:
        entries += _told(dispute)
    return entries


def flag_disputes(order_id: int) -> list[Flag]:
    """Return the flags of an order whose payment is disputed, asked about or lost; 1 query."""
    found = set(Dispute.objects.filter(order_id=order_id).values_list("status", flat=True))
    flags = []
    if DisputeStatus.LOST in found:
        flags.append(Flag("Payment lost to a dispute", is_bad=True))
    if found.intersection(BLOCKING_DISPUTES) - {DisputeStatus.LOST}:
        flags.append(Flag("Payment disputed", is_bad=True))
    elif found.intersection(OPEN_DISPUTES):
        flags.append(Flag("The bank asks about the payment"))
    return flags


def _told(dispute: Dispute) -> list[TimelineEntry]:
    def entry(at: datetime, title: str, actor: str, detail: str = "") -> TimelineEntry:
        return TimelineEntry(at=at, source="payment", title=title, actor=actor, detail=detail)

    amount = money.display(dispute.amount, dispute.currency)
    opened = f"Payment disputed: {reason_words(dispute.reason)}"
    entries = [entry(dispute.opened_at, opened, "stripe", f"{amount} {dispute.stripe_id}")]
    for move in dispute.transitions.all():
        lost = move.new == DisputeStatus.LOST
        title = f"Dispute {DisputeStatus(move.new).label}"
        detail = f"{amount} {dispute.stripe_id}"
        entries.append(
            entry(move.at, f"PAYMENT LOST: {title}" if lost else title, move.actor, detail)
        )
    for row in dispute.moves.all():
        detail = f"{money.display(row.amount, row.currency)}, fee {row.fee}"
        entries.append(
            entry(row.recorded_at, f"Disputed money {row.get_kind_display()}", "stripe", detail)
        )
    return entries
