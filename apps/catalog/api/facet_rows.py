"""How the counts beside the filters look in JSON."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.catalog.selectors import FacetOption, Facets


def facets_row(facets: Facets, *, corrected: str) -> dict[str, Any]:
    """Return all filters with their counts."""
    return {
        "total": facets.total,
        "did_you_mean": corrected or None,
        "category": [_option(option) for option in facets.categories],
        "kind": [_option(option) for option in facets.kinds],
        "diet": [_option(option) for option in facets.diets],
        "free_from": [_option(option) for option in facets.free_from],
        "servings_min": [
            {**_option(option), "value": int(option.value)} for option in facets.servings
        ],
        "price": [
            {
                "price_min": _amount(option.step.lowest),
                "price_max": _amount(option.step.highest),
                "count": option.count,
                "chosen": option.is_chosen,
            }
            for option in facets.prices
        ],
    }


def _option(option: FacetOption) -> dict[str, Any]:
    return {
        "value": option.value,
        "label": option.label,
        "count": option.count,
        "chosen": option.is_chosen,
    }


def _amount(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:.2f}"


class FacetOptionRow(serializers.Serializer[Any]):
    """A choice of a filter, and how many products it would leave beside the others."""

    value = serializers.CharField(help_text="What the parameter takes.")
    label = serializers.CharField(help_text="For people.")  # type: ignore[assignment]  # a field
    count = serializers.IntegerField()
    chosen = serializers.BooleanField()


class ServingsOptionRow(FacetOptionRow):
    """A number of guests."""

    value = serializers.IntegerField()  # type: ignore[assignment]


class PriceOptionRow(serializers.Serializer[Any]):
    """A step of prices, inclusive at both ends; null is no end."""

    price_min = serializers.CharField(allow_null=True)
    price_max = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    chosen = serializers.BooleanField()


class FacetsRow(serializers.Serializer[Any]):
    """Every filter by the name of its parameter; `total` is what the filters leave as they are."""

    total = serializers.IntegerField()
    did_you_mean = serializers.CharField(
        allow_null=True, help_text="The words that were counted when those of `q` found nothing."
    )
    category = FacetOptionRow(many=True)
    kind = FacetOptionRow(many=True)
    diet = FacetOptionRow(many=True)
    free_from = FacetOptionRow(many=True)
    servings_min = ServingsOptionRow(many=True)
    price = PriceOptionRow(many=True)


FACETS_EXAMPLE = OpenApiExample(
    "Vegan",
    value={
        "total": 7,
        "did_you_mean": None,
        "category": [{"value": "cakes", "label": "Cakes", "count": 3, "chosen": False}],
        "kind": [{"value": "cake", "label": "Cake", "count": 3, "chosen": False}],
        "diet": [
            {"value": "vegan", "label": "Vegan", "count": 7, "chosen": True},
            {"value": "nut_free", "label": "Nut-free", "count": 2, "chosen": False},
        ],
        "free_from": [{"value": "egg", "label": "Egg", "count": 6, "chosen": False}],
        "servings_min": [{"value": 20, "label": "20 or more", "count": 2, "chosen": False}],
        "price": [{"price_min": "25.00", "price_max": "49.99", "count": 3, "chosen": False}],
    },
    response_only=True,
)
