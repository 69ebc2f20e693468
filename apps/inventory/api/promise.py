"""The earliest pickup of anything in the shop, for anybody."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors as catalog
from apps.inventory import selectors
from apps.inventory.api.slots import PickupView
from apps.inventory.rules.quantities import MAX_QUANTITY
from bakery.edge.access import Anyone
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

MAX_DAYS, MAX_VARIANTS = 60, 50
_BIGGEST_ID = 2**63 - 1
_TIME = {
    "id": 311,
    "starts_at": "2026-11-26T16:00:00Z",
    "ends_at": "2026-11-26T17:00:00Z",
    "local_start": "2026-11-26T11:00",
    "local_end": "2026-11-26T12:00",
    "weekday": "Thursday",
    "time_zone": "America/Toronto",
}
_EXAMPLE = OpenApiExample(
    "A cake",
    value={
        "earliest": _TIME,
        "binding": "decorator_minutes",
        "reason": "The decorators are fully booked until then.",
        "variant_id": None,
        "sentence": "Ready from Thursday 26 November, 11:00. The decorators are fully booked"
        " until then.",
        "alternatives": [
            _TIME | {
                "id": 312,
                "starts_at": "2026-11-26T17:00:00Z",
                "ends_at": "2026-11-26T18:00:00Z",
                "local_start": "2026-11-26T12:00",
                "local_end": "2026-11-26T13:00",
            }
        ],
        "days": [],
    },
    response_only=True,
)  # fmt: skip


class PickupDayView(serializers.Serializer[Any]):
    """A day with what can be chosen on it, or why nothing can."""

    day = serializers.DateField()
    weekday = serializers.CharField()
    slots = PickupView(many=True)
    code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class PromiseView(serializers.Serializer[Any]):
    """The earliest pickup, and the constraint that keeps it from being earlier."""

    earliest = PickupView(allow_null=True)
    binding = serializers.CharField(
        help_text="none, lead_time, working_days, cutoff, closed, blackout, slot_orders,"
        " slot_pieces, oven_minutes, decorator_minutes, stock, dated_stock, sold_out or"
        " beyond_calendar."
    )
    reason = serializers.CharField()
    variant_id = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()
    alternatives = PickupView(many=True)
    days = PickupDayView(many=True)


class PromiseOf(APIView):
    """Promises for what is not in a cart yet."""

    permission_classes = [Anyone]
    authentication_classes = []

    @extend_schema(
        summary="Earliest pickup of some goods",
        parameters=[
            OpenApiParameter("variant", int, many=True, required=True),
            OpenApiParameter(
                "quantity",
                int,
                many=True,
                description="One for each variant, in the same order; 1 each if absent.",
            ),
            OpenApiParameter(
                "days", int, description=f"Also list so many days, 1 to {MAX_DAYS}; none if absent."
            ),
        ],
        responses=PromiseView,
        examples=[_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> Response:
        """Return when an order of these goods, placed now, could be picked up at the earliest."""
        days = _whole(request.query_params.get("days", "0"), "days", 0, MAX_DAYS)
        quantities = _quantities(request)
        if quantities.keys() - catalog.sellable_variants(quantities).keys():
            raise NotFound("variant_not_found", "Some of this is not sold.")
        seen = selectors.outlook(quantities, at=clock.now(), days=days)
        response = Response(
            {**selectors.promise_json(seen.promise), "days": selectors.days_json(seen.days)}
        )
        response["Cache-Control"] = "no-store"
        return response


def _quantities(request: Request) -> dict[int, int]:
    ids = request.query_params.getlist("variant")
    counts = request.query_params.getlist("quantity") or ["1"] * len(ids)
    if not 1 <= len(ids) <= MAX_VARIANTS:
        raise ValidationError({"variant": [f"Give 1 to {MAX_VARIANTS} variants."]})
    if len(counts) != len(ids):
        raise ValidationError({"quantity": ["Give one for each variant, or none."]})
    wanted: dict[int, int] = {}
    for pk, count in zip(ids, counts, strict=True):
        key = _whole(pk, "variant", 1, _BIGGEST_ID)
        wanted[key] = wanted.get(key, 0) + _whole(count, "quantity", 1, MAX_QUANTITY)
    return wanted


def _whole(text: str, name: str, least: int, most: int) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise ValidationError({name: [f"A whole number from {least} to {most}."]})
