"""How products look in JSON: plain dicts, and serializers that only describe them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors import Promise, ShelfProduct, ShelfVariant
from apps.catalog.states import ProductKind

FACT_LISTS = ("contains", "may_contain", "free_from", "unknown")


def money_text(amount: Decimal | None) -> str | None:
    """Return an amount as JSON carries it: text, since floats lose cents."""
    return None if amount is None else str(amount)


def images_of(product: ShelfProduct) -> dict[str, str]:
    """Return the addresses of the product's picture by width in pixels, narrowest first."""
    kinds = product.image_set
    widths = kinds.get("webp") or kinds.get("jpeg") or {}
    return {width: default_storage.url(widths[width]) for width in sorted(widths, key=int)}


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
        "images": images_of(product),
        "diet_tags": product.diet_tags,
        "allergens": product.allergens,
        "currency": settings.SHOP_CURRENCY,
        "price_from": money_text(product.price_from),
        "variants": [variant_row(variant) for variant in product.variants],
    }


def detail_row(product: ShelfProduct, promises: Mapping[int, Promise]) -> dict[str, Any]:
    """Return a product with its long description, and what only one product is asked for."""
    row = product_row(product)
    for variant, size in zip(product.variants, row["variants"], strict=True):
        size["food_facts"] = _food_facts(variant)
        size["promise"] = _promise(promises.get(variant.id))
    return {
        **row,
        "description": product.description,
        "seo_description": product.seo_description,
    }


def _food_facts(variant: ShelfVariant) -> dict[str, Any] | None:
    facts = variant.food_facts
    return None if facts is None else {name: facts[name] for name in FACT_LISTS}


def _promise(promise: Promise | None) -> dict[str, Any] | None:
    if promise is None:
        return None
    earliest = promise.earliest
    return {
        "earliest": None if earliest is None else earliest.isoformat(),
        "binding": promise.binding,
        "reason": promise.reason,
    }


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


class FoodFacts(serializers.Serializer[Any]):
    """Every allergen of the shop's list is in exactly one of these; only `free_from` is free."""

    contains = serializers.ListField(child=serializers.ChoiceField(choices=list(ALLERGENS.items())))
    may_contain = serializers.ListField(
        child=serializers.ChoiceField(choices=list(ALLERGENS.items()))
    )
    free_from = serializers.ListField(
        child=serializers.ChoiceField(choices=list(ALLERGENS.items()))
    )
    unknown = serializers.ListField(child=serializers.ChoiceField(choices=list(ALLERGENS.items())))


class PromiseRow(serializers.Serializer[Any]):
    """The earliest pickup of one size, ordered now and alone; null: none can be promised."""

    earliest = serializers.DateTimeField(allow_null=True)
    binding = serializers.CharField(help_text="The code of what keeps it from being earlier.")
    reason = serializers.CharField(help_text="The same, for people.")


class DetailVariantRow(VariantRow):
    """A size with its facts. `food_facts` null means unknown: ask the shop."""

    food_facts = FoodFacts(allow_null=True)
    promise = PromiseRow(allow_null=True)


class AllergenFacts(serializers.Serializer[Any]):
    """Both lists are complete when given."""

    contains = serializers.ListField(child=serializers.ChoiceField(choices=list(ALLERGENS.items())))
    may_contain = serializers.ListField(
        child=serializers.ChoiceField(choices=list(ALLERGENS.items()))
    )


class ProductRow(serializers.Serializer[Any]):
    """A product. `allergens` is what any size may hold; null means that some is unknown.

    Then ask the shop: unknown is never "free from". `images` are addresses by width in pixels.
    """

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ProductKind.choices)
    category = CategoryRow()
    short_description = serializers.CharField()
    image = serializers.CharField(allow_null=True)
    images = serializers.DictField(child=serializers.CharField())
    diet_tags = serializers.ListField(child=serializers.ChoiceField(choices=list(DIETS.items())))
    allergens = AllergenFacts(allow_null=True)
    currency = serializers.CharField()
    price_from = serializers.CharField(allow_null=True)
    variants = VariantRow(many=True)


class ProductDetailRow(ProductRow):
    """A product with its long description, and its sizes in full."""

    description = serializers.CharField()
    seo_description = serializers.CharField(help_text="What search engines show; may be empty.")
    variants = DetailVariantRow(many=True)


class ProductPage(serializers.Serializer[Any]):
    """A page of products; `next` and `previous` are addresses or null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    did_you_mean = serializers.CharField(
        allow_null=True, help_text="The words that were looked for when those of `q` found nothing."
    )
    results = ProductRow(many=True)


CAKE: dict[str, Any] = {
    "id": 7,
    "slug": "chocolate-layer-cake",
    "name": "Chocolate layer cake",
    "kind": "cake",
    "category": {"slug": "cakes", "name": "Cakes"},
    "short_description": "Dark sponge, cocoa buttercream.",
    "image": "/media/products/0f0d.webp",
    "images": {"320": "/media/products/9c41.webp", "640": "/media/products/0f0d.webp"},
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
_FACTS = {
    "contains": ["wheat", "egg", "milk"],
    "may_contain": ["tree_nuts"],
    "free_from": ["sesame", "peanut", "fish", "crustaceans", "molluscs"],
    "unknown": ["gluten", "soy", "mustard", "sulphites"],
}
_PROMISE = {
    "earliest": "2026-06-03T13:00:00+00:00",
    "binding": "lead_time",
    "reason": "We need a day for it.",
}
PAGE_EXAMPLE = OpenApiExample(
    "Cakes",
    value={"next": None, "previous": None, "did_you_mean": None, "results": [CAKE]},
    response_only=True,
)
DETAIL_EXAMPLE = OpenApiExample(
    "A cake",
    value={
        **CAKE,
        "description": "Three layers of dark sponge.",
        "seo_description": "A cake of dark sponge and cocoa buttercream, made to order.",
        "variants": [{**CAKE["variants"][0], "food_facts": _FACTS, "promise": _PROMISE}],
    },
    response_only=True,
)
