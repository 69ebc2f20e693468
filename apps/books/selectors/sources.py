"""Where postings come from: the rows of other rooms, each booked once under its own name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import CharField, Exists, F, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from apps.books.models import Journal, PointsValue
from apps.books.rules import posting
from apps.books.rules.posting import Posting
from apps.books.selectors import bank_facts, money_facts, sale_facts
from apps.loyalty.models import GiftCardMove, PointsMove
from apps.orders.models import Order, Tender
from apps.payments.models import DisputeMove, Payment, Refund, RefundRequest, RefundReversal
from apps.payments.states import DisputeStatus, RefundReason, RefundStatus, RefundWay
from apps.receipts.models import Document

Row = Mapping[str, Any]
_CHUNK = 200
# How many of the newest rows of a table the frequent sweep looks at.
RECENT = 2000
# Of these no sale was ever made, so that what is kept of them is no part of one.
_NO_SALE = (
    RefundReason.LATE_PAYMENT,
    RefundReason.MISMATCH,
    RefundReason.SECOND_PAYMENT,
    RefundReason.ORDER_EXPIRED,
    # The sale was lowered by the change itself.
    RefundReason.ORDER_EDITED,
)
_ZERO_DELTA = Q(delta=F("delta_debt"))


@dataclass(frozen=True)
class Source:
    """A table whose rows are booked as ``kind:key``; ``order_path`` leads to the order's key.

    ``rows`` are those that may need a posting, ``facts`` reads what is needed of some of them.
    """

    kind: str
    rows: Callable[[], QuerySet[Any]]
    facts: Callable[[QuerySet[Any]], Iterable[Any]]
    post: Callable[[Any], Posting | None]
    order_path: str = "order_id"


def _unsold() -> QuerySet[RefundRequest]:
    """Return requests for money for which nothing stands sold, so that it can only be kept."""
    never_sold = Q(reason=RefundReason.ORDER_CANCELLED) & (
        Q(order__paid_at=None) | Q(order__paid_at__gt=F("decided_at"))
    )
    return RefundRequest.objects.filter(Q(reason__in=_NO_SALE) | never_sold)


def taxes_kept(start: datetime | None, end: datetime) -> dict[str, Decimal]:
    """Return the levies in what was kept of deposits from ``start`` until before ``end``; 1 query.

    From the beginning without a start.
    """
    rows = _unsold().exclude(kept_taxes=[], lowered_taxes=[]).filter(decided_at__lt=end)
    rows = rows if start is None else rows.filter(decided_at__gte=start)
    sums: dict[str, Decimal] = {}
    columns = ("status", "kept_taxes", "lowered_taxes")
    for status, kept, lowered in rows.values_list(*columns):
        for levy in [*lowered, *(kept if status == RefundStatus.REJECTED else [])]:
            sums[levy["name"]] = sums.get(levy["name"], Decimal(0)) + Decimal(levy["amount"])
    return sums


_ALL = (
    Source("tender", Tender.objects.all, money_facts.tenders, posting.post_tender),
    Source(
        "payment",
        lambda: Payment.objects.filter(outcome__in=money_facts.NOT_TAKEN),
        money_facts.payments,
        posting.post_payment,
    ),
    Source(
        "payment-fee",
        lambda: Payment.objects.exclude(fee=None).exclude(fee=0),
        money_facts.payments,
        posting.post_fee,
    ),
    Source("document", Document.objects.all, sale_facts.documents, posting.post_document),
    Source(
        "refund",
        lambda: Refund.objects.exclude(way=RefundWay.GIFT_CARD),
        money_facts.refunds,
        posting.post_refund,
    ),
    Source(
        "refund-reversal",
        lambda: RefundReversal.objects.exclude(refund__way=RefundWay.GIFT_CARD),
        money_facts.reversals,
        posting.post_reversal,
        "refund__order_id",
    ),
    Source(
        "dispute-move",
        DisputeMove.objects.all,
        money_facts.dispute_moves,
        posting.post_dispute_move,
        "dispute__order_id",
    ),
    Source(
        "dispute-loss",
        lambda: DisputeMove.objects.filter(dispute__status=DisputeStatus.LOST),
        money_facts.dispute_moves,
        posting.post_dispute_loss,
        "dispute__order_id",
    ),
    Source(
        "kept",
        lambda: _unsold().filter(status=RefundStatus.REJECTED),
        money_facts.kept,
        posting.post_kept,
    ),
    Source(
        "kept-part",
        lambda: _unsold().filter(lowered_by__gt=0),
        money_facts.kept,
        posting.post_kept_part,
    ),
    Source(
        "gift-card-move",
        GiftCardMove.objects.all,
        bank_facts.card_moves,
        posting.post_card_move,
        "use__reference",
    ),
    Source(
        "points-move",
        lambda: PointsMove.objects.exclude(_ZERO_DELTA),
        bank_facts.points_moves,
        posting.post_points_move,
        "use__reference",
    ),
    Source(
        "points-value",
        lambda: PointsValue.objects.filter(pk__gt=_first_value()),
        bank_facts.points_values,
        posting.post_points_value,
        "",
    ),
)
SOURCES: Mapping[str, Source] = MappingProxyType({source.kind: source for source in _ALL})


def postings_of_order(order_id: int, kinds: Sequence[str]) -> list[Posting]:
    """Return what of an order is not booked yet, of these kinds; 1 to 4 queries for each."""
    order = Order.objects.filter(pk=order_id).only("public_id").first()
    found: list[Posting] = []
    if order is None:
        return found
    for kind in kinds:
        source = SOURCES[kind]
        if source.order_path:
            by_use = source.order_path.endswith("reference")
            value: Any = order.hold_reference if by_use else order_id
            rows = source.rows().filter(**{source.order_path: value})
            found += _posted(source, unposted(source, rows))
    return found


def missing_postings(kind: str, *, whole: bool) -> Iterator[list[Posting]]:
    """Return postings of rows that are not booked yet in batches, the oldest first.

    Not ``whole``: of the newest rows only, which costs the same however long the shop exists.
    """
    source = SOURCES[kind]
    last = 0 if whole else _newest(source) - RECENT
    while keys := list(
        unposted(source, source.rows().filter(pk__gt=last))
        .order_by("pk")
        .values_list("pk", flat=True)[:_CHUNK]
    ):
        last = keys[-1]
        yield _posted(source, source.rows().filter(pk__in=keys).order_by("pk"))


def all_postings(kind: str) -> Iterator[Posting]:
    """Return the postings of every row, booked or not, in the order of their keys."""
    source = SOURCES[kind]
    last = 0
    while keys := list(
        source.rows().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_CHUNK]
    ):
        last = keys[-1]
        yield from _posted(source, source.rows().filter(pk__in=keys).order_by("pk"))


def known_sources(names: Sequence[str]) -> set[str]:
    """Return those of the names of journals whose rows are there and call for a posting."""
    keys: dict[str, list[int]] = {}
    for name in names:
        kind, _, key = name.partition(":")
        if kind in SOURCES and key.isascii() and key.isdecimal() and len(key) < 19:
            keys.setdefault(kind, []).append(int(key))
    return {
        posting.source
        for kind, ids in keys.items()
        for posting in _posted(SOURCES[kind], SOURCES[kind].rows().filter(pk__in=ids))
    }


def unposted(source: Source, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of ``rows`` that no journal is named after."""
    name = Concat(Value(f"{source.kind}:"), Cast(OuterRef("pk"), CharField()))
    return rows.filter(~Exists(Journal.objects.filter(source=name)))


def _posted(source: Source, rows: QuerySet[Any]) -> list[Posting]:
    return [found for fact in source.facts(rows) if (found := source.post(fact)) is not None]


def _newest(source: Source) -> int:
    key = source.rows().model._default_manager.aggregate(newest=Max("pk"))["newest"]
    return int(key or 0)


def _first_value() -> int:
    """Return the key of the first value of points, which replaced none."""
    return PointsValue.objects.order_by("pk").values_list("pk", flat=True).first() or 0
