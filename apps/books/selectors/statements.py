"""Trial balance, statements of accounts, journals: the books as an accountant reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce

from apps.books.models import Account, Entry, Journal
from apps.orders.models import Order

_ZERO = Decimal("0.00")
_CHUNK = 1000
_HIGHEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """An account in a time: before it, what was booked on either side, and after it."""

    code: str
    name: str
    kind: str
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """The balance at the end; debit above zero."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as exports show it."""

    journal_id: int
    booked_on: date
    source: str
    text: str
    order: str
    code: str
    account: str
    amount: Decimal
    currency: str


def trial_balance(first: date, last: date, currency: str) -> list[BalanceRow]:
    """Return all accounts that were ever booked on, with a time's turnover; 1 query.

    The columns sum to nothing: opening, closing, and debit less credit.
    """
    within = Q(entries__journal__booked_on__gte=first, entries__journal__booked_on__lte=last)
    mine = Q(entries__currency=currency)
    rows = (
        Account.objects.order_by("code")
        .values_list("code", "name", "kind")
        .annotate(
            opening=Coalesce(
                Sum("entries__amount", filter=mine & Q(entries__journal__booked_on__lt=first)),
                _ZERO,
            ),
            debit=Coalesce(
                Sum("entries__amount", filter=mine & within & Q(entries__amount__gt=0)), _ZERO
            ),
            credit=Coalesce(
                -Sum("entries__amount", filter=mine & within & Q(entries__amount__lt=0)), _ZERO
            ),
        )
    )
    return [BalanceRow(*row) for row in rows]


def account_by_code(code: str) -> Account | None:
    """Return an account, None for one on which nothing was booked yet."""
    return Account.objects.filter(code=code).first()


def statement(account: Account, first: date, last: date, currency: str) -> QuerySet[Any]:
    """Return the entries of an account in a time, oldest first, each with its ``running`` sum.

    The sum begins at nothing: add the balance before ``first``.
    """
    return (
        Entry.objects.filter(
            account=account,
            currency=currency,
            journal__booked_on__gte=first,
            journal__booked_on__lte=last,
        )
        .select_related("journal", "journal__order")
        .annotate(
            running=Window(
                Sum("amount"),
                order_by=[F("journal__booked_on").asc(), F("journal_id").asc(), F("id").asc()],
            )
        )
        .order_by("journal__booked_on", "journal_id", "id")
    )


def journals(first: date, last: date, search: str = "") -> QuerySet[Journal]:
    """Return journals with their entries, newest first.

    With ``search``: those of the order of this number, or from the row of this name, whenever
    they were booked.
    """
    rows = Journal.objects.order_by("-booked_on", "-id").prefetch_related(
        Prefetch("entries", Entry.objects.order_by("-amount", "id").select_related("account"))
    )
    if search:
        wanted = search.replace("\0", "")
        return rows.filter(Q(order__number__iexact=wanted) | Q(source=wanted)).select_related(
            "order"
        )
    return rows.filter(booked_on__gte=first, booked_on__lte=last).select_related("order")


def order_number(order_id: int) -> str | None:
    """Return the number of an order, None where there is none."""
    if order_id > _HIGHEST_KEY:
        return None
    return Order.objects.filter(pk=order_id).values_list("number", flat=True).first()


def entry_rows(first: date, last: date) -> Iterator[EntryRow]:
    """Yield all entries of a time in the order of the books, a thousand at a query."""
    mark: tuple[date, int] | None = None
    while True:
        rows = Journal.objects.filter(booked_on__gte=first, booked_on__lte=last)
        if mark is not None:
            day, key = mark
            rows = rows.filter(Q(booked_on__gt=day) | Q(booked_on=day, pk__gt=key))
        found = list(
            rows.order_by("booked_on", "pk")
            .select_related("order")
            .prefetch_related(
                Prefetch("entries", Entry.objects.order_by("id").select_related("account"))
            )[:_CHUNK]
        )
        if not found:
            return
        for journal in found:
            yield from _rows_of(journal)
        mark = (found[-1].booked_on, found[-1].pk)


def _rows_of(journal: Journal) -> Iterator[EntryRow]:
    for entry in journal.entries.all():
        yield EntryRow(
            journal.pk,
            journal.booked_on,
            journal.source,
            journal.text,
            journal.order.number if journal.order else "",
            entry.account.code,
            entry.account.name,
            entry.amount,
            entry.currency,
        )
