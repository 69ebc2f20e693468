"""What sells, in the console: a page beside the list of orders."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.orders import selectors
from apps.orders.models import Order
from apps.orders.selectors.sellers import BEST, LOW
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock, money

PERMISSION = "orders.view_sales"
WINDOWS = (7, 30, 90, 365)
# What is newer than this has had no time to sell.
MIN_DAYS = 7
_BAR = 160


class SellersForm(forms.Form):
    """Which window, and from which end."""

    days = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in WINDOWS], coerce=int, required=False
    )
    which = forms.ChoiceField(choices=[(BEST, "Best"), (LOW, "Low")], required=False)
    format = forms.ChoiceField(choices=[("csv", "CSV")], required=False)


def sellers_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show what sold best or least in a window that ends now, or send it as CSV."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = SellersForm(request.GET)
    form.is_valid()
    days = form.cleaned_data.get("days") or 30
    which = form.cleaned_data.get("which") or BEST
    rows = _rows(days, which, at=clock.now())
    if form.cleaned_data.get("format"):
        return csv_reply(
            f"{which}-sellers-{days}-days.csv",
            ("SKU", "Product", "Size", "Days on sale", "Units", "Units a week", "Revenue"),
            [(r.sku, r.product, r.size, r.days, r.units, r.units_a_week, r.revenue) for r in rows],
        )
    most = max((row.units_a_week for row in rows), default=0)
    context |= {
        "title": "What sells",
        "opts": Order._meta,
        "windows": WINDOWS,
        "days": days,
        "which": which,
        "min_days": MIN_DAYS,
        "rows": [
            (
                row,
                money.display(row.revenue, settings.SHOP_CURRENCY),
                int(_BAR * row.units_a_week / most) if most else 0,
            )
            for row in rows
        ],
    }
    return render(
        request, "admin/orders/order/sellers.html", context, status=400 if form.errors else 200
    )


def _rows(days: int, which: str, *, at: datetime) -> list[selectors.Seller]:
    since = at - timedelta(days=days)
    min_days = min(MIN_DAYS, days) if which == LOW else 0
    return selectors.sellers(since=since, until=at, which=which, min_days=min_days)
