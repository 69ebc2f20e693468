"""Differences between the books and what they were booked from.

``cut`` is the moment up to which everything had time to be booked; what is younger is left out.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat

from apps.books.models import Entry, Journal, PointsValue
from apps.books.rules import chart
from apps.books.rules.differences import DifferenceKind, Finding
from apps.books.rules.posting import Posting
from apps.books.selectors.money_facts import NOT_TAKEN
from apps.books.selectors.order_checks import settled
from apps.books.selectors.sources import SOURCES, missing_postings, taxes_kept
from apps.loyalty.models import GiftCardMove, PointsMove
from apps.loyalty.selectors import loyalty_differences
from apps.orders.models import Order, SaleCredit
from apps.orders.states import OrderStatus
from apps.payments.models import DisputeMove, Payment, Refund, RefundRequest, RefundReversal
from apps.payments.states import CREDITING, OPEN_REFUNDS, RefundWay
from apps.receipts.models import Document
from apps.receipts.states import DocumentKind

_K = DifferenceKind
_ZERO = Decimal("0.00")
_MONEY: "DecimalField[Any, Any]" = DecimalField(max_digits=14, decimal_places=2)
_CHUNK = 500
_CLOSED = (OrderStatus.COLLECTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED)
# Points are worth fractions of a cent, and each move is rounded by itself.
_ROUNDING = Decimal("0.005")


def ledger_findings(cut: datetime) -> Iterator[Finding]:
    """Yield what is not booked, what is left on closed orders, and accounts that are off."""
    missing = list(_unposted(cut))
    yield from missing
    yield from _prepayments(cut)
    yield from _bank()
    if not missing:
        # While parts are missing their sum tells nothing new.
        yield from _accounts(cut)


def journal_findings(since: datetime, until: datetime) -> Iterator[Finding]:
    """Yield journals of a time that do not say what their sources say, or have none."""
    rows = Journal.objects.filter(happened_at__gte=since, happened_at__lte=until).order_by("pk")
    last = 0
    while journals := list(rows.filter(pk__gt=last)[:_CHUNK]):
        last = journals[-1].pk
        yield from _compare(journals)


def _unposted(cut: datetime) -> Iterator[Finding]:
    for kind in SOURCES:
        for postings in missing_postings(kind, whole=True):
            for posting in postings:
                if posting.at <= cut:
                    facts = {"source": posting.source, "what": posting.text, "books": "nothing"}
                    amount = sum((leg for _, leg in posting.legs if leg > 0), _ZERO)
                    yield Finding(
                        _K.UNPOSTED,
                        posting.source,
                        posting.order_id,
                        amount,
                        posting.currency,
                        facts,
                    )


def _compare(journals: list[Journal]) -> Iterator[Finding]:
    expected = _expected(journals)
    booked: dict[int, dict[str, Decimal]] = defaultdict(dict)
    currencies: dict[int, set[str]] = defaultdict(set)
    entries = Entry.objects.filter(journal__in=journals)
    for key, code, currency, amount in entries.values_list(
        "journal_id", "account__code", "currency", "amount"
    ):
        booked[key][code] = booked[key].get(code, _ZERO) + amount
        currencies[key].add(currency)
    for journal in journals:
        posting = expected.get(journal.source)
        legs = booked[journal.pk]
        if posting is None:
            yield _wrong(_K.SOURCELESS, journal, legs, None)
        elif legs != {spec.code: amount for spec, amount in posting.legs} or currencies[
            journal.pk
        ] != {posting.currency}:
            yield _wrong(_K.MISPOSTED, journal, legs, posting)


def _expected(journals: list[Journal]) -> dict[str, Posting]:
    """Return the postings that the journals' sources call for, by the sources' names."""
    keys: dict[str, list[int]] = defaultdict(list)
    for journal in journals:
        kind, _, key = journal.source.partition(":")
        if kind in SOURCES and key.isascii() and key.isdecimal() and len(key) < 19:
            keys[kind].append(int(key))
    found: dict[str, Posting] = {}
    for kind, ids in keys.items():
        source = SOURCES[kind]
        for fact in source.facts(source.rows().filter(pk__in=ids)):
            posting = source.post(fact)
            if posting is not None:
                found[posting.source] = posting
    return found


def _wrong(
    kind: DifferenceKind, journal: Journal, legs: dict[str, Decimal], posting: Posting | None
) -> Finding:
    facts = {"books": _say(legs), "source": journal.source, "what": journal.text}
    if posting is not None:
        facts["should be"] = _say({spec.code: amount for spec, amount in posting.legs})
    amount = sum((leg for leg in legs.values() if leg > 0), _ZERO)
    return Finding(
        kind,
        journal.source,
        journal.order_id,
        amount,
        posting.currency if posting else settings.SHOP_CURRENCY,
        facts,
        journal.happened_at,
    )


def _say(legs: dict[str, Decimal]) -> str:
    return ", ".join(f"{code} {amount:+}" for code, amount in sorted(legs.items())) or "nothing"


def _prepayments(cut: datetime) -> Iterator[Finding]:
    """Closed orders of which the books hold other money than is about to go back."""
    booked = _totals(Entry.objects.filter(account__code=chart.PREPAYMENTS.code))
    owed = _totals(_about_to_go(), "order_id")
    held = {order_id: -total for order_id, total in booked.items()}
    off = {
        order_id: held.get(order_id, _ZERO) - owed.get(order_id, _ZERO)
        for order_id in {*held, *owed}
        if order_id is not None and held.get(order_id, _ZERO) != owed.get(order_id, _ZERO)
    }
    kept = F("gift_card_total") + F("paid_total") - F("refunded_total")
    closed = Q(status__in=_CLOSED[1:]) | Q(
        status=OrderStatus.COLLECTED, total=F("credited_total") + kept
    )
    sold = _totals(_about_to_lower(), "order_id")
    for row in settled(Order.objects.filter(closed, pk__in=off), cut):
        # A change may have lowered the sale by what the end of its order then asked for.
        unsold = max(sold.get(row.pk, _ZERO) - (row.total - row.credited_total), _ZERO)
        if off[row.pk] == unsold:
            continue
        facts = {
            "order": row.number,
            "books": f"{held.get(row.pk, _ZERO)} held for the customer",
            "about to go back": str(owed.get(row.pk, _ZERO)),
        }
        yield Finding(
            _K.PREPAYMENT_LEFT, f"order:{row.pk}", row.pk, off[row.pk], row.currency, facts
        )


def _about_to_go() -> QuerySet[RefundRequest]:
    """Return open requests whose money is no part of a sale any more and has not gone yet.

    What lowers a sale only when it goes back is sold until then.
    """
    return _open_requests().exclude(_sold_still())


def _about_to_lower() -> QuerySet[RefundRequest]:
    """Return open requests whose money lowers a sale when it goes."""
    return _open_requests().filter(_sold_still())


def _open_requests() -> QuerySet[RefundRequest]:
    gone = Refund.objects.filter(request_id=OuterRef("pk"), reversal=None)
    rows = RefundRequest.objects.filter(status__in=OPEN_REFUNDS).exclude(
        payment__outcome__in=NOT_TAKEN
    )
    return rows.exclude(Exists(gone))


def _sold_still() -> Q:
    name = Concat(Value("refund:"), Cast(OuterRef("public_id"), CharField()))
    lowered = SaleCredit.objects.filter(reference=name)
    return Q(reason__in=CREDITING, order__paid_at__isnull=False) & Q(~Exists(lowered))


def _totals(rows: QuerySet[Any], by: str = "journal__order_id") -> dict[int | None, Decimal]:
    """Return sums by order, without those that are nothing."""
    totals = rows.order_by().values_list(by).annotate(total=Sum("amount"))
    return dict(totals.exclude(total=0))


def _bank() -> Iterator[Finding]:
    """Points and gift cards whose balances are not what their own moves say."""
    for row in loyalty_differences():
        facts = {"balance": str(row.stored), "moves": str(row.ledger)}
        yield Finding(
            _K.BALANCE_DIFFERS,
            f"{row.kind}:{row.subject}",
            None,
            Decimal(row.stored) - Decimal(row.ledger),
            "",
            facts,
        )


def _accounts(cut: datetime) -> Iterator[Finding]:
    parts = {
        chart.STRIPE.code: _stripe(cut),
        chart.GIFT_CARDS.code: -_cards(cut, is_credit=False),
        chart.STORE_CREDIT.code: -_cards(cut, is_credit=True),
        chart.TAX_PREFIX: -_tax(cut),
    }
    for code, expected in parts.items():
        rows = Entry.objects.filter(account__code__startswith=code, journal__happened_at__lte=cut)
        yield from _off(code, _sum(rows, "amount"), expected, _ZERO)
    points, moves = _points(cut)
    rows = Entry.objects.filter(account__code=chart.POINTS.code, journal__happened_at__lte=cut)
    yield from _off(chart.POINTS.code, _sum(rows, "amount"), -points, _ROUNDING * moves)


def _off(code: str, booked: Decimal, expected: Decimal, allowed: Decimal) -> Iterator[Finding]:
    if abs(booked - expected) > allowed:
        facts = {"books": str(booked), "its parts": str(expected)}
        yield Finding(
            _K.BALANCE_DIFFERS,
            f"account:{code}",
            None,
            booked - expected,
            settings.SHOP_CURRENCY,
            facts,
        )


def _stripe(cut: datetime) -> Decimal:
    """Return what our own rows say is on the balance at Stripe."""
    until = Q(recorded_at__lte=cut)
    payments = Payment.objects.filter(until)
    refunds = Refund.objects.filter(until, way=RefundWay.STRIPE)
    back = RefundReversal.objects.filter(until, refund__way=RefundWay.STRIPE)
    moves = DisputeMove.objects.filter(until)
    return (
        _sum(payments, "amount")
        - _sum(payments, "fee")
        - _sum(refunds, "amount")
        + _sum(back, "refund__amount")
        + _sum(moves, "amount")
        - _sum(moves, "fee")
    )


def _cards(cut: datetime, *, is_credit: bool) -> Decimal:
    rows = GiftCardMove.objects.filter(at__lte=cut, card__user__isnull=not is_credit)
    return _sum(rows, "delta")


def _tax(cut: datetime) -> Decimal:
    signed = Case(
        When(kind=DocumentKind.CREDIT_NOTE, then=-F("tax_total")),
        default=F("tax_total"),
        output_field=_MONEY,
    )
    rows = Document.objects.filter(issued_at__lte=cut).annotate(signed=signed)
    kept = taxes_kept(None, cut + timedelta(microseconds=1))
    return _sum(rows, "signed") + sum(kept.values(), _ZERO)


def _points(cut: datetime) -> tuple[Decimal, int]:
    """Return what all points that are out are worth, and how many moves made them."""
    worth = PointsValue.objects.order_by("-pk").values_list("value", flat=True).first() or _ZERO
    moves = PointsMove.objects.filter(at__lte=cut)
    total = moves.aggregate(total=Sum(F("delta") - F("delta_debt")))["total"] or 0
    return Decimal(total) * worth, moves.count() + PointsValue.objects.count()


def _sum(rows: QuerySet[Any], column: str) -> Decimal:
    total: Decimal = rows.aggregate(total=Coalesce(Sum(column), _ZERO, output_field=_MONEY))[
        "total"
    ]
    return total
