"""What was sold, taxed, taken and given back in a time, from the rows themselves.

Nothing is read from the ledger here: that both say the same to the cent is `ledger_sides`.
Days are the shop's. A sale counts on the day of its receipt, and what was taken back of it on the
day of its credit note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet, Sum

from apps.books.models import Entry
from apps.books.rules import chart
from apps.books.selectors.sources import taxes_kept
from apps.loyalty.models import GiftCardMove
from apps.loyalty.states import CardMoveKind
from apps.orders.models import Tender
from apps.payments.models import DisputeMove, Payment, Refund, RefundReversal
from bakery.kernel import clock

_ZERO = Decimal("0.00")
_DOCUMENTS = """
SELECT issued_on, kind, count(*), sum(subtotal), sum(tax_total), sum(total)
FROM receipts_document
WHERE issued_on BETWEEN %(first)s AND %(last)s AND currency = %(currency)s
GROUP BY issued_on, kind ORDER BY issued_on
"""
_ROWS = """
SELECT d.kind, r.value->>'kind' = 'delivery',
       sum((r.value->>'net')::numeric - CASE WHEN (d.content->>'prices_include_tax')::boolean
           THEN (r.value->>'tax')::numeric ELSE 0 END),
       sum((r.value->>'discount')::numeric)
FROM receipts_document d, jsonb_array_elements(d.content->'rows') r
WHERE d.issued_on BETWEEN %(first)s AND %(last)s AND d.currency = %(currency)s
GROUP BY 1, 2
"""
_TAXES = """
WITH taxed AS (
    SELECT t.value->>'name' AS name, (t.value->>'rate')::numeric AS rate,
           sum((t.value->>'amount')::numeric * CASE WHEN d.kind = 'receipt' THEN 1 ELSE -1 END)
               AS amount
    FROM receipts_document d, jsonb_array_elements(d.taxes) t
    WHERE d.issued_on BETWEEN %(first)s AND %(last)s AND d.currency = %(currency)s
    GROUP BY 1, 2
), based AS (
    SELECT l.value->>'name' AS name, (l.value->>'rate')::numeric AS rate,
           sum(((r.value->>'net')::numeric - CASE
                WHEN (d.content->>'prices_include_tax')::boolean
                THEN (r.value->>'tax')::numeric ELSE 0 END)
               * CASE WHEN d.kind = 'receipt' THEN 1 ELSE -1 END) AS base
    FROM receipts_document d, jsonb_array_elements(d.content->'rows') r,
         jsonb_array_elements(d.content->'codes') c, jsonb_array_elements(c.value->'levies') l
    WHERE d.issued_on BETWEEN %(first)s AND %(last)s AND d.currency = %(currency)s
      AND c.value->>'code' = r.value->>'code'
    GROUP BY 1, 2
)
SELECT coalesce(t.name, b.name), coalesce(t.rate, b.rate), coalesce(b.base, 0),
       coalesce(t.amount, 0)
FROM taxed t FULL JOIN based b ON b.name = t.name AND b.rate = t.rate ORDER BY 1, 2
"""
RECEIPT, CREDIT_NOTE = "receipt", "credit_note"


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What was charged of a levy at a ``rate`` (a fraction) on ``base``, less credit notes."""

    name: str
    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DayRow:
    """What was sold without tax on a day, less what was taken back on it."""

    day: date
    receipts: int
    credit_notes: int
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, kw_only=True)
class Revenue:
    """A time in figures, in ``currency``, of which all but the last two groups are without tax.

    gross - discounts - returned = net = goods + delivery; net + tax = total. ``discounts`` are as
    prices are written. ``taken`` is by kind of tender, ``unassigned`` came for no order,
    ``refunds`` is by way, ``reversed`` came back of them. ``fees`` are Stripe's. ``kept_taxes`` are
    owed by levy beside ``tax``, of deposits that were kept.
    """

    first: date
    last: date
    currency: str
    gross: Decimal
    discounts: Decimal
    returned: Decimal
    net: Decimal
    goods: Decimal
    delivery: Decimal
    tax: Decimal
    total: Decimal
    taxes: tuple[TaxRow, ...]
    kept_taxes: Mapping[str, Decimal]
    days: tuple[DayRow, ...]
    taken: Mapping[str, Decimal]
    unassigned: Decimal
    refunds: Mapping[str, Decimal]
    reversed: Decimal
    gift_cards_issued: Decimal
    store_credit_granted: Decimal
    gift_cards_used: Decimal
    fees: Decimal
    dispute_fees: Decimal
    disputed: Decimal


def revenue(first: date, last: date) -> Revenue:
    """Return what the shop's days ``first`` to ``last`` came to; 12 queries, however many sales."""
    currency = settings.SHOP_CURRENCY
    given = {"first": first, "last": last, "currency": currency}
    days, sums = _days(given)
    parts = {(kind, is_delivery): rest for kind, is_delivery, *rest in _ask(_ROWS, given)}
    discounts = sum((row[1] for (kind, _), row in parts.items() if kind == RECEIPT), _ZERO)
    delivery = parts.get((RECEIPT, True), (_ZERO,))[0] - parts.get((CREDIT_NOTE, True), (_ZERO,))[0]
    net = sums[RECEIPT][0] - sums[CREDIT_NOTE][0]
    tax = sums[RECEIPT][1] - sums[CREDIT_NOTE][1]
    return Revenue(
        first=first,
        last=last,
        currency=currency,
        gross=sums[RECEIPT][0] + discounts,
        discounts=discounts,
        returned=sums[CREDIT_NOTE][0],
        net=net,
        goods=net - delivery,
        delivery=delivery,
        tax=tax,
        total=net + tax,
        taxes=tuple(TaxRow(*row) for row in _ask(_TAXES, given)),
        kept_taxes=taxes_kept(
            clock.start_of_shop_day(first), clock.start_of_shop_day(last + timedelta(days=1))
        ),
        days=days,
        **_money(first, last, currency),
    )


def ledger_sides(found: Revenue) -> dict[str, tuple[Decimal, Decimal]]:
    """Return what `revenue` and the ledger say of the same, by what it is; 1 query.

    Equal to the cent once everything is booked.
    """
    booked = movements(found.first, found.last, found.currency)

    def of(account: chart.AccountSpec) -> Decimal:
        return booked.get(account.code, _ZERO)

    sides = {
        "Goods sold": (found.goods, -of(chart.SALES)),
        "Delivery": (found.delivery, -of(chart.DELIVERY)),
        "Stripe's fees": (found.fees, of(chart.STRIPE_FEES)),
        "Dispute fees": (found.dispute_fees, of(chart.DISPUTE_FEES)),
        "Store credit granted": (found.store_credit_granted, of(chart.CREDIT_GRANTED)),
        "Gift cards issued": (found.gift_cards_issued, of(chart.GIFT_CARDS_TO_MATCH)),
    }
    levies: dict[str, Decimal] = {}
    for row in found.taxes:
        levies[row.name] = levies.get(row.name, _ZERO) + row.amount
    for name, amount in found.kept_taxes.items():
        levies[name] = levies.get(name, _ZERO) + amount
    for name, amount in levies.items():
        sides[name] = (amount, -of(chart.tax_account(name)))
    sides["All taxes"] = (
        found.tax + sum(found.kept_taxes.values(), _ZERO),
        -sum((total for code, total in booked.items() if code.startswith(chart.TAX_PREFIX)), _ZERO),
    )
    return sides


def movements(first: date, last: date, currency: str) -> dict[str, Decimal]:
    """Return what was booked on each account from ``first`` to ``last``, by code."""
    rows = (
        Entry.objects.filter(
            journal__booked_on__gte=first, journal__booked_on__lte=last, currency=currency
        )
        .order_by("account__code")
        .values_list("account__code")
        .annotate(total=Sum("amount"))
    )
    return dict(rows)


def _days(given: dict[str, Any]) -> tuple[tuple[DayRow, ...], dict[str, list[Decimal]]]:
    sums: dict[str, list[Decimal]] = {RECEIPT: [_ZERO] * 3, CREDIT_NOTE: [_ZERO] * 3}
    found: dict[date, dict[str, Any]] = {}
    for day, kind, count, *amounts in _ask(_DOCUMENTS, given):
        sums[kind] = [old + new for old, new in zip(sums[kind], amounts, strict=True)]
        found.setdefault(day, {})[kind] = (count, *amounts)
    nothing = (0, _ZERO, _ZERO, _ZERO)
    rows = []
    for back in range((given["last"] - given["first"]).days + 1):
        day = given["first"] + timedelta(days=back)
        sold = found.get(day, {}).get(RECEIPT, nothing)
        returned = found.get(day, {}).get(CREDIT_NOTE, nothing)
        rows.append(DayRow(day, sold[0], returned[0], sold[1] - returned[1], sold[2] - returned[2]))
    return tuple(rows), sums


def _money(first: date, last: date, currency: str) -> dict[str, Any]:
    """Return the groups of money that came, went and was given beside sales."""

    def within(rows: QuerySet[Any], column: str) -> QuerySet[Any]:
        since, until = clock.start_of_shop_day(first), clock.start_of_shop_day(_after(last))
        return rows.filter(**{f"{column}__gte": since, f"{column}__lt": until})

    tenders = within(Tender.objects.filter(currency=currency), "taken_at")
    payments = within(Payment.objects.filter(currency=currency), "recorded_at")
    stray = Q(outcome__in=("mismatch", "unfulfillable", "second_payment"))
    captured = payments.aggregate(fees=Sum("fee"), stray=Sum("amount", filter=stray))
    refunds = within(Refund.objects.filter(currency=currency), "recorded_at")
    back = within(RefundReversal.objects.filter(refund__currency=currency), "recorded_at")
    cards = within(GiftCardMove.objects.filter(card__currency=currency), "at").aggregate(
        issued=Sum("delta", filter=Q(kind=CardMoveKind.ISSUE, card__user=None)),
        granted=Sum("delta", filter=Q(kind=CardMoveKind.ISSUE) & ~Q(card__user=None)),
        used=Sum("delta", filter=~Q(kind=CardMoveKind.ISSUE)),
    )
    disputes = within(DisputeMove.objects.filter(currency=currency), "recorded_at").aggregate(
        amount=Sum("amount"), fees=Sum("fee")
    )
    return {
        "taken": _by(tenders, "kind"),
        "unassigned": captured["stray"] or _ZERO,
        "refunds": _by(refunds, "way"),
        "reversed": back.aggregate(total=Sum("refund__amount"))["total"] or _ZERO,
        "gift_cards_issued": _cents(cards["issued"]),
        "store_credit_granted": _cents(cards["granted"]),
        "gift_cards_used": -_cents(cards["used"]),
        "fees": captured["fees"] or _ZERO,
        "dispute_fees": disputes["fees"] or _ZERO,
        "disputed": -(disputes["amount"] or _ZERO),
    }


def _by(rows: QuerySet[Any], column: str) -> dict[str, Decimal]:
    return dict(rows.order_by(column).values_list(column).annotate(total=Sum("amount")))


def _cents(amount: Decimal | None) -> Decimal:
    return (amount or _ZERO).quantize(_ZERO)


def _after(day: date) -> date:
    return day + timedelta(days=1)


def _ask(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
