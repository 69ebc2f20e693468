"""What the console's pages of points, gift cards and invitations have in common."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bakery.kernel import clock
from bakery.kernel.money import display

_FLAGS = {
    "active": "flag-published",
    "rewarded": "flag-published",
    "pending": "flag-draft",
    "held": "flag-bad",
    "blocked": "flag-bad",
}


def bank_page(
    request: HttpRequest, model_admin: Any, template: str, title: str, **context: Any
) -> HttpResponse:
    """Return a page of the console; ``template`` "form" is a plain form."""
    name = "admin/plain_form.html" if template == "form" else f"admin/loyalty/bank/{template}.html"
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "currency": settings.SHOP_CURRENCY,
    }
    reply = render(request, name, {**shared, **context})
    reply["Cache-Control"] = "private, no-store"
    return reply


def flag(state: str, label: str) -> SafeString:
    """Return a state as a coloured word."""
    return format_html('<span class="flag {}">{}</span>', _FLAGS.get(state, "flag-archived"), label)


def money(amount: Any, currency: str = "") -> str:
    """Return an amount as people write it."""
    return display(amount, currency or settings.SHOP_CURRENCY)


def last_day_text(ends: datetime | None) -> str:
    """Return the last day before the moment ``ends``, by the shop's calendar; "never" for none."""
    if ends is None:
        return "never"
    return clock.shop_date(ends - timedelta(microseconds=1)).isoformat()
