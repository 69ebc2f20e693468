"""What was predicted, in the console."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from apps.pricing.models import Prediction, ShadowPrediction
from apps.pricing.rules.features import NAMES
from apps.pricing.rules.spec import spec_from_json
from apps.pricing.rules.wording import describe
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin, ReadOnlyInline
from bakery.kernel import money
from bakery.kernel.errors import Invalid


class ShadowInline(ReadOnlyInline):
    """What versions that are not in use would have said."""

    model = ShadowPrediction
    fields = readonly_fields = ("version", "price", "at")
    verbose_name_plural = "challengers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read versions with them."""
        return super().get_queryset(request).select_related("version")


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    """Each prediction with what was decided about it; rows that never change."""

    list_display = ("subject", "source", "at", "predicted", "range", "decided", "why", "by")
    list_filter = ("source", "origin")
    search_fields = ("=subject",)
    search_help_text = "The number of a request, in full"
    fields = (
        *("subject", "source", "at", "predicted", "range", "formula", "making", "by"),
        *("decided", "why", "servings", "servings_formula", "cake", "seen"),
    )
    ordering = ("-pk",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/pricing/prediction_list.html"
    inlines = (ShadowInline,)
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by key."""
        return KeysetChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read versions and decisions with them."""
        return super().get_queryset(request).select_related("version", "decision")

    @admin.display(description="the cake")
    def cake(self, row: Prediction) -> str:
        """Show what was priced, in words."""
        try:
            return describe(spec_from_json(row.spec))
        except Invalid:
            return "-"

    @admin.display(description="what was seen of it")
    def seen(self, row: Prediction) -> str:
        """Show the features that are not nothing, in the order in which models see them."""
        found = [(name, row.features.get(name)) for name in NAMES]
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            ((name, f"{value:.6g}") for name, value in found if isinstance(value, float) and value),
        )

    @admin.display(description="predicted")
    def predicted(self, row: Prediction) -> str:
        """Show the price."""
        return money.display(row.price, row.currency)

    @admin.display(description="range")
    def range(self, row: Prediction) -> str:
        """Show what was expected."""
        return f"{money.display(row.low, row.currency)} to {money.display(row.high, row.currency)}"

    @admin.display(description="by the formula")
    def formula(self, row: Prediction) -> str:
        """Show what the formula said."""
        return money.display(row.formula_price, row.currency)

    @admin.display(description="cost")
    def making(self, row: Prediction) -> str:
        """Show what making it costs."""
        return money.display(row.cost, row.currency)

    @admin.display(description="decided")
    def decided(self, row: Prediction) -> str:
        """Show the final price, and by how much it differs."""
        decision = getattr(row, "decision", None)
        if decision is None:
            return "-"
        sign = "+" if decision.difference > 0 else ""
        final = money.display(decision.final_price, row.currency)
        return f"{final} ({sign}{money.display(decision.difference, row.currency)})"

    @admin.display(description="reason")
    def why(self, row: Prediction) -> str:
        """Show why another price was decided on."""
        decision = getattr(row, "decision", None)
        return (decision.reason if decision else "") or "-"

    @admin.display(description="by")
    def by(self, row: Prediction) -> str:
        """Show which version spoke."""
        return row.version.name if row.version else "the formula"
