"""Tables for the accountant: entries, taxes by rate, money that came, went back or is disputed.

Rows are read as they are sent, so that a year of them takes no more memory than a day. The last
row has the sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.books.selectors.revenue import revenue
from apps.books.selectors.statements import entry_rows, trial_balance
from apps.orders.models import Tender
from apps.orders.states import TenderKind
from apps.payments.models import DisputeMove, Payment, Refund, RefundReversal
from bakery.kernel import clock

_ZERO = Decimal("0.00")
_CHUNK = 1000
Cells = Sequence[Any]


@dataclass(frozen=True)
class Table:
    """A table to be sent: a short ``name``, its header, and its rows, read when asked for."""

    name: str
    header: Sequence[str]
    rows: Iterator[Cells]


def export_table(kind: str, first: date, last: date) -> Table:
    """Return the table ``kind`` (one of `EXPORTS`) of the shop's days ``first`` to ``last``."""
    header, rows = _EXPORTS[kind]
    return Table(f"{kind}-{first}-{last}", header, rows(first, last))


def _entries(first: date, last: date) -> Iterator[Cells]:
    debit = credit = _ZERO
    for row in entry_rows(first, last):
        above, below = max(row.amount, _ZERO), max(-row.amount, _ZERO)
        debit, credit = debit + above, credit + below
        yield (
            row.booked_on,
            row.journal_id,
            row.source,
            row.order,
            row.text,
            row.code,
            row.account,
            above or "",
            below or "",
            row.currency,
        )
    yield "Sum", "", "", "", "", "", "", debit, credit, ""


def _balances(first: date, last: date) -> Iterator[Cells]:
    sums = [_ZERO] * 4
    for row in trial_balance(first, last, settings.SHOP_CURRENCY):
        amounts = (row.opening, row.debit, row.credit, row.closing)
        sums = [old + new for old, new in zip(sums, amounts, strict=True)]
        yield row.code, row.name, row.kind, *amounts
    yield "Sum", "", "", *sums


def _taxes(first: date, last: date) -> Iterator[Cells]:
    found = revenue(first, last)
    for row in found.taxes:
        yield row.name, f"{row.rate * 100:.3f}", row.base, row.amount, found.currency
    for name, amount in found.kept_taxes.items():
        yield f"{name}, deposits kept", "", "", amount, found.currency
    yield "Sum", "", "", found.tax + sum(found.kept_taxes.values(), _ZERO), found.currency


def _days(first: date, last: date) -> Iterator[Cells]:
    found = revenue(first, last)
    for row in found.days:
        yield row.day, row.receipts, row.credit_notes, row.net, row.tax, row.net + row.tax
    receipts = sum(row.receipts for row in found.days)
    notes = sum(row.credit_notes for row in found.days)
    yield "Sum", receipts, notes, found.net, found.tax, found.total


def _money(first: date, last: date) -> Iterator[Cells]:
    """Yield what came in, below it what went out; fees beside both."""
    amount = fee = _ZERO
    for row in _moves(first, last):
        if row[6] == settings.SHOP_CURRENCY:
            amount, fee = amount + row[4], fee + (row[5] or _ZERO)
        yield row
    yield "Sum", "", "", "", amount, fee, settings.SHOP_CURRENCY, ""


def _moves(first: date, last: date) -> Iterator[tuple[Any, ...]]:
    counter = Tender.objects.exclude(kind=TenderKind.ONLINE)
    for row in _within(counter, "taken_at", first, last):
        number, kind = row.order.number, row.kind
        yield _time(row.taken_at), "payment", kind, number, row.amount, None, row.currency, row.ref
    for row in _within(Payment.objects.all(), "recorded_at", first, last):
        what = (_time(row.recorded_at), "payment", "online", row.order.number)
        yield *what, row.amount, row.fee, row.currency, row.payment_intent
    for row in _within(Refund.objects.all(), "recorded_at", first, last):
        what = (_time(row.recorded_at), "refund", row.way, row.order.number)
        yield *what, -row.amount, None, row.currency, _name(row)
    for row in _within(RefundReversal.objects.all(), "recorded_at", first, last, "refund__order"):
        back = row.refund
        what = (_time(row.recorded_at), "refund came back", back.way, back.order.number)
        yield *what, back.amount, None, back.currency, _name(back)
    for row in _within(DisputeMove.objects.all(), "recorded_at", first, last, "dispute__order"):
        what = (_time(row.recorded_at), "dispute", row.kind, row.dispute.order.number)
        yield *what, row.amount, row.fee, row.currency, row.balance_transaction


def _within(
    rows: QuerySet[Any], column: str, first: date, last: date, order: str = "order"
) -> Iterator[Any]:
    """Yield the rows of a time by their keys, with the order."""
    since = clock.start_of_shop_day(first)
    until = clock.start_of_shop_day(last + timedelta(days=1))
    mine = rows.filter(**{f"{column}__gte": since, f"{column}__lt": until})
    mark = 0
    while found := list(mine.filter(pk__gt=mark).select_related(order).order_by("pk")[:_CHUNK]):
        yield from found
        mark = found[-1].pk


def _time(at: datetime) -> str:
    return f"{at.astimezone(clock.shop_zone()):%Y-%m-%d %H:%M}"


def _name(refund: Refund) -> str:
    return refund.stripe_id or f"refund {refund.pk}"


_EXPORTS: Mapping[str, tuple[Sequence[str], Callable[[date, date], Iterator[Cells]]]] = (
    MappingProxyType(
        {
            "entries": (
                (
                    "Date",
                    "Journal",
                    "Source",
                    "Order",
                    "Text",
                    "Account",
                    "Account name",
                    "Debit",
                    "Credit",
                    "Currency",
                ),
                _entries,
            ),
            "trial-balance": (
                ("Account", "Name", "Kind", "Opening", "Debit", "Credit", "Closing"),
                _balances,
            ),
            "sales-by-day": (
                ("Date", "Receipts", "Credit notes", "Sales without tax", "Tax", "Total"),
                _days,
            ),
            "tax-by-rate": (("Levy", "Rate in %", "Taxable", "Tax", "Currency"), _taxes),
            "money": (
                ("Time", "What", "Way", "Order", "Amount", "Fee", "Currency", "Reference"),
                _money,
            ),
        }
    )
)
EXPORTS = tuple(_EXPORTS)
