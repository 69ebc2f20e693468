"""Who used which promotion when, in the console."""

from typing import Any

from django.contrib import admin

from apps.loyalty.models import Redemption, RedemptionTransition
from apps.loyalty.states import SpendState
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin


class RedemptionHistory(HistoryInline):
    """Reserved, used, given back."""

    model = RedemptionTransition


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    """The log of redemptions; sales write it."""

    list_display = ("created_at", "label", "code", "amount", "outcome", "reference")
    list_filter = ("state", "promotion__kind", "created_at")
    list_select_related = ("promotion",)
    search_fields = ("=reference", "=code", "label")
    search_help_text = "A sale's reference, a code as it is stored, or words of the promotion."
    fields = (
        *("promotion", "label", "coupon", "code", "amount", "state", "is_dropped"),
        *("reference", "created_at"),
    )
    inlines = (RedemptionHistory,)

    @admin.display(description="state", ordering="state")
    def outcome(self, row: Redemption) -> str:
        """Say where it is, and whether an edit took it out of the sale."""
        label = str(SpendState(row.state).label)
        return f"{label} by an edit" if row.is_dropped else label

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> Any:
        """Find a reference also by the sale's id alone."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term and ":" not in search_term:
            found |= queryset.filter(reference=f"order:{search_term.strip()[:90]}")
        return found, may_repeat
