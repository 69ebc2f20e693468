"""The pickup calendar, for anybody."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import selectors
from bakery.edge.access import Anyone
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

MAX_DAYS, DEFAULT_DAYS = 60, 14
_EXAMPLE = OpenApiExample(
    "Saturday morning",
    value=[
        {
            "id": 311,
            "starts_at": "2026-06-06T13:00:00Z",
            "ends_at": "2026-06-06T13:30:00Z",
            "local_start": "2026-06-06T09:00",
            "local_end": "2026-06-06T09:30",
            "weekday": "Saturday",
            "time_zone": "America/Toronto",
            "remaining": 4,
        }
    ],
    response_only=True,
)


class PickupView(serializers.Serializer[Any]):
    """A pickup time; `local_*` is the time on the shop's wall."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    local_start = serializers.CharField()
    local_end = serializers.CharField()
    weekday = serializers.CharField()
    time_zone = serializers.CharField()


class SlotView(PickupView):
    """A pickup time with a place left; `local_*` is the time on the shop's wall."""

    remaining = serializers.IntegerField()


class SlotLimits(serializers.Serializer[Any]):
    """The limits of a slot, null for none, and what is taken of them."""

    capacity = serializers.IntegerField()
    booked = serializers.IntegerField()
    closed = serializers.BooleanField()
    max_pieces = serializers.IntegerField(allow_null=True)
    pieces_booked = serializers.IntegerField()
    max_oven_minutes = serializers.IntegerField(allow_null=True)
    oven_booked = serializers.IntegerField()
    max_decorator_minutes = serializers.IntegerField(allow_null=True)
    decorator_booked = serializers.IntegerField()


class SlotList(APIView):
    """Pickup times with a place left."""

    permission_classes = [Anyone]
    authentication_classes = []

    @extend_schema(
        summary="List pickup times",
        parameters=[
            OpenApiParameter(
                "earliest",
                str,
                description="ISO 8601; the shop's wall time if without an offset; now if absent.",
            ),
            OpenApiParameter(
                "days", int, description=f"1 to {MAX_DAYS}, {DEFAULT_DAYS} if absent."
            ),
        ],
        responses=SlotView(many=True),
        examples=[_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> Response:
        """Return the open slots of `days` days from `earliest` on, in order."""
        at = clock.now()
        text = request.query_params.get("earliest", "")
        try:
            earliest = clock.parse_moment(text) if text else at
        except Invalid as error:
            raise ValidationError({"earliest": [error.message]}) from error
        rows = selectors.open_slots(at=at, earliest=earliest, days=_days(request))
        response = Response([_row(slot) for slot in rows])
        response["Cache-Control"] = "no-store"
        return response


def _days(request: Request) -> int:
    text = request.query_params.get("days", str(DEFAULT_DAYS))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_DAYS):
        raise ValidationError({"days": [f"A whole number from 1 to {MAX_DAYS}."]})
    return int(text)


def _row(slot: selectors.SlotRow) -> dict[str, Any]:
    return {**selectors.pickup_json(slot), "remaining": slot.remaining}
