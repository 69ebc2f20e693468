"""Forms of the console for products and their sizes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from apps.catalog.adapters.pictures import MAX_BYTES
from apps.catalog.models import Product, Variant
from apps.catalog.rules import food_facts
from bakery.edge.console import ReasonForm
from bakery.kernel import money
from bakery.kernel.errors import Invalid


class _Ticks(forms.MultipleChoiceField):
    """Several of a vocabulary, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple


class ProductForm(ReasonForm):
    """A product. Allergens are either recorded, both lists complete, or unknown."""

    diet_tags = _Ticks(choices=list(food_facts.DIETS.items()), required=False)
    allergens_known = forms.BooleanField(
        required=False,
        label="Allergens are recorded",
        help_text='Leave off while you are not sure: the shop then says "ask us".',
    )
    contains = _Ticks(choices=list(food_facts.ALLERGENS.items()), required=False)
    may_contain = _Ticks(choices=list(food_facts.ALLERGENS.items()), required=False)
    picture = forms.FileField(
        required=False, help_text="JPEG, PNG or WebP up to 10 MB; stored anew, without metadata."
    )
    read_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Product
        fields = (
            "name",
            "slug",
            "kind",
            "category",
            "short_description",
            "description",
            "tax_class",
            "diet_tags",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            facts: Mapping[str, list[str]] = self.instance.allergens or {}
            self.initial["allergens_known"] = self.instance.allergens is not None
            for name in ("contains", "may_contain"):
                self.initial[name] = facts.get(name, [])
            self.initial["read_at"] = self.instance.updated_at.isoformat()

    def clean_picture(self) -> Any:
        """Refuse by size before anything is read; the service judges the content."""
        upload = self.cleaned_data["picture"]
        if upload and upload.size > MAX_BYTES:
            raise forms.ValidationError("A picture has at most 10 MB.")
        return upload

    def clean(self) -> dict[str, Any]:
        """Hold claims against facts, and refuse to undo what somebody else saved meanwhile."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stored = Product.objects.filter(pk=self.instance.pk).first()
        if stored is not None and cleaned.get("read_at") != stored.updated_at.isoformat():
            raise forms.ValidationError(
                "Somebody else changed this product since you opened it. Reload the page first."
            )
        try:
            facts = self._facts(cleaned)
            food_facts.check_claims(cleaned.get("diet_tags", []), facts)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        self.instance.allergens = facts
        return cleaned

    def _facts(self, cleaned: Mapping[str, Any]) -> dict[str, list[str]] | None:
        contains, may_contain = cleaned.get("contains", []), cleaned.get("may_contain", [])
        if not cleaned.get("allergens_known"):
            if contains or may_contain:
                raise forms.ValidationError('Tick "Allergens are recorded", or none of the lists.')
            return None
        return food_facts.clean_allergens({"contains": contains, "may_contain": may_contain})


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A size with its price."""

    class Meta:
        model = Variant
        fields = (
            "name",
            "sku",
            "price",
            "servings_min",
            "servings_max",
            "lead_time_hours",
            "per_order_limit",
            "message_max_length",
            "made_to_order",
            "position",
        )
        widgets = {
            "name": forms.TextInput(attrs={"size": 14}),
            "sku": forms.TextInput(attrs={"size": 12}),
            "price": forms.NumberInput(attrs={"step": "0.01", "size": 8}),
        }

    def clean_price(self) -> Any:
        """Refuse a price that the shop's currency cannot express."""
        price = self.cleaned_data["price"]
        try:
            money.to_minor(price, settings.SHOP_CURRENCY)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return price
