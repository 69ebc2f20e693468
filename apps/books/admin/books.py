"""The books in the console: what was sold, the accounts, the journals, and files of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from apps.books import services
from apps.books.models import Journal
from apps.books.rules.periods import (
    CUSTOM,
    MONTH,
    PERIODS,
    Period,
    custom_period,
    named_period,
)
from apps.books.selectors import statements
from apps.books.selectors.balances import account_balance
from apps.books.selectors.exports import EXPORTS
from apps.books.selectors.revenue import DayRow, Revenue, ledger_sides, revenue
from bakery.edge.access import recent_second_factor
from bakery.edge.bars import BarPlot, bar_plot
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.edge.spreadsheets import csv_stream
from bakery.kernel import clock, money
from bakery.kernel.errors import Invalid

EXPORT = "books.export_books"
_PER_PAGE = 50
_MOST_BARS = 62
_DAY_INPUT = {"type": "date", "min": "2000-01-01", "max": "2100-12-31"}
_EXPORT_NAMES = {
    "entries": "All entries, in the order of the books",
    "trial-balance": "Trial balance",
    "sales-by-day": "Sales by day",
    "tax-by-rate": "Tax by levy and rate",
    "money": "Payments, refunds and disputes",
}


class PeriodForm(forms.Form):
    """Which days."""

    period = forms.ChoiceField(choices=PERIODS, required=False)
    first = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs=_DAY_INPUT, format="%Y-%m-%d")
    )
    last = forms.DateField(
        required=False, label="to", widget=forms.DateInput(attrs=_DAY_INPUT, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """Work out the days."""
        data: dict[str, Any] = super().clean() or {}
        name = data.get("period") or (CUSTOM if data.get("first") else MONTH)
        data["days"] = named_period(name, clock.shop_date(clock.now()))
        if name == CUSTOM and not self.errors:
            first, last = data.get("first"), data.get("last")
            if first is None or last is None:
                raise forms.ValidationError("Name the first and the last day.")
            try:
                data["days"] = custom_period(first, last)
            except Invalid as error:
                raise forms.ValidationError(error.message) from error
        return data


@dataclass(frozen=True)
class Asked:
    """What a page is about, and the form that says so."""

    form: PeriodForm
    period: Period

    @property
    def query(self) -> str:
        """Return the same days as a query string."""
        return f"period={CUSTOM}&first={self.period.first}&last={self.period.last}"


def asked(request: HttpRequest) -> Asked:
    """Return the days that a request names; this month for nonsense, with the form's errors."""
    form = PeriodForm(request.GET)
    if form.is_valid():
        return Asked(form, form.cleaned_data["days"])
    return Asked(form, named_period(MONTH, clock.shop_date(clock.now())))


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    """What was sold, the accounts and the journals; nothing can be changed here."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        pages = (
            ("journals/", self.journals, "books_journal_journals"),
            ("trial-balance/", self.trial, "books_journal_trial"),
            ("account/<str:code>/", self.account, "books_journal_account"),
            ("export/", self.export, "books_journal_export"),
            ("of-order/<int:order_id>/", self.of_order, "books_journal_of_order"),
        )
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=name)
                for route, view, name in pages
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what a time came to."""
        self._require_view(request)
        about = asked(request)
        found = revenue(about.period.first, about.period.last)
        context = {
            "figures": _figures(found),
            "groups": _groups(found),
            "taxes": [
                *(
                    (
                        f"{row.name} {(row.rate * 100).normalize():f}%",
                        _show(row.base),
                        _show(row.amount),
                    )
                    for row in found.taxes
                ),
                *(
                    (f"{name} in deposits kept", "", _show(amount))
                    for name, amount in found.kept_taxes.items()
                ),
            ],
            "days": [
                (row.day, row.receipts, row.credit_notes, _show(row.net), _show(row.tax))
                for row in reversed(found.days)
                if row.receipts or row.credit_notes
            ],
            "plot": _plot(found.days),
            "off": [
                (name, _show(ours), _show(booked))
                for name, (ours, booked) in ledger_sides(found).items()
                if ours != booked
            ],
        }
        return self._page(request, about, "books", "Books", context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one journal, found by its name in the list of journals."""
        self._require_view(request)
        known = object_id.isascii() and object_id.isdecimal() and len(object_id) < 19
        journal = Journal.objects.filter(pk=object_id).first() if known else None
        if journal is None:
            raise Http404
        return HttpResponseRedirect(f"{reverse('admin:books_journal_journals')}?q={journal.source}")

    def journals(self, request: HttpRequest) -> HttpResponse:
        """List journals with their entries, of a time or of an order."""
        self._require_view(request)
        about, search = asked(request), request.GET.get("q", "").strip()[:120]
        rows = statements.journals(about.period.first, about.period.last, search)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "search": search,
            "rows": [
                (
                    journal,
                    [
                        (entry, *_sides(entry.amount, entry.currency))
                        for entry in journal.entries.all()
                    ],
                )
                for journal in page
            ],
        }
        return self._page(request, about, "journals", "Journals", context)

    def of_order(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Lead from an order to its journals."""
        self._require_view(request)
        number = statements.order_number(order_id)
        if number is None:
            raise Http404
        return HttpResponseRedirect(f"{reverse('admin:books_journal_journals')}?q={number}")

    def trial(self, request: HttpRequest) -> HttpResponse:
        """Show what every account had, got and has."""
        self._require_view(request)
        about = asked(request)
        rows = statements.trial_balance(
            about.period.first, about.period.last, settings.SHOP_CURRENCY
        )
        columns = ("opening", "debit", "credit", "closing")
        sums = [sum((getattr(row, name) for row in rows), Decimal(0)) for name in columns]
        context = {
            "rows": [
                (row, [_show(getattr(row, name)) if getattr(row, name) else "" for name in columns])
                for row in rows
            ],
            "sums": [_show(amount) for amount in sums],
        }
        return self._page(request, about, "trial_balance", "Trial balance", context)

    def account(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show an account's entries with what was on it after each."""
        self._require_view(request)
        account = statements.account_by_code(code)
        if account is None:
            raise Http404
        about, currency = asked(request), settings.SHOP_CURRENCY
        eve = date.fromordinal(about.period.first.toordinal() - 1)
        opening = account_balance(code, upto=eve, currency=currency)
        rows = statements.statement(account, about.period.first, about.period.last, currency)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "account": account,
            "opening": _show(opening),
            "page": page,
            "rows": [
                (entry, *_sides(entry.amount, currency), _show(opening + entry.running))
                for entry in page
            ],
        }
        return self._page(request, about, "account", f"{account.code} {account.name}", context)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Offer the files for the accountant, or send one."""
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        about = asked(request)
        if request.method == "POST" and not about.form.errors:
            return self._send(request, about.period)
        context = {"exports": [(kind, _EXPORT_NAMES[kind]) for kind in EXPORTS]}
        return self._page(request, about, "export", "Files for the accountant", context)

    @recent_second_factor()
    def _send(self, request: HttpRequest, period: Period) -> HttpResponseBase:
        kind = request.POST.get("kind", "")
        if kind not in EXPORTS:
            raise Http404
        table = services.export_books(
            kind=kind, period=period, actor=actor_of(request), at=clock.now()
        )
        return csv_stream(f"{table.name}.csv", table.header, table.rows)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, about: Asked, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": about.form,
            "period": about.period,
            "query": about.query,
            "periods": PERIODS[:-1],
            "may_export": request.user.has_perm(EXPORT),
            "currency": settings.SHOP_CURRENCY,
        }
        status = 400 if about.form.errors else 200
        return render(request, f"admin/books/{name}.html", context, status=status)


def _show(amount: Decimal, currency: str = "") -> str:
    return money.display(amount, currency or settings.SHOP_CURRENCY)


def _sides(amount: Decimal, currency: str) -> tuple[str, str]:
    """Return an amount in the column of debit or of credit."""
    return (_show(amount, currency), "") if amount > 0 else ("", _show(-amount, currency))


def _figures(found: Revenue) -> list[tuple[str, str]]:
    return [
        ("Sales before discounts", _show(found.gross)),
        ("Discounts", _show(-found.discounts)),
        ("Taken back", _show(-found.returned)),
        ("Net sales", _show(found.net)),
        ("of which delivery", _show(found.delivery)),
        ("Tax", _show(found.tax)),
        ("With tax", _show(found.total)),
    ]


def _groups(found: Revenue) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what moved beside sales, in tables of label and amount."""
    taken = {"online": "Online", "cash": "Cash", "terminal": "Card at the counter"}
    ways = {"stripe": "To cards", "by_hand": "At the counter", "gift_card": "To gift cards"}
    came = [(label, found.taken[kind]) for kind, label in taken.items() if kind in found.taken]
    went = [(label, found.refunds[way]) for way, label in ways.items() if way in found.refunds]
    groups: Sequence[tuple[str, list[tuple[str, Decimal]]]] = (
        ("Money taken", [*came, ("For no order", found.unassigned)]),
        ("Given back", [*went, ("Came back again", -found.reversed)]),
        (
            "Gift cards",
            [
                ("Issued", found.gift_cards_issued),
                ("Store credit granted", found.store_credit_granted),
                ("Used, less returned", found.gift_cards_used),
            ],
        ),
        (
            "Costs",
            [
                ("Stripe's fees", found.fees),
                ("Dispute fees", found.dispute_fees),
                ("Held or lost in disputes", found.disputed),
            ],
        ),
    )
    return [
        (title, [(label, _show(amount)) for label, amount in rows if amount] or [("Nothing", "")])
        for title, rows in groups
    ]


def _plot(days: Sequence[DayRow]) -> BarPlot | None:
    """Return net sales by day, or by month when those are too many."""
    if len(days) <= _MOST_BARS:
        return bar_plot(
            [(f"{row.day:%d %b}", row.net, f"{row.day}: {_show(row.net)}") for row in days]
        )
    months: dict[str, Decimal] = {}
    for row in days:
        key = f"{row.day:%b %Y}"
        months[key] = months.get(key, Decimal(0)) + row.net
    return bar_plot([(key, net, f"{key}: {_show(net)}") for key, net in months.items()])
