"""Suggested prices of the range over the staff API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.pricing import services
from apps.pricing.services import SizeDecision, Suggestion
from apps.pricing.services.catalogue import MOST_SIZES
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1


class ReasonRow(serializers.Serializer[Any]):
    """A part of a price: what it adds to it, or takes off."""

    text = serializers.CharField()
    amount = serializers.DecimalField(10, 2)


class SuggestedPriceRow(serializers.Serializer[Any]):
    """A price with the range that it is expected in; ``version`` "" when the formula speaks."""

    price = serializers.DecimalField(10, 2)
    low = serializers.DecimalField(10, 2)
    high = serializers.DecimalField(10, 2)
    formula_price = serializers.DecimalField(10, 2)
    floor_price = serializers.DecimalField(10, 2)
    cost = serializers.DecimalField(10, 2, source="costs.total")
    version = serializers.CharField()
    reasons = ReasonRow(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class SuggestedServingsRow(serializers.Serializer[Any]):
    """How many it is expected to serve."""

    servings = serializers.IntegerField()
    least = serializers.IntegerField()
    most = serializers.IntegerField()
    version = serializers.CharField()


class SizePriceRow(serializers.Serializer[Any]):
    """A size on sale; suggestions are null while ``missing`` names what has to be stated."""

    variant_id = serializers.IntegerField(source="size.variant_id")
    sku = serializers.CharField(source="size.sku")
    name = serializers.CharField(source="size.name")
    now = serializers.DecimalField(10, 2, source="size.price")
    unit_cost = serializers.DecimalField(10, 4, source="size.unit_cost", allow_null=True)
    servings_min = serializers.IntegerField(source="size.servings_min", allow_null=True)
    servings_max = serializers.IntegerField(source="size.servings_max", allow_null=True)
    missing = serializers.ListField(child=serializers.CharField(), source="size.missing")
    margin = serializers.DecimalField(
        6, 4, allow_null=True, help_text="Share of its present price that is left after all costs."
    )
    is_below_floor = serializers.BooleanField()
    suggestion = SuggestedPriceRow(source="price", allow_null=True)
    servings = SuggestedServingsRow(allow_null=True)


class SizePricesRow(serializers.Serializer[Any]):
    """A product with a suggestion for each of its sizes."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    sizes = SizePriceRow(many=True)


class SizeDecisionInput(serializers.Serializer[Any]):
    """A price for a size. ``seen_price`` is what it costs now as far as the caller knows."""

    variant_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID)
    price = serializers.DecimalField(10, 2, min_value=0)
    seen_price = serializers.DecimalField(10, 2, min_value=0)
    seen_suggestion = serializers.DecimalField(10, 2, min_value=0, required=False, allow_null=True)
    servings_least = WholeNumber(min_value=1, max_value=5000, required=False, allow_null=True)
    servings_most = WholeNumber(min_value=1, max_value=5000, required=False, allow_null=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for both ends of the servings or none."""
        if (attrs.get("servings_least") is None) != (attrs.get("servings_most") is None):
            raise serializers.ValidationError({"servings_most": ["State both or neither."]})
        return attrs


class DecisionsInput(serializers.Serializer[Any]):
    """Sizes whose price is decided: all of them or none."""

    sizes = serializers.ListField(child=SizeDecisionInput(), min_length=1, max_length=MOST_SIZES)


class StaffSuggestedPrices(APIView):
    """What the sizes of a product should cost."""

    permission_classes = [Staff("catalog.change_variant")]

    @extend_schema(
        summary="Suggest prices for a product's sizes", tags=["staff"], responses=SizePricesRow
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Return a price with range and reasons, and servings, for each size on sale."""
        return _reply(product_id)

    @extend_schema(
        summary="Decide prices of a product's sizes",
        tags=["staff"],
        request=DecisionsInput,
        responses=SizePricesRow,
        examples=[
            OpenApiExample(
                "Dearer than suggested",
                value={
                    "sizes": [
                        {
                            "variant_id": 12,
                            "price": "68.00",
                            "seen_price": "62.00",
                            "reason": "Fresh berries until the summer.",
                        }
                    ]
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Set the prices and log them beside what was predicted.

        409 ``stale_price`` or ``stale_suggestion`` when something changed meanwhile; 400
        ``reason_missing`` for a price out of the range that nothing explains.
        """
        checked = DecisionsInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.decide_prices(
            product_id=_known(product_id),
            decisions=[SizeDecision(**row) for row in checked.validated_data["sizes"]],
            actor=actor_of(request),
            at=clock.now(),
        )
        return _reply(product_id)


def _reply(product_id: int) -> Response:
    product, found = services.suggest_prices(product_id=_known(product_id), at=clock.now())
    rows: list[Suggestion] = found
    shown = {"product_id": product.id, "name": product.name, "sizes": rows}
    return Response(SizePricesRow(shown).data)


def _known(product_id: int) -> int:
    if product_id > _BIGGEST_ID:
        raise NotFound("product_not_found", "There is no such product.")
    return product_id
