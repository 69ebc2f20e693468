"""Stock in the console: numbers to read, and one form that changes them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.inventory import services
from apps.inventory.admin.forms import AdjustForm
from apps.inventory.models import Stock
from apps.inventory.states import StockReason
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


@admin.register(Stock)
class StockAdmin(ReadOnlyAdmin):
    """What is there, what is promised, what is free."""

    list_display = ("product", "sku", "on_hand", "reserved", "available", "adjust_link")
    list_select_related = ("variant__product",)
    search_fields = ("variant__sku", "variant__product__name")
    ordering = ("variant__product__name", "variant__position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stock]:
        """Compute what is free in the same query."""
        rows: QuerySet[Stock] = super().get_queryset(request)
        return rows.annotate(free=F("on_hand") - F("reserved"))

    @admin.display(description="product", ordering="variant__product__name")
    def product(self, stock: Stock) -> str:
        """Show the product and size."""
        return f"{stock.variant.product.name}, {stock.variant.name}"

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, stock: Stock) -> str:
        """Show the SKU."""
        return stock.variant.sku

    @admin.display(description="available", ordering="free")
    def available(self, stock: Any) -> int:
        """Show what is free."""
        return int(stock.free)

    @admin.display(description="change")
    def adjust_link(self, stock: Stock) -> str:
        """Lead to the form for this size."""
        address = reverse("admin:inventory_stock_adjust")
        return format_html('<a href="{}?variant={}">Adjust</a>', address, stock.pk)

    def get_urls(self) -> list[URLPattern]:
        """Add the form."""
        adjust = self.admin_site.admin_view(self.adjust)
        return [path("adjust/", adjust, name="inventory_stock_adjust"), *super().get_urls()]

    def adjust(self, request: HttpRequest) -> HttpResponse:
        """Take a signed change with its reason."""
        if not request.user.has_perm("inventory.adjust_stock"):
            raise PermissionDenied
        chosen = request.GET.get("variant", "")
        form = AdjustForm(
            request.POST or None, initial={"variant": chosen if chosen.isdecimal() else ""}
        )
        if request.method == "POST" and form.is_valid() and self._save(request, form):
            return HttpResponseRedirect(reverse("admin:inventory_stock_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Adjust stock",
            "form": form,
            "button": "Adjust",
        }
        return render(request, "admin/inventory/form.html", context)

    def _save(self, request: HttpRequest, form: AdjustForm) -> bool:
        given = form.cleaned_data
        try:
            stock = services.adjust_stock(
                variant_id=given["variant"].pk,
                delta=given["delta"],
                reason=StockReason(given["reason"]),
                note=given["note"],
                ref=given["ref"],
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return False
        messages.success(
            request, f"{given['variant'].sku}: {stock.on_hand} on hand, {stock.reserved} promised."
        )
        return True
