"""Stock over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import services
from apps.inventory.rules.quantities import MAX_DELTA
from apps.inventory.states import StockReason
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.idempotent import idempotent
from bakery.kernel import clock


class AdjustmentInput(serializers.Serializer[Any]):
    """A signed change with its reason; there is no way to set a number outright."""

    delta = WholeNumber(min_value=-MAX_DELTA, max_value=MAX_DELTA)
    reason = serializers.ChoiceField(choices=StockReason.choices)
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")

    def validate_delta(self, value: int) -> int:
        """Refuse a change that changes nothing."""
        if value == 0:
            raise serializers.ValidationError("Not 0.")
        return value


class StockView(serializers.Serializer[Any]):
    """Stock after the change."""

    variant_id = serializers.IntegerField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()


class AdjustStock(APIView):
    """Changing stock."""

    permission_classes = [Staff("inventory.adjust_stock")]

    @extend_schema(
        summary="Adjust stock",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                location=OpenApiParameter.HEADER,
                required=True,
                description="The same key and body are counted once.",
            )
        ],
        request=AdjustmentInput,
        responses=StockView,
        examples=[
            OpenApiExample(
                "Morning bake",
                value={"delta": 24, "reason": "baked", "note": "first oven"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    @idempotent
    def post(self, request: Request, variant_id: int) -> Response:
        """Change the pieces on hand; 409 when fewer would remain than are promised."""
        serializer = AdjustmentInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        stock = services.adjust_stock(
            variant_id=variant_id,
            **serializer.validated_data,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(
            {
                "variant_id": variant_id,
                "on_hand": stock.on_hand,
                "reserved": stock.reserved,
                "available": stock.on_hand - stock.reserved,
            }
        )
