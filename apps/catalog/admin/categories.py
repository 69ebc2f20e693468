"""Shelves of the shop."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from apps.catalog.models import Category
from bakery.edge.console import AuditedModelAdmin


@admin.register(Category)
class CategoryAdmin(AuditedModelAdmin):
    """Categories and how many products each has."""

    list_display = ("name", "slug", "position", "products")
    prepopulated_fields = {"slug": ("name",)}
    search_fields = ("name",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Count in the same query."""
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(product_count=Count("products"))

    @admin.display(description="products", ordering="product_count")
    def products(self, category: Any) -> int:
        """Show how many there are, whatever their status."""
        return int(category.product_count)
