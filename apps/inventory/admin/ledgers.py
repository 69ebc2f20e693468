"""Ledgers, to read."""

from typing import Any

from django.contrib import admin

from apps.inventory.admin.reading import ReadOnlyAdmin
from apps.inventory.models import Hold, HoldTransition, Reservation, StockMove


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


class _Row(admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Rows of a hold."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Only services add."""
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Only services change."""
        return False

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """Who sees the hold sees its rows."""
        return True


class ReservationInline(_Row):
    """Pieces that the hold keeps."""

    model = Reservation

    def get_queryset(self, request: Any) -> Any:
        """Read variants in the same query."""
        return super().get_queryset(request).select_related("variant")


class TransitionInline(_Row):
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
