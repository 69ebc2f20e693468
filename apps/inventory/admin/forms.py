"""Forms of the console for stock and the pickup calendar."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms

from apps.catalog.models import Variant
from apps.inventory.models import Slot
from apps.inventory.rules.hours import MAX_CAPACITY, MAX_MINUTES
from apps.inventory.rules.quantities import MAX_DELTA
from apps.inventory.states import StockReason

MAX_DAYS = 62


class _VariantField(forms.ModelChoiceField):  # type: ignore[type-arg]  # as below
    """A stocked size, by the names that people use."""

    def label_from_instance(self, obj: Any) -> str:
        """Return product, size and SKU."""
        return f"{obj.product.name}, {obj.name} ({obj.sku})"


class AdjustForm(forms.Form):
    """A signed change of stock with its reason; ``ref`` makes sending it twice harmless."""

    variant = _VariantField(
        queryset=Variant.objects.filter(made_to_order=False, archived_at=None)
        .select_related("product")
        .order_by("product__name", "position"),
        label="Product and size",
    )
    delta = forms.IntegerField(
        min_value=-MAX_DELTA,
        max_value=MAX_DELTA,
        label="Change",
        help_text="12 adds twelve pieces, -3 takes three away.",
    )
    reason = forms.ChoiceField(choices=[("", "Why?"), *StockReason.choices])
    note = forms.CharField(
        max_length=300, required=False, widget=forms.TextInput(attrs={"size": 60})
    )
    ref = forms.CharField(
        max_length=60, widget=forms.HiddenInput, initial=lambda: f"form-{uuid4().hex}"
    )


class OpenSlotsForm(forms.Form):
    """Pickup times of one day, or of the same hours on several days."""

    day = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    from_ = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time"}))
    to = forms.TimeField(label="To", widget=forms.TimeInput(attrs={"type": "time"}))
    minutes = forms.IntegerField(label="Minutes each", min_value=5, max_value=1440, initial=30)
    capacity = forms.IntegerField(
        label="Orders each", min_value=1, max_value=MAX_CAPACITY, initial=4
    )

    def clean(self) -> dict[str, Any]:
        """Bound the number of days."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("day"), cleaned.get("until")
        if first and last and not first <= last < first + timedelta(days=MAX_DAYS):
            raise forms.ValidationError(f"The last day is up to {MAX_DAYS} days after the first.")
        return cleaned

    def days(self) -> list[date]:
        """Return the days that were asked for."""
        first = self.cleaned_data["day"]
        last = self.cleaned_data.get("until") or first
        return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


_BOOKED = {
    "capacity": "booked",
    "max_pieces": "pieces_booked",
    "max_oven_minutes": "oven_booked",
    "max_decorator_minutes": "decorator_booked",
}


def _limit_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MAX_MINUTES,
        required=False,
        help_text="Of all its orders together. Empty: no limit.",
    )


class SlotForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """What can be changed about a pickup time."""

    capacity = forms.IntegerField(label="Orders", min_value=1, max_value=MAX_CAPACITY)
    max_pieces = _limit_field("Pieces")
    max_oven_minutes = _limit_field("Oven minutes")
    max_decorator_minutes = _limit_field("Decorator minutes")

    class Meta:
        model = Slot
        fields = ("capacity", "max_pieces", "max_oven_minutes", "max_decorator_minutes", "closed")

    def clean(self) -> dict[str, Any]:
        """Refuse to drop below what is booked; the service and the database refuse as well."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, counter in _BOOKED.items():
            value, booked = cleaned.get(name), getattr(self.instance, counter)
            if value is not None and value < booked:
                self.add_error(name, f"{booked} are booked already.")
        return cleaned


def local_text(moment: datetime, zone: Any) -> str:
    """Return the shop's wall time as staff read it."""
    return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M}"
