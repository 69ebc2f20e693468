"""Balances: of accounts, of orders, of what is owed to customers."""

from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from apps.books.models import Account, Entry
from apps.books.rules import chart
from apps.books.states import AccountKind

_ZERO = Decimal("0.00")


def account_balance(code: str, upto: date | None = None, currency: str | None = None) -> Decimal:
    """Return the balance of an account at the end of the shop's day ``upto``: debit above zero.

    Zero for an account on which nothing was booked yet. Without ``currency``: of all of them
    together, which are one unless a payment came in a wrong one.
    """
    rows = Entry.objects.filter(account__code=code)
    if upto is not None:
        rows = rows.filter(journal__booked_on__lte=upto)
    if currency is not None:
        rows = rows.filter(currency=currency)
    total: Decimal = rows.aggregate(total=Coalesce(Sum("amount"), _ZERO))["total"]
    return total


def order_balances(order_id: int) -> dict[str, Decimal]:
    """Return what is booked on each account for an order, by code; debit above zero."""
    rows = (
        Entry.objects.filter(journal__order_id=order_id)
        .order_by("account__code")
        .values_list("account__code")
        .annotate(total=Sum("amount"))
    )
    return dict(rows)


def prepayments_of(order_id: int) -> Decimal:
    """Return what a customer paid for an order and has not bought yet: above zero is owed."""
    return -order_balances(order_id).get(chart.PREPAYMENTS.code, _ZERO)


def liability_totals(upto: date | None = None) -> dict[str, Decimal]:
    """Return what the shop owes on each account of liabilities, by code; above zero is owed."""
    booked = Q(entries__journal__booked_on__lte=upto) if upto else Q()
    rows = (
        Account.objects.filter(kind=AccountKind.LIABILITY)
        .order_by("code")
        .values_list("code")
        .annotate(total=Coalesce(Sum("entries__amount", filter=booked), _ZERO))
    )
    return {code: -total for code, total in rows}
