"""What the console's pages of promotions have in common."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.loyalty.rules.promotion_terms import Terms
from apps.loyalty.states import PromotionKind, PromotionState
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_FLAGS = {
    PromotionState.ACTIVE: "flag-published",
    PromotionState.SCHEDULED: "flag-draft",
    PromotionState.USED_UP: "flag-bad",
}


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied unless the caller holds ``permission``."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def attempt(request: HttpRequest, call: Callable[[], Any], done: str) -> Any:
    """Do it and say so, or say why not; return what it gave, None when it was refused."""
    try:
        found = call()
    except DomainError as error:
        messages.error(request, error.message)
        return None
    messages.success(request, done)
    return found


def attempt_form(form: forms.Form, call: Callable[[], Any]) -> Any:
    """Return what ``call`` returns, or None after telling the form why it was refused."""
    try:
        return call()
    except DomainError as error:
        problems = dict(error.details.get("fields", {}))
        if name := error.details.get("field"):
            problems[name] = [error.message]
        if not problems or "fields" in error.details:
            form.add_error(None, error.message)
        for name, told in problems.items():
            form.add_error(name if name in form.fields else None, list(told))
        return None


def page(
    request: HttpRequest, model_admin: Any, template: str, title: str, **context: Any
) -> HttpResponse:
    """Return a page of the console."""
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "zone": clock.shop_zone().key,
    }
    return render(request, f"admin/loyalty/promotion/{template}.html", {**shared, **context})


def state_flag(state: PromotionState) -> SafeString:
    """Return a state as a coloured word."""
    flag = _FLAGS.get(state, "flag-archived")
    return format_html('<span class="flag {}">{}</span>', flag, state.label)


def uses_text(used: int, most: int | None) -> str:
    """Return how often something was used of how often it may be."""
    return f"{used}" if most is None else f"{used} of {most}"


def gift_text(terms: Terms) -> str:
    """Return what a promotion gives, in a few words."""
    if terms.kind == PromotionKind.AMOUNT:
        return f"{terms.value:.2f} off"
    percent = f"{terms.value.normalize():f} %"
    if terms.kind == PromotionKind.PERCENTAGE:
        return f"{percent} off"
    what = "free" if terms.value == 100 else f"{percent} off"
    if terms.kind == PromotionKind.FREE_ITEM:
        return f"an item {what}"
    return f"buy {terms.buy_quantity}, get {terms.get_quantity} {what}"


def wall_text(moment: datetime | None) -> str:
    """Return a moment as the shop's clock shows it, "" for none."""
    return "" if moment is None else f"{moment.astimezone(clock.shop_zone()):%Y-%m-%d %H:%M}"


def window_text(terms: Terms) -> str:
    """Return from when to when a promotion holds, in the shop's time."""
    start, end = wall_text(terms.starts_at), wall_text(terms.ends_at)
    parts = [f"from {start}" if start else "", f"until {end}" if end else ""]
    return " ".join(filter(None, parts)) or "always"
