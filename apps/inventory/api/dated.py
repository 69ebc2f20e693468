"""Stock by day over the API: for anybody to ask, for staff to change."""

from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import selectors, services
from apps.inventory.models import DatedStock
from apps.inventory.rules.quantities import MAX_DELTA
from apps.inventory.services.dated import MAX_DAYS_AHEAD
from apps.inventory.states import DatedReason
from bakery.edge.access import Anyone, Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.idempotent import idempotent
from bakery.kernel import clock

MAX_CHANGES, MAX_ASKED = 200, 50
_REASONS = [choice for choice in DatedReason.choices if choice[0] != DatedReason.ENDED]
_TUESDAY = {"variant_id": 7, "day": "2026-06-02"}
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The same key and body are counted once.",
)


class AvailabilityView(serializers.Serializer[Any]):
    """What an order picked up that day can have of a size; `available` null: nothing counts it."""

    variant_id = serializers.IntegerField()
    day = serializers.DateField()
    available = serializers.IntegerField(allow_null=True)
    code = serializers.ChoiceField(
        choices=["in_stock", "made_to_order", "sold_out", "sold_out_on_day"]
    )


class Availability(APIView):
    """What can be had on a day."""

    permission_classes = [Anyone]
    authentication_classes = []

    @extend_schema(
        summary="Ask what can be had on a day",
        parameters=[
            OpenApiParameter("day", date, required=True, description="In the shop's calendar."),
            OpenApiParameter(
                "variant", int, many=True, required=True, description=f"1 to {MAX_ASKED} sizes."
            ),
        ],
        responses=AvailabilityView(many=True),
        examples=[
            OpenApiExample(
                "None left on Tuesday",
                value=[{**_TUESDAY, "available": 0, "code": "sold_out_on_day"}],
                response_only=True,
            )
        ],
        tags=["shop"],
    )
    def get(self, request: Request) -> Response:
        """Return a row for each size that exists, in the order asked."""
        day, ids = _asked_day(request, "day"), _asked_variants(request)
        free = selectors.available_on(ids, day=day)
        best = selectors.available(ids)
        rows = [
            {
                "variant_id": pk,
                "day": day,
                "available": free[pk],
                "code": _code(free[pk], best.get(pk)),
            }
            for pk in ids
            if pk in free
        ]
        response = Response(AvailabilityView(rows, many=True).data)
        response["Cache-Control"] = "no-store"
        return response


class CellView(serializers.Serializer[Any]):
    """The stock of a size and day; `open` false: orders take undated stock again."""

    variant_id = serializers.IntegerField()
    day = serializers.DateField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()
    open = serializers.BooleanField()


class ChangeInput(serializers.Serializer[Any]):
    """A signed change of one size and day."""

    variant_id = WholeNumber(min_value=1, max_value=2**62)
    day = serializers.DateField()
    delta = WholeNumber(min_value=-MAX_DELTA, max_value=MAX_DELTA)

    def validate_delta(self, value: int) -> int:
        """Refuse a change that changes nothing."""
        if value == 0:
            raise serializers.ValidationError("Not 0.")
        return value


class ChangesInput(serializers.Serializer[Any]):
    """Signed changes with their reason: all of them are made, or none."""

    changes = serializers.ListField(child=ChangeInput(), min_length=1, max_length=MAX_CHANGES)
    reason = serializers.ChoiceField(choices=_REASONS)
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")

    def validate_changes(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse two changes of one number."""
        if len({(row["variant_id"], row["day"]) for row in value}) < len(value):
            raise serializers.ValidationError("A size and day at most once.")
        return value


class EndInput(serializers.Serializer[Any]):
    """The day's own stock to end."""

    variant_id = WholeNumber(min_value=1, max_value=2**62)
    day = serializers.DateField()
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, default="")


class StaffDatedStock(APIView):
    """Stock by day, for staff."""

    permission_classes = [Staff("inventory.adjust_stock")]

    @extend_schema(
        summary="List stock by day",
        parameters=[
            OpenApiParameter("from", date, description="Today if absent."),
            OpenApiParameter("days", int, description="1 to 31, 7 if absent."),
        ],
        responses=CellView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return every size and day with a stock of its own."""
        first = _asked_day(request, "from", default=clock.shop_date(clock.now()))
        days = request.query_params.get("days", "7")
        if not (days.isascii() and days.isdecimal() and len(days) < 3 and 1 <= int(days) <= 31):
            raise ValidationError({"days": ["A whole number from 1 to 31."]})
        rows = [
            _cell_json(row.variant_id, cell)
            for row in selectors.dated_week(first, days=int(days))
            for cell in row.cells.values()
        ]
        return Response(sorted(rows, key=lambda row: (row["day"], row["variant_id"])))

    @extend_schema(
        summary="Change stock by day",
        parameters=[_KEY],
        request=ChangesInput,
        responses=CellView(many=True),
        examples=[
            OpenApiExample(
                "108 doughnuts on Tuesday",
                value={"changes": [{**_TUESDAY, "delta": 108}], "reason": "planned"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Change the numbers; 409 when fewer would remain than are promised."""
        serializer = ChangesInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        rows = services.adjust_dated_stock(
            changes={(row["variant_id"], row["day"]): row["delta"] for row in given["changes"]},
            reason=given["reason"],
            note=given["note"],
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response([_row_json(row) for row in rows])


class EndDatedStock(APIView):
    """Ending a day's own stock."""

    permission_classes = [Staff("inventory.adjust_stock")]

    @extend_schema(
        summary="End a day's own stock",
        request=EndInput,
        responses=CellView,
        examples=[OpenApiExample("Tuesday", value=_TUESDAY, request_only=True)],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Drop what is free; what is promised stays. Sending it again changes nothing."""
        serializer = EndInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = services.end_dated_stock(
            **serializer.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(_row_json(row))


def _asked_day(request: Request, name: str, *, default: date | None = None) -> date:
    """Return a day of the query, in the shop's calendar and not absurdly far away."""
    text = request.query_params.get(name, "")
    today = clock.shop_date(clock.now())
    if not text and default is not None:
        return default
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or abs(day - today) > timedelta(days=2 * MAX_DAYS_AHEAD):
        raise ValidationError({name: ["A day as 2026-06-02, within two years."]})
    return day


def _asked_variants(request: Request) -> list[int]:
    texts = request.query_params.getlist("variant")
    is_sane = all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts)
    if not 1 <= len(texts) <= MAX_ASKED or not is_sane:
        raise ValidationError({"variant": [f"1 to {MAX_ASKED} ids of sizes."]})
    return list(dict.fromkeys(int(text) for text in texts))


def _code(free: int | None, best: int | None) -> str:
    if free is None:
        return "made_to_order"
    if free > 0:
        return "in_stock"
    # What another day has, this one is sold out of.
    return "sold_out_on_day" if best is None or best > 0 else "sold_out"


def _cell_json(variant_id: int, cell: selectors.DayCell) -> dict[str, Any]:
    return {
        "variant_id": variant_id,
        "day": cell.day.isoformat(),
        "on_hand": cell.on_hand,
        "reserved": cell.reserved,
        "available": cell.free,
        "open": cell.is_open,
    }


def _row_json(row: DatedStock) -> dict[str, Any]:
    cell = selectors.DayCell(row.day, row.on_hand, row.reserved, row.closed_at is None)
    return _cell_json(row.variant_id, cell)
