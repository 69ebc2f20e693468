"""Filters of the console's product list."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.catalog import selectors
from apps.catalog.models import Product

Rows = QuerySet[Product]


def _sold_out(rows: Rows) -> Rows:
    return rows.filter(pk__in=selectors.sold_out_products())


NEEDS: dict[str, tuple[str, Callable[[Rows], Rows]]] = {
    "margin": ("Below the margin floor", lambda rows: rows.filter(selectors.below_floor())),
    "cost": ("Cost not known", lambda rows: rows.filter(selectors.cost_unknown())),
    "sold_out": ("Sold out", _sold_out),
    "picture": ("Without a picture", lambda rows: rows.filter(image="")),
    "allergens": ("Allergens unknown", lambda rows: rows.filter(selectors.allergens_unknown())),
    "sizes": ("Nothing on sale", lambda rows: rows.exclude(_has_sizes())),
}


def _has_sizes() -> Q:
    return Q(variants__archived_at=None, variants__isnull=False)


class NeedsFilter(admin.SimpleListFilter):
    """What somebody should look at."""

    title = "needs attention"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Name the choices."""
        return [(name, label) for name, (label, _) in NEEDS.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Narrow the list; a value that is none of ours narrows nothing."""
        chosen = NEEDS.get(self.value() or "")
        return chosen[1](queryset) if chosen else queryset
