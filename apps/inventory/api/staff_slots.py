"""The pickup calendar over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import services
from apps.inventory.api.slots import SlotLimits
from apps.inventory.rules.hours import MAX_CAPACITY, MAX_MINUTES
from apps.inventory.states import SlotLimit
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock

LIMIT_FIELDS = {
    "max_pieces": SlotLimit.PIECES,
    "max_oven_minutes": SlotLimit.OVEN,
    "max_decorator_minutes": SlotLimit.DECORATOR,
}


def _limit() -> WholeNumber:
    return WholeNumber(min_value=0, max_value=MAX_MINUTES, required=False, allow_null=True)


class OpeningInput(serializers.Serializer[Any]):
    """Hours of one day on the shop's wall, to be cut into slots."""

    day = serializers.DateField()
    from_time = serializers.TimeField()
    to_time = serializers.TimeField()
    minutes = WholeNumber(min_value=5, max_value=1440)
    capacity = WholeNumber(min_value=1, max_value=MAX_CAPACITY)


class OpenedView(serializers.Serializer[Any]):
    """How many slots are new; those that existed were left alone."""

    opened = serializers.IntegerField()


class SlotChange(serializers.Serializer[Any]):
    """What may be changed about a slot; orders that have a place keep it."""

    capacity = WholeNumber(min_value=1, max_value=MAX_CAPACITY, required=False)
    closed = serializers.BooleanField(required=False)
    max_pieces = _limit()
    max_oven_minutes = _limit()
    max_decorator_minutes = _limit()


class StaffSlotView(SlotLimits):
    """A slot after the change; a limit of null is none."""

    id = serializers.IntegerField()


class OpenSlots(APIView):
    """Opening pickup times."""

    permission_classes = [Staff("inventory.add_slot")]

    @extend_schema(
        summary="Open pickup times",
        request=OpeningInput,
        responses={201: OpenedView},
        examples=[
            OpenApiExample(
                "Saturday",
                value={
                    "day": "2026-12-05",
                    "from_time": "09:00",
                    "to_time": "13:00",
                    "minutes": 30,
                    "capacity": 4,
                },
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Cut the hours into slots; sending it again changes nothing."""
        serializer = OpeningInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        opened = services.open_slots_for(
            day=given["day"],
            from_=given["from_time"],
            to=given["to_time"],
            minutes=given["minutes"],
            capacity=given["capacity"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response({"opened": opened}, status=201)


class ChangeSlot(APIView):
    """Closing, reopening and resizing one pickup time."""

    permission_classes = [Staff("inventory.change_slot")]

    @extend_schema(
        summary="Change a pickup time",
        request=SlotChange,
        responses=StaffSlotView,
        examples=[
            OpenApiExample(
                "Two hours of decorating, no limit of pieces",
                value={"capacity": 4, "max_decorator_minutes": 120, "max_pieces": None},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def patch(self, request: Request, slot_id: int) -> Response:
        """Change the named fields; null lifts a limit. 409 when more is booked than a new limit."""
        serializer = SlotChange(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        slot = services.set_slot(
            slot_id=slot_id,
            capacity=given.get("capacity"),
            closed=given.get("closed"),
            limits={limit: given[name] for name, limit in LIMIT_FIELDS.items() if name in given},
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(StaffSlotView(slot).data)
