"""The waste log in the console."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from apps.inventory import selectors, services
from apps.inventory.admin.care_forms import WasteForm
from apps.inventory.admin.pages import WINDOWS, attempt_form, form_page, page, require, window
from apps.inventory.admin.plots import bar
from apps.inventory.models import WasteEntry
from apps.inventory.states import WasteReason
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import clock

_HEADER = ("starts", "pieces", "value", "pieces without a cost", "baked", "share")


@admin.register(WasteEntry)
class WasteEntryAdmin(ReadOnlyAdmin):
    """What was thrown away, and why."""

    list_display = ("at", "product", "quantity", "reason", "value", "lot", "note", "actor")
    list_display_links = None
    list_select_related = ("variant__product", "lot")
    list_filter = ("reason", "at")
    search_fields = ("variant__sku", "variant__product__name", "note", "lot__code")

    @admin.display(description="product")
    def product(self, entry: WasteEntry) -> str:
        """Show the product and size."""
        return f"{entry.variant.product.name}, {entry.variant.name}"

    @admin.display(description="value")
    def value(self, entry: WasteEntry) -> str:
        """Show what it had cost."""
        return "" if entry.unit_cost is None else f"{entry.unit_cost * entry.quantity:.2f}"

    def get_urls(self) -> list[URLPattern]:
        """Add the form and the summary."""
        wrap = self.admin_site.admin_view
        return [
            path("log/", wrap(self.log), name="inventory_wasteentry_log"),
            path("summary/", wrap(self.summary), name="inventory_wasteentry_summary"),
            *super().get_urls(),
        ]

    def log(self, request: HttpRequest) -> HttpResponse:
        """Take an entry."""
        require(request, "inventory.log_waste")
        form = WasteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            entry = attempt_form(
                form,
                lambda: services.log_waste(
                    variant_id=given["variant"].pk,
                    quantity=given["quantity"],
                    reason=WasteReason(given["reason"]),
                    lot_code=given["lot"],
                    note=given["note"],
                    ref=given["ref"],
                    actor=actor_of(request),
                    at=clock.now(),
                ),
            )
            if entry is not None:
                messages.success(request, f"{entry.quantity} pieces written off.")
                return HttpResponseRedirect(reverse("admin:inventory_wasteentry_log"))
        return form_page(request, self, "Log waste", form=form, button="Log")

    def summary(self, request: HttpRequest) -> HttpResponse:
        """Show, or download, waste by day or week, and what could be marked down instead."""
        require(request, "inventory.view_wasteentry")
        at = clock.now()
        days, since = window(request, at)
        unit = "week" if request.GET.get("unit") == "week" else "day"
        periods = selectors.waste_by_period(since=since, until=at + timedelta(seconds=1), unit=unit)
        if request.GET.get("format") == "csv":
            rows = [
                (row.starts, row.pieces, row.value, row.uncosted, row.baked, row.share)
                for row in periods
            ]
            return csv_reply(f"waste-by-{unit}.csv", _HEADER, rows)
        reasons = selectors.waste_by_reason(since=since, until=at + timedelta(seconds=1))
        labels: dict[str, Any] = dict(WasteReason.choices)
        longest = max((row.pieces for row in periods), default=0)
        most = max((pieces for _, pieces in reasons), default=0)
        services.assign_lots(at=at)
        lots = selectors.lots_to_mark_down(at=at, days=settings.STOCK_MARKDOWN_DAYS)
        return page(
            request,
            self,
            "waste_summary",
            "Waste",
            days=days,
            windows=WINDOWS,
            unit=unit,
            periods=[(row, bar(row.pieces, longest)) for row in periods],
            reasons=[(labels.get(key, key), n, bar(n, most)) for key, n in reasons],
            lots=lots[:100],
        )
