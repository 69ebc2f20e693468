"""The shop's calendar over the API, for staff: hours, special days, blackouts and their orders."""

from collections.abc import Callable
from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import services
from apps.inventory.api import calendar_rows as rows
from apps.inventory.models import Blackout, SpecialDay
from apps.inventory.rules.calendar import Hours
from apps.inventory.rules.hours import check_day, check_days
from apps.inventory.selectors.bookings import bookings_in_blackout, bookings_of, bookings_outside
from apps.inventory.selectors.calendar import closures, week_plans
from apps.inventory.selectors.planner import planned_days
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.kernel import clock

MAX_DAYS, DEFAULT_DAYS = 62, 14
_SEE, _CHANGE = Staff("inventory.view_slot"), Staff("inventory.change_slot")
_MORNING = {"opens": "09:00", "closes": "12:00", "slot_minutes": 60, "capacity": 4}


class _CalendarView(APIView):
    """Seen by whoever sees pickup times, changed by whoever may change them."""

    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_SEE if reads else _CHANGE)()]


class StaffCalendar(_CalendarView):
    """The calendar, day by day."""

    @extend_schema(
        summary="Show the calendar",
        parameters=[
            OpenApiParameter("from", date, description="First day; today if absent."),
            OpenApiParameter(
                "days", int, description=f"1 to {MAX_DAYS}, {DEFAULT_DAYS} if absent."
            ),
        ],
        responses=rows.PlannedDayRow(many=True),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return days with their hours, closures, and how full their pickup times are."""
        first, count = _first_day(request), request.query_params.get("days", str(DEFAULT_DAYS))
        if not (count.isascii() and count.isdecimal() and len(count) < 4):
            raise ValidationError({"days": [f"A whole number from 1 to {MAX_DAYS}."]})
        if not 1 <= int(count) <= MAX_DAYS:
            raise ValidationError({"days": [f"A whole number from 1 to {MAX_DAYS}."]})
        return Response([rows.planned_json(day) for day in planned_days(first, count=int(count))])


def _first_day(request: Request) -> date:
    text = request.query_params.get("from", "")
    try:
        first = date.fromisoformat(text) if text else clock.shop_date(clock.now())
    except ValueError as error:
        raise ValidationError({"from": ["A day, YYYY-MM-DD."]}) from error
    if not 2000 <= first.year < 2100:
        raise ValidationError({"from": ["The year is out of range."]})
    return first


class StaffPlans(_CalendarView):
    """Weekly opening hours."""

    @extend_schema(summary="List weekly plans", responses=rows.PlanRow(many=True), tags=["staff"])
    def get(self, request: Request) -> Response:
        """Return the plan in force and those that come."""
        return Response([rows.plan_json(plan) for plan in week_plans(at=clock.now())])

    @extend_schema(
        summary="Set weekly hours",
        request=rows.PlanInput,
        responses={201: rows.PlanRow},
        examples=[
            OpenApiExample(
                "Saturdays only",
                value={
                    "effective_from": "2026-12-01",
                    "note": "Winter",
                    "hours": [{"weekday": 5, **_MORNING, "max_decorator_minutes": 90}],
                },
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Let hours hold from a day on; pickup times outside them close for new orders."""
        given = rows.PlanInput(data=request.data)
        given.is_valid(raise_exception=True)
        plan = services.set_week_plan(
            effective_from=given.validated_data["effective_from"],
            note=given.validated_data["note"],
            week=given.week(),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.plan_json(plan), status=201)


class StaffSpecialDays(_CalendarView):
    """Holidays and days with other hours."""

    @extend_schema(
        summary="List special days", responses=rows.SpecialDayRow(many=True), tags=["staff"]
    )
    def get(self, request: Request) -> Response:
        """Return the special days ahead, each with the orders that it concerns."""
        specials, _ = closures(since=clock.shop_date(clock.now()))
        found = zip(specials, bookings_of(specials), strict=True)
        return Response([rows.special_json(row, orders) for row, orders in found])

    @extend_schema(
        summary="Enter a special day",
        request=rows.SpecialDayInput,
        responses={200: rows.SpecialDayRow, 201: rows.SpecialDayRow},
        examples=[
            OpenApiExample(
                "A holiday, to look at first",
                value={"day": "2026-12-25", "name": "Christmas Day", "hours": [], "preview": True},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Enter it (201), or with `preview` only list the orders that it concerns (200)."""
        checked = rows.SpecialDayInput(data=request.data)
        checked.is_valid(raise_exception=True)
        given = dict(checked.validated_data)
        given["hours"] = [Hours(**row) for row in given["hours"]]
        if given.pop("preview"):
            check_days(given["day"], given["day"], today=clock.shop_date(clock.now()))
            check_day(given["hours"])
            orders = bookings_outside(given["day"], given["hours"])
            body = {**checked.data, "id": None, "orders": rows.bookings_json(orders)}
            return Response(body)
        row = services.add_special_day(**given, actor=actor_of(request), at=clock.now())
        return Response(rows.special_json(row, bookings_of([row])[0]), status=201)


class StaffBlackouts(_CalendarView):
    """Days without new orders."""

    @extend_schema(summary="List blackouts", responses=rows.BlackoutRow(many=True), tags=["staff"])
    def get(self, request: Request) -> Response:
        """Return the blackouts ahead, each with the orders that it concerns."""
        _, blackouts = closures(since=clock.shop_date(clock.now()))
        found = zip(blackouts, bookings_of(blackouts), strict=True)
        return Response([rows.blackout_json(row, orders) for row, orders in found])

    @extend_schema(
        summary="Enter a blackout",
        request=rows.BlackoutInput,
        responses={200: rows.BlackoutRow, 201: rows.BlackoutRow},
        examples=[
            OpenApiExample(
                "One product",
                value={
                    "first_day": "2026-12-24",
                    "last_day": "2026-12-26",
                    "reason": "The mixer is away",
                    "product_id": 3,
                },
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Enter it (201), or with `preview` only list the orders that it concerns (200)."""
        checked = rows.BlackoutInput(data=request.data)
        checked.is_valid(raise_exception=True)
        given = dict(checked.validated_data)
        if given.pop("preview"):
            first, last = given["first_day"], given["last_day"]
            check_days(first, last, today=clock.shop_date(clock.now()))
            orders = bookings_in_blackout(
                first, last, category_id=given["category_id"], product_id=given["product_id"]
            )
            return Response({**given, "id": None, "orders": rows.bookings_json(orders)})
        row = services.add_blackout(**given, actor=actor_of(request), at=clock.now())
        return Response(rows.blackout_json(row, bookings_of([row])[0]), status=201)


class _LiftView(APIView):
    permission_classes = [_CHANGE]
    lift: Callable[..., SpecialDay | Blackout]
    keyword: str

    @extend_schema(request=None, responses={204: None}, tags=["staff"])
    def post(self, request: Request, closure_id: int) -> Response:
        """Undo it: what it closed is open again. Twice is as once."""
        type(self).lift(**{self.keyword: closure_id}, actor=actor_of(request), at=clock.now())
        return Response(status=204)


class LiftSpecialDay(_LiftView):
    """Undoing a special day."""

    lift = services.lift_special_day
    keyword = "special_id"


class LiftBlackout(_LiftView):
    """Undoing a blackout."""

    lift = services.lift_blackout
    keyword = "blackout_id"
