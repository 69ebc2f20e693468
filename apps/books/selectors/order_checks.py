"""Differences between payments, refunds, disputes, documents and the orders they belong to.

``cut`` is the moment up to which everything had time to be settled; what is younger is left out.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from apps.books.rules.differences import DifferenceKind, Finding
from apps.books.selectors.money_facts import NOT_TAKEN
from apps.orders.models import Order, OrderEdit, OrderTransition, SaleCredit, Tender
from apps.orders.states import OrderStatus, TenderKind
from apps.payments.models import Dispute, DisputeMove, Payment, Refund, RefundRequest
from apps.payments.states import DisputeStatus, RefundReason, RefundStatus
from apps.receipts.models import Document
from apps.receipts.states import DocumentKind

_K = DifferenceKind
_ZERO = Decimal("0.00")
_MONEY: "DecimalField[Any, Any]" = DecimalField(max_digits=14, decimal_places=2)
# A bank may take its time, but after a day somebody should look.
STUCK_AFTER = timedelta(hours=24)
_SOLD = (
    OrderStatus.PAID,
    OrderStatus.IN_PRODUCTION,
    OrderStatus.READY,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.COLLECTED,
    OrderStatus.NO_SHOW,
)
_ENDED = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
_NEVER_COUNTED = (
    RefundReason.LATE_PAYMENT,
    RefundReason.MISMATCH,
    RefundReason.SECOND_PAYMENT,
)
_DROPPED = (RefundStatus.REJECTED, RefundStatus.WITHDRAWN)
_MONEY_GONE = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW, DisputeStatus.LOST)


def order_findings(cut: datetime) -> Iterator[Finding]:
    """Yield every difference between orders and the money and documents that belong to them."""
    checks: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
        _not_taken,
        _without_payment,
        _unpaid,
        _sums,
        _unresolved,
        _unasked,
        _not_asked,
        _stuck,
        _disputes,
        _documents,
    )
    for check in checks:
        yield from check(cut)


def _not_taken(cut: datetime) -> Iterator[Finding]:
    """Payments that count, without the tender of their order."""
    tenders = Tender.objects.filter(
        order_id=OuterRef("order_id"), kind=TenderKind.ONLINE, ref=OuterRef("payment_intent")
    )
    rows = Payment.objects.exclude(outcome__in=NOT_TAKEN).filter(recorded_at__lte=cut)
    rows = rows.annotate(taken=Subquery(tenders.values("amount")[:1])).select_related("order")
    for row in rows.filter(Q(taken=None) | ~Q(taken=F("amount"))):
        yield _about_payment(
            _K.ORDER_NOT_PAID,
            row,
            {"the order took": "nothing" if row.taken is None else row.taken},
        )


def _without_payment(cut: datetime) -> Iterator[Finding]:
    """Tenders from Stripe that no payment was recorded of."""
    payments = Payment.objects.filter(payment_intent=OuterRef("ref"), order_id=OuterRef("order_id"))
    rows = Tender.objects.filter(kind=TenderKind.ONLINE, taken_at__lte=cut).exclude(
        Exists(payments)
    )
    for row in rows.select_related("order"):
        facts = {"order": row.order.number, "tender": row.ref, "payment": "none recorded"}
        yield Finding(
            _K.PAID_WITHOUT_MONEY, f"tender:{row.pk}", row.order_id, row.amount, row.currency, facts
        )


def _unpaid(cut: datetime) -> Iterator[Finding]:
    """Orders that count as paid with something still to be paid, although nobody changed them."""
    rows = Order.objects.filter(status__in=_SOLD, revision=0, paid_at__lte=cut)
    kept = F("gift_card_total") + F("paid_total") - F("refunded_total")
    for row in rows.filter(total__gt=F("credited_total") + kept):
        facts = {
            "order": row.number,
            "status": row.get_status_display(),
            "sale": f"{row.total - row.credited_total}",
            "paid": f"{row.paid_total} and {row.gift_card_total} by gift cards",
        }
        yield Finding(
            _K.PAID_WITHOUT_MONEY, f"order:{row.pk}", row.pk, row.balance, row.currency, facts
        )


def _sums(cut: datetime) -> Iterator[Finding]:
    """Orders whose sums are not those of their tenders and credits."""
    del cut
    rows: QuerySet[Any] = Order.objects.annotate(
        tendered=_sum_of(Tender.objects.all()), credited=_sum_of(SaleCredit.objects.all())
    )
    rows = rows.exclude(paid_total=F("tendered"), credited_total=F("credited"))
    for row in rows:
        facts = {
            "order": row.number,
            "paid": f"{row.paid_total}, tenders {row.tendered}",
            "credited": f"{row.credited_total}, credits {row.credited}",
        }
        off = (row.paid_total - row.tendered) or (row.credited_total - row.credited)
        yield Finding(_K.SUMS_DIFFER, f"order:{row.pk}", row.pk, off, row.currency, facts)


def _unresolved(cut: datetime) -> Iterator[Finding]:
    """Payments that no order took, and that nobody is asked to give back."""
    asked = RefundRequest.objects.filter(payment_id=OuterRef("pk"))
    gone = Refund.objects.filter(payment_id=OuterRef("pk"))
    disputed = Dispute.objects.filter(payment_id=OuterRef("pk"))
    rows = Payment.objects.filter(outcome__in=NOT_TAKEN, recorded_at__lte=cut).select_related(
        "order"
    )
    for row in rows.exclude(Exists(asked)).exclude(Exists(gone)).exclude(Exists(disputed)):
        yield _about_payment(
            _K.PAYMENT_UNRESOLVED, row, {"why not taken": row.get_outcome_display()}
        )


def _unasked(cut: datetime) -> Iterator[Finding]:
    """Refunds that were made in Stripe's dashboard."""
    rows = Refund.objects.filter(request=None, recorded_at__lte=cut).select_related("order")
    for row in rows:
        facts = {
            "order": row.order.number,
            "stripe": f"{row.amount} {row.currency}, {row.stripe_id or row.way}",
            "request": "none",
        }
        yield Finding(
            _K.REFUND_UNASKED, f"refund:{row.pk}", row.order_id, row.amount, row.currency, facts
        )


def _not_asked(cut: datetime) -> Iterator[Finding]:
    """Orders of which more is to go back than was asked for, by whatever request."""
    asked = RefundRequest.objects.exclude(reason__in=_NEVER_COUNTED).exclude(status__in=_DROPPED)
    unasked = Refund.objects.filter(request=None)
    rows: QuerySet[Any] = (
        Order.objects.filter(refunded_total__gt=0)
        .annotate(asked=_sum_of(asked), unasked=_sum_of(unasked))
        .filter(refunded_total__gt=F("asked") + F("unasked"))
    )
    for row in settled(rows, cut):
        facts = {
            "order": row.number,
            "to go back": str(row.refunded_total),
            "asked for": str(row.asked),
        }
        owed = row.refunded_total - row.asked - row.unasked
        yield Finding(_K.REFUND_NOT_ASKED, f"order:{row.pk}", row.pk, owed, row.currency, facts)


def _stuck(cut: datetime) -> Iterator[Finding]:
    """Refunds that were approved, and have not arrived for a day."""
    since = Coalesce("sent_at", "decided_at", "requested_at")
    open_ones = (RefundStatus.APPROVED, RefundStatus.SENT, RefundStatus.FAILED)
    rows = RefundRequest.objects.filter(status__in=open_ones).annotate(since=since)
    for row in rows.filter(since__lte=cut - STUCK_AFTER).select_related("order"):
        facts = {
            "order": row.order.number,
            "status": row.get_status_display(),
            "since": f"{row.since:%Y-%m-%d %H:%M} UTC",
        }
        if row.failure:
            facts["why"] = row.failure
        yield Finding(
            _K.REFUND_STUCK,
            f"refund-request:{row.pk}",
            row.order_id,
            row.amount,
            row.currency,
            facts,
        )


def _disputes(cut: datetime) -> Iterator[Finding]:
    """Disputes whose money is not where their state says it is."""
    moved = Subquery(
        DisputeMove.objects.filter(dispute_id=OuterRef("pk"))
        .order_by()
        .values("dispute_id")
        .annotate(total=Sum("amount"))
        .values("total")[:1]
    )
    rows = Dispute.objects.annotate(moved=Coalesce(moved, _ZERO, output_field=_MONEY))
    wrong = Q(status__in=_MONEY_GONE, moved__gte=0, opened_at__lte=cut) | (
        Q(status=DisputeStatus.WON, closed_at__lte=cut) & ~Q(moved=0)
    )
    for row in rows.filter(wrong).select_related("order"):
        facts = {
            "order": row.order.number,
            "dispute": row.stripe_id,
            "status": row.get_status_display(),
            "moved": str(row.moved),
        }
        yield Finding(
            _K.DISPUTE_UNBOOKED, f"dispute:{row.pk}", row.order_id, row.amount, row.currency, facts
        )


def _documents(cut: datetime) -> Iterator[Finding]:
    """Orders on which nothing is owed, and whose documents say something else than their sale."""
    signed = Case(
        When(kind=DocumentKind.CREDIT_NOTE, then=-F("total")),
        default=F("total"),
        output_field=_MONEY,
    )
    said = Subquery(
        Document.objects.filter(order_id=OuterRef("pk"))
        .order_by()
        .values("order_id")
        .annotate(said=Sum(signed))
        .values("said")[:1]
    )
    sale = Case(
        When(paid_at=None, then=Value(_ZERO)),
        default=F("total") - F("credited_total"),
        output_field=_MONEY,
    )
    kept = F("gift_card_total") + F("paid_total") - F("refunded_total")
    rows: QuerySet[Any] = Order.objects.annotate(
        said=Coalesce(said, _ZERO, output_field=_MONEY), sale=sale
    )
    # Of an order that ended with a part of it never paid, that part never was sold.
    paid_for = Q(total__lte=F("gift_card_total") + F("paid_total")) | Q(paid_at=None)
    owed_nothing = Q(total=F("credited_total") + kept) & ~Q(status__in=_ENDED)
    rows = rows.filter(Q(status__in=_ENDED) & paid_for | owed_nothing)
    for row in settled(rows.exclude(said=F("sale")), cut):
        facts = {
            "order": row.number,
            "documents": str(row.said),
            "sale": str(row.sale),
        }
        yield Finding(
            _K.DOCUMENT_MISSING,
            f"order:{row.pk}",
            row.pk,
            row.sale - row.said,
            row.currency,
            facts,
        )


def settled(rows: QuerySet[Any], cut: datetime) -> QuerySet[Any]:
    """Leave out orders of which something happened since ``cut``: it may still be on its way."""
    recent = (
        Q(placed_at__gt=cut)
        | Q(paid_at__gt=cut)
        | Exists(RefundRequest.objects.filter(order_id=OuterRef("pk"), requested_at__gt=cut))
        | Exists(RefundRequest.objects.filter(order_id=OuterRef("pk"), decided_at__gt=cut))
        | Exists(Refund.objects.filter(order_id=OuterRef("pk"), recorded_at__gt=cut))
        | Exists(SaleCredit.objects.filter(order_id=OuterRef("pk"), credited_at__gt=cut))
        | Exists(Tender.objects.filter(order_id=OuterRef("pk"), taken_at__gt=cut))
        | Exists(OrderTransition.objects.filter(subject_id=OuterRef("pk"), at__gt=cut))
        | Exists(OrderEdit.objects.filter(order_id=OuterRef("pk"), at__gt=cut))
    )
    return rows.exclude(recent).order_by("pk")


def _sum_of(rows: QuerySet[Any]) -> Coalesce:
    total = Subquery(
        rows.filter(order_id=OuterRef("pk"))
        .order_by()
        .values("order_id")
        .annotate(total=Sum("amount"))
        .values("total")[:1]
    )
    return Coalesce(total, _ZERO, output_field=_MONEY)


def _about_payment(kind: DifferenceKind, row: Payment, facts: dict[str, Any]) -> Finding:
    said = {
        "order": row.order.number,
        "payment": f"{row.amount} {row.currency}, {row.payment_intent}",
    }
    said |= {name: str(value) for name, value in facts.items()}
    return Finding(kind, f"payment:{row.pk}", row.order_id, row.amount, row.currency, said)
