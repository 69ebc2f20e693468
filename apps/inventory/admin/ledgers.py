"""Ledgers, to read."""

from typing import Any

from django.contrib import admin

from apps.inventory.models import Hold, HoldTransition, Reservation, StockMove
from bakery.edge.readonly import ReadOnlyAdmin, ReadOnlyInline


@admin.register(StockMove)
class StockMoveAdmin(ReadOnlyAdmin):
    """Every change of stock, newest first."""

    list_display = (
        "at", "product", "sku", "delta_on_hand", "delta_reserved", "reason", "note", "actor", "ref",
    )  # fmt: skip
    list_select_related = ("variant__product",)
    list_filter = ("reason", "at")
    search_fields = ("variant__sku", "variant__product__name", "ref", "actor")

    @admin.display(description="product")
    def product(self, move: StockMove) -> str:
        """Show the product and size."""
        return f"{move.variant.product.name}, {move.variant.name}"

    @admin.display(description="SKU")
    def sku(self, move: StockMove) -> str:
        """Show the SKU."""
        return move.variant.sku


class ReservationInline(ReadOnlyInline):
    """Pieces that the hold keeps."""

    model = Reservation

    def get_queryset(self, request: Any) -> Any:
        """Read variants in the same query."""
        return super().get_queryset(request).select_related("variant")


class TransitionInline(ReadOnlyInline):
    """What became of it."""

    model = HoldTransition


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Holds on goods and pickup places."""

    list_display = ("reference", "state", "slot", "expires_at", "created_at")
    list_select_related = ("slot",)
    list_filter = ("state",)
    search_fields = ("reference",)
    inlines = (ReservationInline, TransitionInline)
