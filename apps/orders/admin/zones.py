"""Delivery zones in the console: their list and form, and whether a postcode gets delivered."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from apps.orders import selectors, services
from apps.orders.models import DeliveryZone
from apps.orders.rules.zones import overlaps
from apps.orders.states import ZoneKind
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.kernel import clock, money
from bakery.kernel.errors import DomainError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COUNTRIES = (("CA", "Canada"), ("US", "United States"), ("GB", "United Kingdom"))
_FIELDS = (
    "name", "kind", "country", "radius_km", "fee", "free_from", "minimum", "rank", "active",
)  # fmt: skip


class ZoneForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A zone as people write it: postcodes one a line or with commas between them."""

    called: ClassVar[Mapping[str, str]] = {"postcodes": "codes", "weekdays": "served"}
    country = forms.ChoiceField(choices=_COUNTRIES)
    codes = forms.CharField(
        label="Postcodes",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60}),
        help_text="Full codes or beginnings of them: M5V, M5J 2, M4Y 1A1. For the United Kingdom a"
        " district such as N1 does not mean N10; write a sector with its space, N1 9.",
    )
    served = forms.TypedMultipleChoiceField(
        label="Weekdays",
        required=False,
        coerce=int,
        choices=list(enumerate(_DAYS)),
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: every day.",
    )

    class Meta:
        model = DeliveryZone
        fields = _FIELDS
        help_texts = {
            "radius_km": "Kilometres around the shop, as the crow flies.",
            "free_from": "No fee for goods of this much and more. Empty: always a fee.",
            "minimum": "Goods after promotions must cost this much.",
            "rank": "Of zones with the same fee the lower rank has an address.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["codes"] = "\n".join(self.instance.postcodes)
            self.initial["served"] = self.instance.weekdays
        else:
            self.initial.setdefault("country", settings.SHOP_COUNTRY)

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes, and the database's own rules hold."""

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        cleaned = self.cleaned_data
        parts = cleaned["codes"].replace(",", "\n").splitlines()
        values: dict[str, Any] = {name: cleaned.get(name) for name in _FIELDS}
        values["postcodes"] = [part.strip() for part in parts if part.strip()]
        values["weekdays"] = cleaned["served"]
        return values


class CheckForm(forms.Form):
    """A postcode to look up."""

    postcode = forms.CharField(max_length=40)
    country = forms.ChoiceField(choices=_COUNTRIES)


@admin.register(DeliveryZone)
class ZoneAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Where orders are brought. The service writes the audit entry, so this is a plain admin."""

    form = ZoneForm
    list_display = ("name", "area", "price", "least", "days", "rank", "active")
    list_filter = ("active", "kind")
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    fieldsets = (
        (None, {"fields": ("name", "active")}),
        ("Where", {"fields": ("kind", "country", "codes", "radius_km")}),
        ("Terms", {"fields": ("fee", "free_from", "minimum", "served", "rank")}),
    )
    change_list_template = "admin/orders/deliveryzone/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Zones are put out of use, not deleted."""
        return False

    @admin.display(description="where")
    def area(self, zone: DeliveryZone) -> str:
        """Show its border."""
        if zone.kind == ZoneKind.RADIUS:
            return f"within {zone.radius_km:f} km"
        shown = ", ".join(zone.postcodes[:6])
        more = len(zone.postcodes) - 6
        return f"{zone.country}: {shown}" + (f" and {more} more" if more > 0 else "")

    @admin.display(description="fee", ordering="fee")
    def price(self, zone: DeliveryZone) -> str:
        """Show the fee and from where there is none."""
        text = money.display(zone.fee, settings.SHOP_CURRENCY)
        if zone.free_from is None:
            return text
        return f"{text}, free from {money.display(zone.free_from, settings.SHOP_CURRENCY)}"

    @admin.display(description="minimum", ordering="minimum")
    def least(self, zone: DeliveryZone) -> str:
        """Show how much must be ordered."""
        return money.display(zone.minimum, settings.SHOP_CURRENCY) if zone.minimum else "-"

    @admin.display(description="days")
    def days(self, zone: DeliveryZone) -> str:
        """Show when it is served."""
        return ", ".join(_DAYS[day][:3] for day in zone.weekdays) or "every day"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        arguments = {"values": form.values(), "actor": actor_of(request), "at": clock.now()}
        zone = (
            services.change_zone(zone_id=obj.pk, **arguments)
            if change
            else services.add_zone(**arguments)
        )
        obj.pk, obj.name = zone.pk, zone.name

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit trail."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say which zones share postcodes, and whose they are."""
        if request.method == "GET" and self.has_view_permission(request):
            for winner, loser, part in overlaps(selectors.active_zones())[:10]:
                messages.info(
                    request, f"{part} lies in {loser.name} too; it belongs to {winner.name}."
                )
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        """Add the look-up of a postcode."""
        check = self.admin_site.admin_view(self.look_up)
        return [path("check/", check, name="orders_deliveryzone_check"), *super().get_urls()]

    def look_up(self, request: HttpRequest) -> HttpResponse:
        """Tell whether a postcode gets delivered, by which zone, and which others hold it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = "postcode" in request.GET
        form = CheckForm(request.GET if asked else None, initial={"country": settings.SHOP_COUNTRY})
        found = None
        if asked and form.is_valid():
            try:
                found = selectors.check_postcode(**form.cleaned_data)
            except DomainError as error:
                form.add_error("postcode", ValidationError(error.message))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Does this postcode get delivered?",
            "form": form,
            "found": found,
            "rows": [
                (zone, money.display(zone.fee, settings.SHOP_CURRENCY)) for zone in found.zones
            ]
            if found
            else [],
            "has_position": selectors.shop_position() is not None,
        }
        return render(request, "admin/orders/deliveryzone/check.html", context)
