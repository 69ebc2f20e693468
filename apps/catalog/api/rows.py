"""How products look in JSON: plain dicts, and serializers that only describe them."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import ShelfProduct, ShelfVariant
from apps.catalog.states import ProductKind


def money_text(amount: Decimal | None) -> str | None:
    """Return an amount as JSON carries it: text, since floats lose cents."""
    return None if amount is None else str(amount)


def variant_row(variant: ShelfVariant) -> dict[str, Any]:
    """Return a size; how many are left is told only when they are few."""
    availability = variant.availability
    return {
        "id": variant.id,
        "sku": variant.sku,
        "name": variant.name,
        "price": money_text(variant.price),
        "servings_min": variant.servings_min,
        "servings_max": variant.servings_max,
        "lead_time_hours": variant.lead_time_hours,
        "per_order_limit": variant.per_order_limit,
        "message_max_length": variant.message_max_length,
        "availability": availability,
        "remaining": variant.remaining if availability == "few_left" else None,
    }


def product_row(product: ShelfProduct) -> dict[str, Any]:
    """Return a product as in the list."""
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "kind": product.kind,
        "category": {"slug": product.category_slug, "name": product.category_name},
        "short_description": product.short_description,
        "image": default_storage.url(product.image) if product.image else None,
        "diet_tags": product.diet_tags,
        "allergens": product.allergens,
        "currency": settings.SHOP_CURRENCY,
        "price_from": money_text(product.price_from),
        "variants": [variant_row(variant) for variant in product.variants],
    }


def detail_row(product: ShelfProduct) -> dict[str, Any]:
    """Return a product with its long description."""
    return {**product_row(product), "description": product.description}


class CategoryRow(serializers.Serializer[Any]):
    """A shelf of the shop."""

    slug = serializers.CharField()
    name = serializers.CharField()


class CategoryCountRow(CategoryRow):
    """A shelf with how many products it has."""

    products = serializers.IntegerField()


class VariantRow(serializers.Serializer[Any]):
    """A size. `remaining` is given only when few are left."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField(help_text="Before tax, in `currency`.")
    servings_min = serializers.IntegerField(allow_null=True)
    servings_max = serializers.IntegerField(allow_null=True)
    lead_time_hours = serializers.IntegerField()
    per_order_limit = serializers.IntegerField(allow_null=True)
    message_max_length = serializers.IntegerField(help_text="0: nothing can be written on it.")
    availability = serializers.ChoiceField(
        choices=["made_to_order", "in_stock", "few_left", "out_of_stock"]
    )
    remaining = serializers.IntegerField(allow_null=True)


class AllergenFacts(serializers.Serializer[Any]):
    """Both lists are complete when given."""

    contains = serializers.ListField(child=serializers.ChoiceField(choices=list(ALLERGENS.items())))
    may_contain = serializers.ListField(
        child=serializers.ChoiceField(choices=list(ALLERGENS.items()))
    )


class ProductRow(serializers.Serializer[Any]):
    """A product. `allergens` null means unknown: ask the shop, never "free from"."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ProductKind.choices)
    category = CategoryRow()
    short_description = serializers.CharField()
    image = serializers.CharField(allow_null=True)
    diet_tags = serializers.ListField(child=serializers.ChoiceField(choices=list(DIETS.items())))
    allergens = AllergenFacts(allow_null=True)
    currency = serializers.CharField()
    price_from = serializers.CharField(allow_null=True)
    variants = VariantRow(many=True)


class ProductDetailRow(ProductRow):
    """A product with its long description."""

    description = serializers.CharField()


class ProductPage(serializers.Serializer[Any]):
    """A page of products; `next` and `previous` are addresses or null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ProductRow(many=True)


CAKE: dict[str, Any] = {
    "id": 7,
    "slug": "chocolate-layer-cake",
    "name": "Chocolate layer cake",
    "kind": "cake",
    "category": {"slug": "cakes", "name": "Cakes"},
    "short_description": "Dark sponge, cocoa buttercream.",
    "image": "/media/products/0f0d.webp",
    "diet_tags": ["vegetarian"],
    "allergens": {"contains": ["wheat", "egg", "milk"], "may_contain": ["tree_nuts"]},
    "currency": "CAD",
    "price_from": "48.00",
    "variants": [
        {
            "id": 21,
            "sku": "CHOC-8",
            "name": "8 inch",
            "price": "48.00",
            "servings_min": 20,
            "servings_max": 24,
            "lead_time_hours": 24,
            "per_order_limit": 3,
            "message_max_length": 40,
            "availability": "made_to_order",
            "remaining": None,
        }
    ],
}
PAGE_EXAMPLE = OpenApiExample(
    "Cakes", value={"next": None, "previous": None, "results": [CAKE]}, response_only=True
)
DETAIL_EXAMPLE = OpenApiExample(
    "A cake",
    value={**CAKE, "description": "Three layers of dark sponge."},
    response_only=True,
)
