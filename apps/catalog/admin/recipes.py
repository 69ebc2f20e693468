"""Recipes in the console, sizes with their parts, costs and margins, and claims that came off."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog import selectors, services
from apps.catalog.admin.by_service import (
    LinesInline,
    SavedByService,
    TimedForm,
    tell_settled,
)
from apps.catalog.models import CostedSize, Recipe, RecipeLine, VariantPart, WithdrawnClaim
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors.recipes import by_margin, margin
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.clock import parse_moment

_FIELDS = ("name", "yield_quantity", "yield_unit", "loss_percent", "notes")


class RecipeForm(TimedForm):
    """A recipe's own fields."""

    class Meta:
        model = Recipe
        fields = _FIELDS
        help_texts = {"loss_percent": "What is lost of it: trimmed, left in the bowl, broken."}


class CostedSizeForm(TimedForm):
    """Nothing of a size is changed here but its parts."""

    class Meta:
        model = CostedSize
        fields: tuple[str, ...] = ()


class LineInline(LinesInline):
    """What goes into a batch."""

    model = RecipeLine
    fk_name = "recipe"
    verbose_name, verbose_name_plural = "line", "What goes in"


class PartInline(LinesInline):
    """What goes into one piece, its packaging included."""

    model = VariantPart
    verbose_name, verbose_name_plural = "part", "What goes into one piece"


@admin.register(Recipe)
class RecipeAdmin(SavedByService):
    """Recipes and sub-recipes."""

    form = RecipeForm
    inlines = (LineInline,)
    list_display = ("name", "output", "loss", "lines_in", "updated_at")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", ("yield_quantity", "yield_unit", "loss_percent"), "notes")}),
        (None, {"fields": ("read_at",)}),
    )

    class Media:
        css = {"all": ("css/kitchen.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipe]:
        """Count lines in the same query."""
        rows: QuerySet[Recipe] = super().get_queryset(request)
        return rows.annotate(line_count=Count("lines"))

    @admin.display(description="makes", ordering="yield_quantity")
    def output(self, row: Recipe) -> str:
        """Show how much comes out."""
        return f"{row.yield_quantity.normalize():f} {row.yield_unit}"

    @admin.display(description="loss", ordering="loss_percent")
    def loss(self, row: Recipe) -> str:
        """Show how much of that is lost."""
        return f"{row.loss_percent.normalize():f} %" if row.loss_percent else ""

    @admin.display(description="lines", ordering="line_count")
    def lines_in(self, row: Any) -> str | SafeString:
        """Show how many lines it has; one without any proves nothing."""
        return row.line_count or format_html(
            '<span class="flag flag-warn">{}</span>', "not written"
        )

    def write(self, request: HttpRequest, form: Any, lines: Any) -> int:
        """Create or change a recipe with all of its lines."""
        actor, at = actor_of(request), clock.now()
        wanted = {name: form.cleaned_data[name] for name in _FIELDS}
        if form.instance.pk is None:
            return services.create_recipe(**wanted, lines=lines, actor=actor, at=at).pk
        row, settled = services.update_recipe(
            recipe_id=form.instance.pk,
            changes={**wanted, "lines": lines},
            read_at=parse_moment(form.cleaned_data["read_at"]),
            reason=form.cleaned_data.get("reason", ""),
            actor=actor,
            at=at,
        )
        if told := tell_settled(lambda text: messages.warning(request, text), settled):
            messages.info(request, told)
        return row.pk


class EarningFilter(admin.SimpleListFilter):
    """Sizes that earn too little, or nobody knows how much."""

    title = "margin"
    parameter_name = "margin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Name the choices."""
        floor = f"{settings.SHOP_MARGIN_FLOOR:.0%}"
        return [("low", f"Below {floor}"), ("unknown", "Cost not known"), ("bare", "No parts yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list."""
        if self.value() == "low":
            return queryset.filter(selectors.sizes_below_floor())
        if self.value() == "unknown":
            return queryset.filter(unit_cost=None)
        if self.value() == "bare":
            return queryset.filter(parts=None)
        return queryset


@admin.register(CostedSize)
class CostedSizeAdmin(SavedByService):
    """Sizes on sale: what goes in, what that costs, what they earn."""

    form = CostedSizeForm
    inlines = (PartInline,)
    list_display = ("size", "sku", "price", "cost", "earned")
    list_display_links = ("size",)
    list_filter = (EarningFilter, "product__category")
    search_fields = ("product__name", "sku")
    ordering = ("product__name", "position", "pk")
    list_select_related = ("product",)
    fieldsets = ((None, {"fields": ("size", ("sku", "price", "cost", "earned"), "facts")}),)
    readonly_fields = ("size", "sku", "price", "cost", "earned", "facts")
    change_form_template = "admin/catalog/costedsize/change_form.html"

    class Media:
        css = {"all": ("css/kitchen.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sizes are added on their product's page."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Costs are for those who may see them."""
        return request.user.has_perm("catalog.view_costedsize")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave archived sizes out, and let the list be ordered by margin."""
        return by_margin(super().get_queryset(request).filter(archived_at=None))

    @admin.display(description="size", ordering="product__name")
    def size(self, row: CostedSize) -> str:
        """Name product and size."""
        return f"{row.product.name}, {row.name}"

    @admin.display(description="cost", ordering="unit_cost")
    def cost(self, row: CostedSize) -> str:
        """Show the cost of one piece."""
        return "not known" if row.unit_cost is None else f"{row.unit_cost:.2f}"

    @admin.display(description="margin", ordering="margin_share")
    def earned(self, row: CostedSize) -> str | SafeString:
        """Draw the margin against the floor."""
        found = margin(row.pk, row.price, row.unit_cost)
        if found.margin is None:
            return format_html('<span class="quiet">{}</span>', "not known")
        low = found.is_below_floor
        return format_html(
            '<span class="earned"><meter class="{}" max="1" value="{}"></meter>{} {}</span>',
            "low" if low else "",
            max(found.margin, 0),
            f"{found.margin:.1%}",
            format_html('<span class="flag flag-bad">{}</span>', "below floor") if low else "",
        )

    @admin.display(description="allergens")
    def facts(self, row: CostedSize) -> str | SafeString:
        """Name what is in it, and whether anything is open."""
        found = row.food_facts or {"unknown": ["all"], "contains": [], "may_contain": []}
        contains = ", ".join(ALLERGENS[code].lower() for code in found["contains"])
        traces = ", ".join(ALLERGENS[code].lower() for code in found["may_contain"])
        told = "; ".join(filter(None, [contains, f"traces: {traces}" if traces else ""]))
        if found["unknown"]:
            return format_html('{} <span class="flag flag-warn">not all known</span>', told)
        return told or "none"

    def write(self, request: HttpRequest, form: Any, lines: Any) -> int:
        """Replace the parts of a size."""
        if lines is None:
            raise PermissionDenied
        settled = services.set_parts(
            variant_id=form.instance.pk,
            parts=lines,
            reason=form.cleaned_data.get("reason", ""),
            actor=actor_of(request),
            at=clock.now(),
        )
        tell_settled(lambda text: messages.warning(request, text), settled)
        pk: int = form.instance.pk
        return pk

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show where the cost comes from."""
        is_key = object_id.isascii() and object_id.isdecimal() and len(object_id) < 19
        known = is_key and self.has_view_permission(request)
        found = selectors.margins([int(object_id)]) if known else {}
        context = {
            **(extra_context or {}),
            "tree": selectors.cost_tree(int(object_id)) if found else (),
            "currency": settings.SHOP_CURRENCY,
        }
        return super().change_view(request, object_id, form_url, context)


@admin.register(WithdrawnClaim)
class WithdrawnClaimAdmin(ReadOnlyAdmin):
    """Diet tags that became false or unprovable and came off their products."""

    list_display = ("at", "product", "tag", "reason", "seen_at")
    list_filter = (("seen_at", admin.EmptyFieldListFilter), "diet")
    list_select_related = ("product",)
    actions = ("mark_seen",)

    @admin.display(description="claim", ordering="diet")
    def tag(self, row: WithdrawnClaim) -> str:
        """Name the claim."""
        return DIETS.get(row.diet, row.diet)

    def has_see_permission(self, request: HttpRequest) -> bool:
        """Tell whether the caller may say that a claim was seen to."""
        return request.user.has_perm("catalog.change_withdrawnclaim")

    @admin.action(description="I have seen to these", permissions=["see"])
    def mark_seen(self, request: HttpRequest, queryset: QuerySet[WithdrawnClaim]) -> None:
        """Take claims off the list of those that need somebody."""
        for claim_id in queryset.filter(seen_at=None).order_by("pk").values_list("pk", flat=True):
            services.see_withdrawn_claim(claim_id=claim_id, actor=actor_of(request), at=clock.now())
        messages.success(request, "Noted.")
