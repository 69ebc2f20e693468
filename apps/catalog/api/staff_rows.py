"""What staff send and get: input is named field by field, anything else is ignored."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.catalog.models import Product, Variant
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.states import CakeShape, Packaging, ProductKind, ProductStatus, TaxClass
from bakery.edge.fields import WholeNumber

MOST_TIERS = 10


class ProductInput(serializers.Serializer[Any]):
    """Fields of a product that staff may set; allergens null means unknown."""

    name = serializers.CharField(max_length=120)
    category_id = WholeNumber(min_value=1, max_value=2**31)
    slug = serializers.SlugField(max_length=140, required=False)
    kind = serializers.ChoiceField(choices=ProductKind.choices, required=False)
    tax_class = serializers.ChoiceField(choices=TaxClass.choices, required=False)
    short_description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    seo_description = serializers.CharField(
        max_length=160, allow_blank=True, required=False, help_text="What search engines show."
    )
    search_words = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="Further words that find it."
    )
    diet_tags = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DIETS.items())), required=False, max_length=20
    )
    allergens = serializers.JSONField(required=False, allow_null=True)


class ProductChange(ProductInput):
    """The same, to change; `updated_at` as read guards against undoing another's change."""

    updated_at = serializers.DateTimeField(required=False)


def _inches(help_text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        required=False,
        allow_null=True,
        help_text=help_text,
    )


class TierInput(serializers.Serializer[Any]):
    """One tier of a stack, from the bottom; inches."""

    shape = serializers.ChoiceField(choices=CakeShape.choices, required=False)
    length_in = _inches("Diameter or longest side.")
    width_in = _inches("The other side.")
    height_in = _inches("Height.")

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Keep numbers as text, which JSON carries without losing anything."""
        tier = super().to_internal_value(data)
        return {name: str(value) for name, value in tier.items() if value is not None}


class VariantInput(serializers.Serializer[Any]):
    """Fields of a size that staff may set; the price is before tax."""

    sku = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=60)
    price = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0)
    servings_min = WholeNumber(min_value=1, max_value=10000, required=False, allow_null=True)
    servings_max = WholeNumber(min_value=1, max_value=10000, required=False, allow_null=True)
    lead_time_hours = WholeNumber(min_value=0, max_value=2160, required=False)
    per_order_limit = WholeNumber(min_value=1, max_value=10000, required=False, allow_null=True)
    message_max_length = WholeNumber(min_value=0, max_value=500, required=False)
    made_to_order = serializers.BooleanField(required=False)
    unit_cost = serializers.DecimalField(
        max_digits=10,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        help_text="What one costs to make; worked out where a recipe is known.",
    )
    shape = serializers.ChoiceField(choices=CakeShape.choices, allow_blank=True, required=False)
    length_in = _inches("Diameter or longest side, in inches.")
    width_in = _inches("The other side, for shapes that have one.")
    height_in = _inches("Height in inches.")
    tiers = TierInput(many=True, required=False, max_length=MOST_TIERS)  # type: ignore[call-arg]  # of the list
    weight_g = WholeNumber(min_value=1, max_value=1000000, required=False, allow_null=True)
    pieces = WholeNumber(
        min_value=1, max_value=1000, required=False, help_text="Single servings it holds, for tax."
    )
    packaging = serializers.ChoiceField(choices=Packaging.choices, required=False)
    lead_days = WholeNumber(min_value=0, max_value=90, required=False, help_text="Working days.")
    cutoff_at = serializers.TimeField(
        required=False, allow_null=True, help_text="After this local time a day is over for it."
    )
    oven_minutes = WholeNumber(min_value=0, max_value=1440, required=False)
    decorator_minutes = WholeNumber(min_value=0, max_value=1440, required=False)
    position = WholeNumber(min_value=0, max_value=1000, required=False)


class StaffVariantRow(VariantInput):
    """A size as staff see it, archived ones included."""

    id = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True)


class StaffProductRow(ProductInput):
    """A product as staff see it, whatever its status."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ProductStatus.choices)
    updated_at = serializers.DateTimeField()
    currency = serializers.CharField()
    variants = StaffVariantRow(many=True)


_AMOUNTS = ("price", "unit_cost", "length_in", "width_in", "height_in")


def text_of(amount: Any) -> str | None:
    """Return an amount as JSON carries it: text, since floats lose cents."""
    return None if amount is None else str(amount)


def variant_row(variant: Variant) -> dict[str, Any]:
    """Return a size."""
    names = (*VariantInput().fields, "id", "archived_at")
    row = {name: getattr(variant, name) for name in names}
    amounts = {name: text_of(row[name]) for name in _AMOUNTS}
    return {**row, **amounts}


def product_row(product: Product) -> dict[str, Any]:
    """Return a product with its sizes (prefetch them for lists)."""
    names = (*ProductInput().fields, "id", "status", "updated_at")
    return {
        **{name: getattr(product, name) for name in names},
        "currency": settings.SHOP_CURRENCY,
        "variants": [variant_row(variant) for variant in product.variants.all()],
    }
