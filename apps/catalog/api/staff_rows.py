"""What staff send and get: input is named field by field, anything else is ignored."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.catalog.models import Product, Variant
from apps.catalog.rules.food_facts import DIETS
from apps.catalog.states import ProductKind, ProductStatus, TaxClass
from bakery.edge.fields import WholeNumber


class ProductInput(serializers.Serializer[Any]):
    """Fields of a product that staff may set; allergens null means unknown."""

    name = serializers.CharField(max_length=120)
    category_id = WholeNumber(min_value=1, max_value=2**31)
    slug = serializers.SlugField(max_length=140, required=False)
    kind = serializers.ChoiceField(choices=ProductKind.choices, required=False)
    tax_class = serializers.ChoiceField(choices=TaxClass.choices, required=False)
    short_description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    diet_tags = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DIETS.items())), required=False, max_length=20
    )
    allergens = serializers.JSONField(required=False, allow_null=True)


class ProductChange(ProductInput):
    """The same, to change; `updated_at` as read guards against undoing another's change."""

    updated_at = serializers.DateTimeField(required=False)


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


def variant_row(variant: Variant) -> dict[str, Any]:
    """Return a size."""
    names = (*VariantInput().fields, "id", "archived_at")
    row = {name: getattr(variant, name) for name in names}
    return {**row, "price": str(variant.price)}


def product_row(product: Product) -> dict[str, Any]:
    """Return a product with its sizes (prefetch them for lists)."""
    names = (*ProductInput().fields, "id", "status", "updated_at")
    return {
        **{name: getattr(product, name) for name in names},
        "currency": settings.SHOP_CURRENCY,
        "variants": [variant_row(variant) for variant in product.variants.all()],
    }
