"""Changing many products from the list: what would happen first, then what became of each."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from apps.catalog import services
from apps.catalog.models import Category, Product
from apps.catalog.rules.repricing import STEPS, Repricing
from apps.catalog.selectors import margin_of
from apps.catalog.services.bulk import MOST
from bakery.edge.console import AuditedModelAdmin, actor_of
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, Invalid

Moments = dict[int, datetime | None]
_SELECTED = "product"


class PriceForm(forms.Form):
    """By how much."""

    by = forms.ChoiceField(
        choices=[("percent", "per cent"), ("amount", "in dollars")], label="Change by"
    )
    value = forms.DecimalField(
        max_digits=8, decimal_places=2, help_text="5 is more, -5 is less.", label="How much"
    )
    step = forms.TypedChoiceField(
        choices=[(str(step), str(step)) for step in STEPS],
        coerce=lambda text: next(step for step in STEPS if str(step) == text),
        label="Round to",
    )


class CategoryForm(forms.Form):
    """Where to."""

    category = forms.ModelChoiceField(Category.objects.all())


class LeadDaysForm(forms.Form):
    """How many working days."""

    days = forms.IntegerField(
        min_value=0, max_value=90, help_text="Working days that every size on sale needs."
    )


FORMS: dict[str, tuple[str, type[forms.Form]]] = {
    "price": ("Change prices", PriceForm),
    "category": ("Move to a category", CategoryForm),
    "lead-days": ("Set lead days", LeadDaysForm),
}
STEP_ACTIONS = {"publish": "Publish", "unpublish": "Back to draft", "archive": "Archive"}


def _action(name: str, label: str) -> tuple[Callable[..., Any], str, str]:
    def run(admin: Any, request: HttpRequest, rows: QuerySet[Product]) -> HttpResponse | None:
        response: HttpResponse | None = admin.start_bulk(request, rows, name)
        return response

    return run, name, label


class BulkChanges(AuditedModelAdmin):
    """The list's actions."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what the caller may do; nothing is deleted."""
        if not self.has_change_permission(request):
            return {}
        labels = STEP_ACTIONS | {
            name: f"{label}\N{HORIZONTAL ELLIPSIS}" for name, (label, _) in FORMS.items()
        }
        return {name: _action(name, label) for name, label in labels.items()}

    def get_urls(self) -> list[URLPattern]:
        """Add the page that a bulk change goes through."""
        page = require_POST(self.admin_site.admin_view(self.bulk_page))
        return [path("bulk/<slug:what>/", page, name="catalog_product_bulk"), *super().get_urls()]

    def start_bulk(
        self, request: HttpRequest, rows: QuerySet[Product], what: str
    ) -> HttpResponse | None:
        """Carry a step out at once; ask for what else needs to be known."""
        pairs = rows.order_by("name", "pk").values_list("pk", "updated_at")[: MOST + 1]
        products: Moments = dict(pairs)
        if len(products) > MOST:
            messages.error(request, f"At most {MOST} products at once: choose fewer.")
            return None
        if what in STEP_ACTIONS:
            found = services.step_products(
                products=products, step=what, actor=actor_of(request), at=clock.now()
            )
            return self._outcome(request, STEP_ACTIONS[what], found)
        return self._ask(request, what, products, FORMS[what][1]())

    def bulk_page(self, request: HttpRequest, what: str) -> HttpResponse:
        """Take the form, show what it would do, and do it when that was confirmed."""
        if what not in FORMS:
            raise Http404
        if not self.has_change_permission(request):
            raise PermissionDenied
        products = read_selection(request.POST.getlist(_SELECTED))
        form = FORMS[what][1](request.POST)
        if not products or not form.is_valid():
            return self._ask(request, what, products, form)
        try:
            if what == "price" and "confirmed" not in request.POST:
                return self._ask(request, what, products, form, _preview(products, form))
            found = _carry_out(what, products, form.cleaned_data, actor_of(request))
        except DomainError as error:
            form.add_error(None, error.message)
            return self._ask(request, what, products, form)
        return self._outcome(request, FORMS[what][0], found)

    def _ask(
        self,
        request: HttpRequest,
        what: str,
        products: Moments,
        form: forms.Form,
        preview: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": FORMS[what][0],
            "what": what,
            "form": form,
            "selected": [f"{pk}@{at.isoformat() if at else ''}" for pk, at in products.items()],
            "preview": preview,
        }
        return render(request, "admin/catalog/product/bulk.html", context)

    def _outcome(
        self, request: HttpRequest, title: str, found: list[services.BulkOutcome]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "failed": [row for row in found if row.code],
            "done": [row for row in found if not row.code and row.changes],
            "same": [row for row in found if not row.code and not row.changes],
        }
        return render(request, "admin/catalog/product/bulk_done.html", context)


def read_selection(texts: list[str]) -> Moments:
    """Return ids with the moments they were read at; what is malformed selects nothing."""
    products: Moments = {}
    for text in texts[: MOST + 1]:
        key, _, moment = text.partition("@")
        if key.isdecimal() and int(key) < 2**63:
            try:
                products[int(key)] = clock.parse_moment(moment) if moment else None
            except (Invalid, ValueError):
                continue
    return products


def _preview(products: Moments, form: forms.Form) -> dict[str, Any]:
    how = Repricing(**form.cleaned_data)
    rows = services.preview_prices(product_ids=list(products), how=how)
    return {
        "rows": [(row, _margin(row)) for row in rows],
        "changed": sum(row.after is not None and row.after != row.before for row in rows),
        "refused": sum(bool(row.error) for row in rows),
    }


def _margin(row: services.Repriced) -> str:
    margin = None if row.after is None else margin_of(row.after, row.unit_cost)
    return "" if margin is None else f"{margin * 100:.0f} %"


def _carry_out(
    what: str, products: Moments, chosen: Mapping[str, Any], actor: str
) -> list[services.BulkOutcome]:
    at = clock.now()
    if what == "price":
        how = Repricing(**chosen)
        return services.change_prices(products=products, how=how, actor=actor, at=at)
    if what == "category":
        return services.move_to_category(
            products=products, category_id=chosen["category"].pk, actor=actor, at=at
        )
    return services.set_lead_days(products=products, days=chosen["days"], actor=actor, at=at)
