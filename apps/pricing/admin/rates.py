"""The rates that prices follow from, in the console."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.pricing import selectors, services
from apps.pricing.models import LabourRecord, PriceRates
from apps.pricing.services.rates import RATE_FIELDS
from bakery.edge.access import recent_second_factor
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money
from bakery.kernel.errors import NotFound

_CHANGE = "pricing.change_rates"
_MARGINS = ("target_margin", "floor_margin")
_HUNDRED = Decimal(100)


class PriceRatesForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # for the checker only
    """Rates as people write them: margins in per cent."""

    target_margin = forms.DecimalField(
        label="Margin aimed for, %",
        max_digits=4,
        decimal_places=2,
        help_text="Of the price. The formula's price leaves so much after all costs.",
    )
    floor_margin = forms.DecimalField(
        label="Lowest margin, %",
        max_digits=4,
        decimal_places=2,
        help_text="Of the price. Below it only a manager sells.",
    )

    class Meta:
        model = PriceRates
        fields = RATE_FIELDS
        labels = {
            "hourly_rate": "An hour of work",
            "waste_percent": "Waste, %",
            "overhead_percent": "Overhead, %",
            "rush_days": "Rush below, days",
            "rush_percent": "More in a rush, %",
            "price_step": "Round up to",
        }
        help_texts = {
            "starts_on": "From this day on; today at the earliest. Other days keep their rates.",
            "hourly_rate": "With what the shop pays on top of wages, before tax.",
            "waste_percent": "Added to what ingredients cost.",
            "overhead_percent": "Rent, power and the like: added to ingredients and work.",
            "rush_days": "With fewer days from the order to the pickup a cake is in a rush.",
            "price_step": "Prices are rounded up to a multiple of this.",
        }

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes, and the database's own rules hold."""

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        values = {name: self.cleaned_data[name] for name in RATE_FIELDS}
        return {**values, **{name: values[name] / _HUNDRED for name in _MARGINS}}


@admin.register(PriceRates)
class PriceRatesAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """What held and holds from which day on. Rows are added, never changed."""

    form = PriceRatesForm
    list_display = ("starts_on", "hour", "shares", "margins", "rush", "step", "actor")
    ordering = ("-starts_on", "-pk")
    actions = None
    fieldsets = (
        (None, {"fields": ("starts_on",)}),
        ("Costs", {"fields": ("hourly_rate", "waste_percent", "overhead_percent")}),
        ("Margins", {"fields": ("target_margin", "floor_margin")}),
        ("Prices", {"fields": ("rush_days", "rush_percent", "price_step")}),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list after its rows: there is nothing to select."""
        return super().changelist_view(
            request, {"title": "Rates of prices", **(extra_context or {})}
        )

    @recent_second_factor()
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for a fresh code first: every price and every floor follows from what is set."""
        return super().add_view(request, form_url, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Admit those who may set rates."""
        return bool(request.user.has_perm(_CHANGE))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what held on a day stays written down."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, as above."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the rates of today."""
        now = clock.now()
        try:
            held = selectors.rates_at(now)
        except NotFound:
            return {"starts_on": clock.shop_date(now)}
        first = {name: getattr(held, name) for name in RATE_FIELDS}
        shares = {name: (first[name] * _HUNDRED).quantize(Decimal("0.01")) for name in _MARGINS}
        return {**first, **shares, "starts_on": clock.shop_date(now)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        row = services.set_rates(values=form.values(), actor=actor_of(request), at=clock.now())
        obj.pk, obj.starts_on = row.pk, row.starts_on

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""

    @admin.display(description="an hour", ordering="hourly_rate")
    def hour(self, row: PriceRates) -> str:
        """Show what an hour of work costs."""
        return money.display(row.hourly_rate, settings.SHOP_CURRENCY)

    @admin.display(description="waste and overhead")
    def shares(self, row: PriceRates) -> str:
        """Show what is added to costs."""
        return f"{_short(row.waste_percent)} % and {_short(row.overhead_percent)} %"

    @admin.display(description="margin, lowest")
    def margins(self, row: PriceRates) -> str:
        """Show the margin aimed for and the lowest."""
        aim, lowest = row.target_margin * _HUNDRED, row.floor_margin * _HUNDRED
        return f"{_short(aim)} %, {_short(lowest)} %"

    @admin.display(description="in a rush")
    def rush(self, row: PriceRates) -> str:
        """Show what haste costs."""
        return f"+{_short(row.rush_percent)} % below {row.rush_days} days"

    @admin.display(description="rounded up to")
    def step(self, row: PriceRates) -> str:
        """Show to what prices are rounded."""
        return money.display(row.price_step, settings.SHOP_CURRENCY)


@admin.register(LabourRecord)
class LabourRecordAdmin(ReadOnlyAdmin):
    """How long cakes took, beside what was estimated."""

    list_display = ("subject", "complexity", "estimated_hours", "hours", "at")
    list_filter = ("complexity",)
    search_fields = ("=subject",)
    search_help_text = "A number, in full"
    ordering = ("-pk",)


def _short(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
