"""The bake sheet in the console, beside the mixers that it fills."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path

from apps.orders import services
from apps.orders.models import Mixer, RecipeMixer
from apps.orders.selectors.bake_sheet import MOST_DAYS, BakeSheet, bake_sheet
from bakery.edge.console import AuditedModelAdmin, actor_of
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError, Invalid

PERMISSION = "orders.plan_bakes"
_COUNT = "count-"


class SheetForm(forms.Form):
    """Which days, how much to spare, and whether shelf goods are baked too."""

    first = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        required=False, label="to", widget=forms.DateInput(attrs={"type": "date"})
    )
    buffer = forms.DecimalField(
        required=False, label="To spare, %", min_value=0, max_value=100, decimal_places=1
    )
    shelf = forms.BooleanField(required=False, label="Bake shelf goods too")
    format = forms.ChoiceField(choices=[("csv", "CSV")], required=False)


class RecipesInMixer(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """The recipes that are made in a mixer."""

    model = RecipeMixer
    extra = 1


@admin.register(Mixer)
class MixerAdmin(AuditedModelAdmin):
    """Mixers: what fits into a bowl decides into how many a mix is split."""

    list_display = ("name", "capacity_kg")
    inlines = (RecipesInMixer,)
    search_fields = ("name",)

    def get_urls(self) -> list[URLPattern]:
        """Add the bake sheet."""
        sheet = self.admin_site.admin_view(self.sheet)
        return [path("bake-sheet/", sheet, name="orders_mixer_bake_sheet"), *super().get_urls()]

    def sheet(self, request: HttpRequest) -> HttpResponse:
        """Show what is to be baked, or write down what was counted."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if request.method == "POST":
            return self._count(request)
        form = SheetForm(request.GET)
        found = _found(form)
        if found is not None and form.cleaned_data.get("format"):
            return _purchases_as_csv(found)
        context = {
            **self.admin_site.each_context(request),
            "title": "Bake sheet",
            "opts": self.opts,
            "sheet": found,
            "form": form,
            "most_days": MOST_DAYS,
            "shortcuts": _shortcuts(clock.shop_date(clock.now())),
            "purchases": found and _purchases(found),
            "cost": found and found.cost is not None and _money(found.cost),
            "longest": max((mix.weight for mix in found.mixes), default=0) if found else 0,
            "printed_at": clock.now(),
            "query": request.GET.urlencode(),
        }
        return render(
            request,
            "admin/orders/mixer/bake_sheet.html",
            context,
            status=200 if found else 400,
        )

    def _count(self, request: HttpRequest) -> HttpResponse:
        """Write down the amounts that were typed; fields left empty were not counted."""
        back = HttpResponseRedirect(f"{request.path}?{request.GET.urlencode()}#buy")
        try:
            amounts = _amounts(request.POST.items())
            counted = services.count_pantry(
                amounts=amounts, actor=actor_of(request), at=clock.now()
            )
        except DomainError as error:
            messages.error(request, f"Nothing was written down. {error.message}")
        else:
            messages.success(request, f"{counted} counted.")
        return back


def _found(form: SheetForm) -> BakeSheet | None:
    """Return the sheet, or None after telling the form what is wrong; today without dates."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    first = data["first"] or clock.shop_date(clock.now()) + timedelta(days=1)
    buffer = data["buffer"]
    try:
        return bake_sheet(
            first,
            data["last"] or first,
            buffer_percent=settings.SHOP_BAKE_BUFFER_PERCENT if buffer is None else buffer,
            with_shelf=data["shelf"],
        )
    except Invalid as error:
        form.add_error(None, error.message)
        return None


def _shortcuts(today: date) -> list[tuple[str, date, date]]:
    return [
        ("Today", today, today),
        ("Tomorrow", today + timedelta(days=1), today + timedelta(days=1)),
        ("The next 7 days", today, today + timedelta(days=6)),
    ]


def _purchases(sheet: BakeSheet) -> list[tuple[Any, str, str]]:
    """Return purchases with the name of their field and their cost in words."""
    return [
        (row, f"{_COUNT}{row.ingredient_id}", "-" if row.cost is None else _money(row.cost))
        for row in sheet.purchases
    ]


def _money(amount: Decimal) -> str:
    return money.display(amount, settings.SHOP_CURRENCY)


def _amounts(fields: Any) -> dict[int, Decimal]:
    found = {}
    for name, text in fields:
        key = name.removeprefix(_COUNT)
        if key == name or not key.isdecimal() or not str(text).strip():
            continue
        try:
            found[int(key[:18])] = Decimal(str(text).strip().replace(",", "."))
        except ArithmeticError as error:
            raise Invalid("bad_amount", f"{str(text)[:40]} is not an amount.") from error
    return found


def _purchases_as_csv(sheet: BakeSheet) -> HttpResponse:
    return csv_reply(
        f"to-buy-{sheet.first}-{sheet.last}.csv",
        ("Ingredient", "Supplier", "Unit", "Needed", "Counted", "Missing", "Packs", "Pack", "Cost"),
        [
            (
                *(row.name, row.supplier, row.unit, row.needed, row.counted),
                *(row.missing, row.packs, row.pack, row.cost),
            )
            for row in sheet.purchases
        ],
    )
