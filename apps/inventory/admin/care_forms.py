"""Forms of the console for lots, waste and tills."""

from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import F

from apps.catalog.models import Ingredient, Variant
from apps.inventory.models import Lot
from apps.inventory.rules.low_stock import MAX_LOW_AT
from apps.inventory.rules.quantities import MAX_QUANTITY
from apps.inventory.states import StockKeeper, WasteReason

_NOTE: dict[str, Any] = {"max_length": 300, "required": False}
_DAY = {"type": "date"}


def _wide() -> forms.TextInput:
    return forms.TextInput(attrs={"size": 60})


class SizeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """A size by the names that people use."""

    def label_from_instance(self, obj: Any) -> str:
        """Return product, size and SKU."""
        return f"{obj.product.name}, {obj.name} ({obj.sku})"


def _sizes() -> Any:
    sizes = Variant.objects.filter(archived_at=None).select_related("product")
    return sizes.order_by("product__name", "position")


class LotsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # as above
    """Lots by code and what they are."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the code, and the ingredient or product."""
        if obj.variant is None:
            return f"{obj.code}, {obj.ingredient}"
        return f"{obj.code}, {obj.variant.product.name}, {obj.variant.name}"


class DeliveryForm(forms.Form):
    """A delivery of one ingredient."""

    ingredient = forms.ModelChoiceField(queryset=Ingredient.objects.order_by("name"))
    code = forms.CharField(max_length=60, label="Lot code", help_text="As printed on the package.")
    quantity = forms.DecimalField(
        max_digits=10, decimal_places=3, min_value=0, required=False, label="How much"
    )
    unit = forms.CharField(max_length=20, required=False, help_text="kg, bags, litres")
    best_before = forms.DateField(required=False, widget=forms.DateInput(attrs=_DAY))
    supplier = forms.CharField(max_length=120, required=False)
    supplier_ref = forms.CharField(max_length=120, required=False, label="Delivery note")
    note = forms.CharField(widget=_wide(), **_NOTE)


class BakeForm(forms.Form):
    """A bake; its pieces go into stock unless an order or a day is named."""

    variant = SizeField(queryset=Variant.objects.none(), label="Product and size")
    pieces = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    code = forms.CharField(
        max_length=60, required=False, label="Lot code", help_text="Made up if left empty."
    )
    best_before = forms.DateField(required=False, widget=forms.DateInput(attrs=_DAY))
    used = LotsField(
        queryset=Lot.objects.none(),
        required=False,
        label="Lots that went in",
        help_text="Hold Ctrl to choose several.",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    order = forms.UUIDField(
        required=False, label="Order", help_text="Only for what was made for one order: its id."
    )
    day = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="Only for goods that are counted by day: the day of pickup.",
    )
    note = forms.CharField(widget=_wide(), **_NOTE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["variant"].queryset = _sizes()  # type: ignore[attr-defined]
        newest = Lot.objects.filter(recalled_at=None).order_by("-pk").values("pk")[:200]
        lots = Lot.objects.filter(pk__in=newest).select_related("variant__product", "ingredient")
        # Deliveries first: they go into nearly every bake.
        self.fields["used"].queryset = lots.order_by(  # type: ignore[attr-defined]
            F("variant_id").asc(nulls_first=True), "-pk"
        )


class WasteForm(forms.Form):
    """Pieces thrown away; ``ref`` makes sending it twice harmless."""

    variant = SizeField(queryset=Variant.objects.none(), label="Product and size")
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, label="Pieces")
    reason = forms.ChoiceField(choices=[("", "Why?"), *WasteReason.choices])
    lot = forms.CharField(max_length=60, required=False, help_text="Its lot code, if you know it.")
    note = forms.CharField(widget=_wide(), **_NOTE)
    ref = forms.CharField(
        max_length=60, widget=forms.HiddenInput, initial=lambda: f"waste-{uuid4().hex}"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["variant"].queryset = _sizes()  # type: ignore[attr-defined]


class CareForm(forms.Form):
    """When a size is low, and who counts it."""

    low_at = forms.IntegerField(
        min_value=0,
        max_value=MAX_LOW_AT,
        required=False,
        label="Tell me at",
        help_text="Free pieces. Empty: nobody is told.",
    )
    kept_by = forms.ChoiceField(choices=StockKeeper.choices, label="Counted by")


class RecallForm(forms.Form):
    """Why a lot is recalled."""

    reason = forms.CharField(max_length=300, widget=_wide())


class ResolveForm(forms.Form):
    """What to do about a till's report."""

    how = forms.ChoiceField(
        choices=[
            ("apply", "Apply it, as far as promises allow"),
            ("recount", "I counted: this is what is there"),
            ("ignore", "Ignore it"),
        ],
        widget=forms.RadioSelect,
        label="What to do",
    )
    counted = forms.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, required=False, label="Counted pieces"
    )
    note = forms.CharField(widget=_wide(), help_text="Needed to ignore it.", **_NOTE)
