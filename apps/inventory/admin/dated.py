"""Stock by day in the console: a week at a time, every change a signed delta with its reason."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.inventory import selectors, services
from apps.inventory.models import DatedStock, DatedStockMove
from apps.inventory.rules.quantities import MAX_DELTA
from apps.inventory.states import DatedReason
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_WEEK = 7
_REASONS = [choice for choice in DatedReason.choices if choice[0] != DatedReason.ENDED]


class WeekForm(forms.Form):
    """Why the numbers change; ``ref`` makes sending the page twice harmless."""

    reason = forms.ChoiceField(choices=_REASONS, initial=DatedReason.PLANNED)
    note = forms.CharField(
        max_length=300, required=False, widget=forms.TextInput(attrs={"size": 40})
    )
    ref = forms.CharField(
        max_length=60, widget=forms.HiddenInput, initial=lambda: f"week-{uuid4().hex}"
    )


@admin.register(DatedStock)
class DatedStockAdmin(ReadOnlyAdmin):
    """How many of each size can be picked up on each day of a week."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the week, or change it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_change = request.user.has_perm("inventory.adjust_stock")
        first = _first_day(request.GET.get("from", ""))
        form = WeekForm(request.POST or None)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            if form.is_valid() and self._save(request, form):
                return HttpResponseRedirect(request.get_full_path())
        return render(
            request,
            "admin/inventory/dated_week.html",
            {
                **self.admin_site.each_context(request),
                **_grid(request, first),
                "opts": self.opts,
                "title": "Stock by day",
                "form": form,
                "may_change": may_change,
            },
        )

    def _save(self, request: HttpRequest, form: WeekForm) -> bool:
        try:
            with transaction.atomic():
                changed = _end(request, form) if "end" in request.POST else _adjust(request, form)
        except DomainError as error:
            form.add_error(None, error.message)
            return False
        if not changed:
            if not form.errors:
                form.add_error(None, "No change was given.")
            return False
        messages.success(request, f"{changed} numbers changed.")
        return True


@admin.register(DatedStockMove)
class DatedStockMoveAdmin(ReadOnlyAdmin):
    """Every change of stock by day, newest first."""

    list_display = (
        "at", "day", "product", "delta_on_hand", "delta_reserved", "reason", "note", "actor", "ref",
    )  # fmt: skip
    list_select_related = ("variant__product",)
    list_filter = ("reason", "day")
    search_fields = ("variant__sku", "variant__product__name", "ref", "actor")

    @admin.display(description="product")
    def product(self, move: DatedStockMove) -> str:
        """Show the product, size and SKU."""
        return f"{move.variant.product.name}, {move.variant.name} ({move.variant.sku})"


def _first_day(text: str) -> date:
    """Return the Monday of the week that ``text`` lies in, or of this week."""
    today = clock.shop_date(clock.now())
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = today
    if not today - timedelta(days=800) < day < today + timedelta(days=800):
        day = today
    return day - timedelta(days=day.weekday())


def _grid(request: HttpRequest, first: date) -> dict[str, Any]:
    everything = "all" in request.GET
    days = [first + timedelta(days=offset) for offset in range(_WEEK)]
    today = clock.shop_date(clock.now())
    rows = [
        {
            "size": row,
            "cells": [
                {
                    "name": _name(row.variant_id, day),
                    "day": day,
                    "stock": row.cells.get(day),
                    "typed": request.POST.get(_name(row.variant_id, day), ""),
                    "is_past": day < today,
                }
                for day in days
            ],
        }
        for row in selectors.dated_week(first, everything=everything)
    ]
    return {
        "rows": rows,
        "days": days,
        "today": today,
        "everything": everything,
        "suffix": "&all=1" if everything else "",
        "before": first - timedelta(days=_WEEK),
        "after": first + timedelta(days=_WEEK),
        "first": first,
    }


def _name(variant_id: int, day: date) -> str:
    return f"d-{variant_id}-{day.isoformat()}"


def _parse(name: str) -> tuple[int, date] | None:
    """Return what a field of the page is about, or None for a name that is not one of its."""
    parts = name.split("-", 2)
    is_cell = len(parts) == 3 and parts[0] == "d" and parts[1].isascii() and parts[1].isdecimal()
    if not is_cell or len(parts[1]) > 18:
        return None
    try:
        return int(parts[1]), date.fromisoformat(parts[2])
    except ValueError:
        return None


def _adjust(request: HttpRequest, form: WeekForm) -> int:
    """Apply every delta that was typed, all of them or none; return how many."""
    changes = _typed(request, form)
    if form.errors or not changes:
        return 0
    services.adjust_dated_stock(
        changes=changes,
        reason=DatedReason(form.cleaned_data["reason"]),
        note=form.cleaned_data["note"],
        ref=form.cleaned_data["ref"],
        actor=actor_of(request),
        at=clock.now(),
    )
    return len(changes)


def _typed(request: HttpRequest, form: WeekForm) -> dict[tuple[int, date], int]:
    cell = forms.IntegerField(min_value=-MAX_DELTA, max_value=MAX_DELTA, required=False)
    changes = {}
    for name, text in request.POST.items():
        if (about := _parse(name)) is None:
            continue
        try:
            delta = cell.clean(text)
        except forms.ValidationError:
            form.add_error(None, f"“{str(text)[:20]}” is not a change: write 12 or -3.")
            continue
        if delta:
            changes[about] = delta
    return changes


def _end(request: HttpRequest, form: WeekForm) -> int:
    about = _parse(request.POST["end"])
    if about is None:
        return 0
    services.end_dated_stock(
        variant_id=about[0],
        day=about[1],
        note=form.cleaned_data["note"],
        actor=actor_of(request),
        at=clock.now(),
    )
    return 1
