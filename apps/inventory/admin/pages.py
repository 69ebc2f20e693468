"""What the console's own pages of stock have in common."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bakery.kernel import clock
from bakery.kernel.errors import DomainError

WINDOWS = (7, 28, 90, 365)


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied unless the caller holds ``permission``."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def attempt(request: HttpRequest, call: Callable[[], Any], done: str) -> bool:
    """Do it and say so, or say why not; return whether it was done."""
    try:
        call()
    except DomainError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, done)
    return True


def attempt_form(form: forms.Form, call: Callable[[], Any]) -> Any:
    """Return what ``call`` returns, or None after telling the form why it was refused."""
    try:
        return call()
    except DomainError as error:
        field = str(error.details.get("field", ""))
        form.add_error(field if field in form.fields else None, error.message)
        return None


def window(request: HttpRequest, at: datetime) -> tuple[int, datetime]:
    """Return the days that were asked for, one of `WINDOWS`, and the moment they begin."""
    text = request.GET.get("days", "")
    days = int(text) if text.isdecimal() and len(text) < 4 and int(text) in WINDOWS else WINDOWS[1]
    return days, clock.start_of_shop_day(clock.shop_date(at) - timedelta(days=days - 1))


def page(
    request: HttpRequest, model_admin: Any, template: str, title: str, **context: Any
) -> HttpResponse:
    """Return a page of the console."""
    name = f"admin/inventory/{template}.html"
    return _rendered(request, model_admin, name, title, context)


def form_page(request: HttpRequest, model_admin: Any, title: str, **context: Any) -> HttpResponse:
    """Return a page of the console that is one form."""
    return _rendered(request, model_admin, "admin/plain_form.html", title, context)


def _rendered(
    request: HttpRequest, model_admin: Any, name: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    return render(
        request,
        name,
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": title,
            **context,
        },
    )
