"""Stock in the console: numbers to read, forms that change them, and how they came about."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from apps.inventory import selectors, services
from apps.inventory.admin.care_forms import CareForm
from apps.inventory.admin.forms import AdjustForm
from apps.inventory.admin.pages import attempt, attempt_form, form_page, page, require, window
from apps.inventory.admin.plots import StepPlot, step_plot
from apps.inventory.admin.turnover import turnover_page
from apps.inventory.models import MOVE_REASONS, Stock
from apps.inventory.states import StockKeeper, StockReason
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_REASONS = dict(MOVE_REASONS)
_ON_PAGE = 100


class StateFilter(admin.SimpleListFilter):
    """What needs a hand."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer what is low and what is off sale."""
        return [("low", "Low"), ("sold_out", "Marked as sold out"), ("none", "None free")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stock]) -> QuerySet[Stock]:
        """Narrow by the state."""
        if self.value() == "low":
            return queryset.filter(low_since__isnull=False)
        if self.value() == "sold_out":
            return queryset.filter(sold_out_at__isnull=False)
        if self.value() == "none":
            return queryset.filter(on_hand=F("reserved"), variant__made_to_order=False)
        return queryset


@admin.register(Stock)
class StockAdmin(ReadOnlyAdmin):
    """What is there, what is promised, what is free."""

    list_display = (
        "product", "sku", "on_hand", "reserved", "available", "state", "adjust_link",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("variant__product",)
    list_filter = (StateFilter, "kept_by")
    search_fields = ("variant__sku", "variant__product__name")
    ordering = ("variant__product__name", "variant__position")
    actions = ("mark_sold_out", "put_back")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stock]:
        """Compute what is free in the same query."""
        rows: QuerySet[Stock] = super().get_queryset(request)
        return rows.annotate(free=F("on_hand") - F("reserved"))

    @admin.display(description="product", ordering="variant__product__name")
    def product(self, stock: Stock) -> str:
        """Show the product and size, and lead to its history."""
        return format_html(
            '<a href="{}">{}, {}</a>',
            reverse("admin:inventory_stock_history", args=[stock.pk]),
            stock.variant.product.name,
            stock.variant.name,
        )

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, stock: Stock) -> str:
        """Show the SKU."""
        return stock.variant.sku

    @admin.display(description="available", ordering="free")
    def available(self, stock: Any) -> int | str:
        """Show what is free."""
        return "to order" if stock.variant.made_to_order else int(stock.free)

    @admin.display(description="state")
    def state(self, stock: Stock) -> str:
        """Show what is unusual."""
        if stock.sold_out_at is not None:
            return format_html('<span class="stock-state is-out">{}</span>', "sold out")
        if stock.low_since is not None:
            return format_html('<span class="stock-state is-low">{}</span>', "low")
        parts = [f"watched at {stock.low_at}"] if stock.low_at is not None else []
        if stock.kept_by == StockKeeper.TILL:
            parts.append("counted by the till")
        return ", ".join(parts)

    @admin.display(description="")
    def adjust_link(self, stock: Stock) -> str:
        """Lead to the form for this size."""
        if stock.variant.made_to_order:
            return ""
        address = reverse("admin:inventory_stock_adjust")
        return format_html('<a href="{}?variant={}">Adjust</a>', address, stock.pk)

    def has_mark_sold_out_permission(self, request: HttpRequest) -> bool:
        """Tell who may use the switch."""
        return request.user.has_perm("inventory.mark_sold_out")

    @admin.action(description="Mark as sold out", permissions=["mark_sold_out"])
    def mark_sold_out(self, request: HttpRequest, queryset: QuerySet[Stock]) -> None:
        """Take the chosen sizes off sale at once."""
        self._switch(request, queryset, sold_out=True)

    @admin.action(description="Put back on sale", permissions=["mark_sold_out"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[Stock]) -> None:
        """Put the chosen sizes back on sale."""
        self._switch(request, queryset, sold_out=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Stock], *, sold_out: bool) -> None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        changed = services.mark_sold_out(
            variant_ids=ids, sold_out=sold_out, actor=actor_of(request), at=clock.now()
        )
        messages.success(request, f"{len(changed)} sizes changed.")

    def get_urls(self) -> list[URLPattern]:
        """Add the forms and pages."""
        wrap = self.admin_site.admin_view
        return [
            path("adjust/", wrap(self.adjust), name="inventory_stock_adjust"),
            path("turnover/", wrap(self.turnover), name="inventory_stock_turnover"),
            path("check/", wrap(self.check_ledger), name="inventory_stock_check"),
            path("<int:pk>/history/", wrap(self.history), name="inventory_stock_history"),
            path("<int:pk>/care/", wrap(self.care), name="inventory_stock_care"),
            path(
                "<int:pk>/switch/",
                wrap(require_POST(self.switch)),
                name="inventory_stock_switch",
            ),
            path("undo/<int:move>/", wrap(require_POST(self.undo)), name="inventory_stock_undo"),
            *super().get_urls(),
        ]

    def adjust(self, request: HttpRequest) -> HttpResponse:
        """Take a signed change with its reason."""
        require(request, "inventory.adjust_stock")
        chosen = request.GET.get("variant", "")
        form = AdjustForm(
            request.POST or None, initial={"variant": chosen if chosen.isdecimal() else ""}
        )
        if request.method == "POST" and form.is_valid() and self._save(request, form):
            return HttpResponseRedirect(reverse("admin:inventory_stock_changelist"))
        return form_page(request, self, "Adjust stock", form=form, button="Adjust")

    def _save(self, request: HttpRequest, form: AdjustForm) -> bool:
        given = form.cleaned_data
        stock = attempt_form(
            form,
            lambda: services.adjust_stock(
                variant_id=given["variant"].pk,
                delta=given["delta"],
                reason=StockReason(given["reason"]),
                note=given["note"],
                ref=given["ref"],
                actor=actor_of(request),
                at=clock.now(),
            ),
        )
        if stock is None:
            return False
        messages.success(
            request, f"{given['variant'].sku}: {stock.on_hand} on hand, {stock.reserved} promised."
        )
        return True

    def history(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a size's moves and how its balance went."""
        require(request, "inventory.view_stockmove")
        stock = selectors.stock_of(pk)
        if stock is None:
            raise Http404
        days, since = window(request, clock.now())
        rows = selectors.stock_history(pk, since=since)
        return page(
            request,
            self,
            "stock_history",
            f"{stock.variant.product.name}, {stock.variant.name}",
            stock=stock,
            days=days,
            rows=[(row, _REASONS.get(row.reason, row.reason)) for row in rows[:_ON_PAGE]],
            shown=min(len(rows), _ON_PAGE),
            total=len(rows),
            plot=_plot(rows),
            may_adjust=request.user.has_perm("inventory.adjust_stock"),
            may_switch=request.user.has_perm("inventory.mark_sold_out"),
        )

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take one size off sale or put it back, by the button of its page."""
        require(request, "inventory.mark_sold_out")
        sold_out = request.POST.get("sold_out") == "1"
        attempt(
            request,
            lambda: services.mark_sold_out(
                variant_ids=[pk], sold_out=sold_out, actor=actor_of(request), at=clock.now()
            ),
            "Marked as sold out: nobody can order it any more." if sold_out else "Back on sale.",
        )
        return self._back(pk)

    def undo(self, request: HttpRequest, move: int) -> HttpResponse:
        """Write the move the other way."""
        require(request, "inventory.adjust_stock")
        try:
            stock = services.undo_adjustment(
                move_id=move, note="", actor=actor_of(request), at=clock.now()
            )
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:inventory_stockmove_changelist"))
        messages.success(request, f"Undone: {stock.on_hand} on hand now.")
        return self._back(stock.pk)

    def care(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set when a size is low and who counts it."""
        require(request, "inventory.adjust_stock")
        stock = selectors.stock_of(pk)
        if stock is None:
            raise Http404
        initial = {"low_at": stock.low_at, "kept_by": stock.kept_by}
        form = CareForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            given, actor, at = form.cleaned_data, actor_of(request), clock.now()

            def save() -> Stock:
                services.set_keeper(variant_id=pk, kept_by=given["kept_by"], actor=actor, at=at)
                return services.set_low_limit(
                    variant_id=pk, low_at=given["low_at"], actor=actor, at=at
                )

            if attempt_form(form, save) is not None:
                messages.success(request, "Saved.")
                return self._back(pk)
        title = f"Watch {stock.variant.product.name}, {stock.variant.name}"
        return form_page(request, self, title, form=form, button="Save")

    def check_ledger(self, request: HttpRequest) -> HttpResponse:
        """Show what the comparison of balances and ledgers finds right now."""
        require(request, "inventory.view_stockmove")
        rows = [
            (row.kind, row.subject, row.balance, row.ledger)
            for row in selectors.ledger_differences()
        ]
        rows += [("lots", pk, (hand,), (left,)) for pk, hand, left in selectors.lot_differences()]
        return page(request, self, "ledger_check", "Balances and their ledgers", rows=rows)

    def turnover(self, request: HttpRequest) -> HttpResponse:
        """Show turnover, days on hand and waste."""
        return turnover_page(request, self)

    def _back(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:inventory_stock_history", args=[pk]))


def _plot(rows: Any) -> StepPlot | None:
    oldest = list(reversed(rows))
    return step_plot(
        [
            ("on hand", [(row.at, row.on_hand) for row in oldest]),
            ("available", [(row.at, row.on_hand - row.reserved) for row in oldest]),
        ],
        zone=clock.shop_zone(),
    )
