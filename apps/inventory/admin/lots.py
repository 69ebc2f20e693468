"""Lots in the console: deliveries, bakes, and who has what of them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from apps.inventory import selectors, services
from apps.inventory.admin.care_forms import BakeForm, DeliveryForm, RecallForm
from apps.inventory.admin.pages import attempt, attempt_form, form_page, page, require
from apps.inventory.models import MOVE_REASONS, Lot
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.edge.spreadsheets import csv_reply
from bakery.kernel import audit, clock
from bakery.kernel.errors import DomainError

_REASONS = dict(MOVE_REASONS)
_HEADER = ("lot", "pieces", "order", "name", "phone", "email", "pickup")


class EndsFilter(admin.SimpleListFilter):
    """What should go first."""

    title = "best before"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer what ends soon."""
        return [("soon", "Ends soon, pieces left")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow to lots to mark down."""
        if self.value() == "soon":
            soon = clock.shop_date(clock.now()) + timedelta(days=settings.STOCK_MARKDOWN_DAYS)
            return queryset.filter(left__gt=0, best_before__lte=soon)
        return queryset


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """Deliveries and bakes."""

    list_display = ("trace_link", "what", "origin", "pieces", "left", "made_at", "best_before")
    list_display_links = None
    list_select_related = ("variant__product", "ingredient")
    list_filter = ("origin", EndsFilter, ("recalled_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "ingredient__name", "variant__sku", "variant__product__name")

    @admin.display(description="what")
    def what(self, lot: Lot) -> str:
        """Show the ingredient, or product and size."""
        if lot.variant is None:
            return str(lot.ingredient)
        return f"{lot.variant.product.name}, {lot.variant.name}"

    @admin.display(description="code", ordering="code")
    def trace_link(self, lot: Lot) -> str:
        """Lead to who has of it."""
        address = reverse("admin:inventory_lot_trace", args=[lot.pk])
        mark = " (recalled)" if lot.recalled_at else ""
        return format_html('<a href="{}">{}</a>{}', address, lot.code, mark)

    def get_urls(self) -> list[URLPattern]:
        """Add the forms and pages."""
        wrap = self.admin_site.admin_view
        return [
            path("receive/", wrap(self.receive), name="inventory_lot_receive"),
            path("bake/", wrap(self.bake), name="inventory_lot_bake"),
            path("order/<uuid:order>/", wrap(self.order), name="inventory_lot_order"),
            path("<int:pk>/trace/", wrap(self.trace), name="inventory_lot_trace"),
            path("<int:pk>/recall/", wrap(require_POST(self.recall)), name="inventory_lot_recall"),
            *super().get_urls(),
        ]

    def receive(self, request: HttpRequest) -> HttpResponse:
        """Take a delivery."""
        require(request, "inventory.record_lot")
        form = DeliveryForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = dict(form.cleaned_data)
            ingredient = given.pop("ingredient")
            lot = attempt_form(
                form,
                lambda: services.receive_lot(
                    ingredient_id=ingredient.pk, **given, actor=actor_of(request), at=clock.now()
                ),
            )
            if lot is not None:
                messages.success(request, f"Lot {lot.code} received.")
                return HttpResponseRedirect(reverse("admin:inventory_lot_changelist"))
        return form_page(request, self, "Receive a lot", form=form, button="Receive")

    def bake(self, request: HttpRequest) -> HttpResponse:
        """Take a bake, with the lots that went in."""
        require(request, "inventory.record_lot")
        form = BakeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = dict(form.cleaned_data)
            variant, order = given.pop("variant"), given.pop("order")
            used = [lot.code for lot in given.pop("used")]
            lot = attempt_form(
                form,
                lambda: services.record_bake(
                    variant_id=variant.pk,
                    used=used,
                    reference=f"order:{order}" if order else "",
                    **given,
                    actor=actor_of(request),
                    at=clock.now(),
                ),
            )
            if lot is not None:
                messages.success(request, f"Lot {lot.code}: {lot.pieces} pieces.")
                return HttpResponseRedirect(reverse("admin:inventory_lot_changelist"))
        return form_page(request, self, "Record a bake", form=form, button="Record")

    def trace(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what became of a lot and whom to call; or download that, which is audited."""
        require(request, "inventory.recall_lot")
        services.assign_lots(at=clock.now())
        try:
            trace = selectors.trace_forward(pk)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:inventory_lot_changelist"))
        if request.GET.get("format") == "csv":
            return self._download(request, trace)
        return page(
            request,
            self,
            "lot_trace",
            f"Lot {trace.lot.code}",
            trace=trace,
            what=self.what(trace.lot),
            bakes=[(bake, self.what(bake)) for bake in trace.bakes],
            elsewhere=[(row, _REASONS.get(row.reason, row.reason)) for row in trace.elsewhere],
            form=RecallForm(),
            zone=clock.shop_zone().key,
        )

    def _download(self, request: HttpRequest, trace: selectors.Trace) -> HttpResponse:
        audit.record(
            actor=actor_of(request),
            action="export_recall",
            object_type="inventory.lot",
            object_id=trace.lot.pk,
            changes={"orders": [None, len(trace.holdings)]},
            at=clock.now(),
        )
        zone = clock.shop_zone()
        rows = [
            (
                row.lot.code,
                row.quantity,
                row.buyer.number or row.buyer.reference,
                row.buyer.name,
                row.buyer.phone.replace("+", "00", 1),
                row.buyer.email,
                f"{row.buyer.pickup.astimezone(zone):%Y-%m-%d %H:%M}" if row.buyer.pickup else "",
            )
            for row in trace.holdings
        ]
        return csv_reply(f"recall-{trace.lot.pk}.csv", _HEADER, rows)

    def recall(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark a lot and all it went into; what is left goes off sale."""
        require(request, "inventory.recall_lot")
        attempt(
            request,
            lambda: services.recall_lot(
                lot_id=pk,
                reason=request.POST.get("reason", "").replace("\x00", ""),
                actor=actor_of(request),
                at=clock.now(),
            ),
            "Recalled. What is left of it is off sale; call the customers below.",
        )
        return HttpResponseRedirect(reverse("admin:inventory_lot_trace", args=[pk]))

    def order(self, request: HttpRequest, order: Any) -> HttpResponse:
        """Show every lot behind an order."""
        require(request, "inventory.recall_lot")
        services.assign_lots(at=clock.now())
        origins = selectors.trace_back(f"order:{order}")
        rows = [(origin, self.what(origin.lot)) for origin in origins]
        return page(request, self, "lot_order", "What went into this order", rows=rows)
