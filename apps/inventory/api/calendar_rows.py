"""The shop's calendar as staff send and get it."""

from typing import Any

from rest_framework import serializers

from apps.inventory.api.slots import PickupView, SlotLimits
from apps.inventory.models import Blackout, SpecialDay, WeekPlan
from apps.inventory.rules.calendar import Hours
from apps.inventory.rules.hours import MAX_CAPACITY, MAX_MINUTES, MAX_STRETCHES
from apps.inventory.selectors.bookings import Booking
from apps.inventory.selectors.calendar import hours_json
from apps.inventory.selectors.planner import PlannedDay
from apps.inventory.selectors.representing import pickup_json
from bakery.edge.fields import WholeNumber

_BIGGEST_ID = 2**63 - 1
LIMITS = (
    *("capacity", "booked", "max_pieces", "pieces_booked", "max_oven_minutes", "oven_booked"),
    *("max_decorator_minutes", "decorator_booked", "closed"),
)


def _limit() -> WholeNumber:
    return WholeNumber(
        min_value=0, max_value=MAX_MINUTES, required=False, allow_null=True, default=None
    )


class HoursRow(serializers.Serializer[Any]):
    """A stretch of a day, cut into pickup times, and what fits in each; null is no limit."""

    opens = serializers.TimeField()
    closes = serializers.TimeField()
    slot_minutes = WholeNumber(min_value=5, max_value=1440)
    capacity = WholeNumber(min_value=1, max_value=MAX_CAPACITY)
    max_pieces = _limit()
    max_oven_minutes = _limit()
    max_decorator_minutes = _limit()


class WeekdayHoursRow(HoursRow):
    """A stretch of one weekday, 0 is Monday."""

    weekday = WholeNumber(min_value=0, max_value=6)


class PlanInput(serializers.Serializer[Any]):
    """Weekly hours from a day on; a weekday without any is closed."""

    effective_from = serializers.DateField()
    note = serializers.CharField(max_length=200, allow_blank=True, default="")
    hours = serializers.ListField(child=WeekdayHoursRow(), max_length=7 * MAX_STRETCHES)

    def week(self) -> dict[int, list[Hours]]:
        """Return the hours by weekday."""
        found: dict[int, list[Hours]] = {}
        for row in self.validated_data["hours"]:
            values = dict(row)
            found.setdefault(values.pop("weekday"), []).append(Hours(**values))
        return found


class PlanRow(PlanInput):
    """A weekly plan."""


class SpecialDayInput(serializers.Serializer[Any]):
    """A holiday (no hours) or other hours for a day; with ``preview`` nothing is entered."""

    day = serializers.DateField()
    name = serializers.CharField(max_length=100)
    hours = serializers.ListField(
        child=HoursRow(), required=False, default=list, max_length=MAX_STRETCHES
    )
    preview = serializers.BooleanField(required=False, default=False)


class BlackoutInput(serializers.Serializer[Any]):
    """Days without new orders, of everything, a category or a product."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    reason = serializers.CharField(max_length=200)
    category_id = WholeNumber(
        min_value=1, max_value=_BIGGEST_ID, required=False, allow_null=True, default=None
    )
    product_id = WholeNumber(
        min_value=1, max_value=_BIGGEST_ID, required=False, allow_null=True, default=None
    )
    preview = serializers.BooleanField(required=False, default=False)


class BookingRow(serializers.Serializer[Any]):
    """An order that has a pickup time in a closure: it keeps it until a person settles it."""

    number = serializers.CharField()
    customer = serializers.CharField()
    status = serializers.CharField()
    pickup_starts_at = serializers.DateTimeField()
    pickup_local = serializers.CharField()
    contents = serializers.CharField()


class SpecialDayRow(serializers.Serializer[Any]):
    """A special day with the orders that it concerns; ``id`` is null in a preview."""

    id = serializers.IntegerField(allow_null=True)
    day = serializers.DateField()
    name = serializers.CharField()
    hours = HoursRow(many=True)
    orders = BookingRow(many=True)


class BlackoutRow(serializers.Serializer[Any]):
    """A blackout with the orders that it concerns; ``id`` is null in a preview."""

    id = serializers.IntegerField(allow_null=True)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    reason = serializers.CharField()
    category_id = serializers.IntegerField(allow_null=True)
    product_id = serializers.IntegerField(allow_null=True)
    orders = BookingRow(many=True)


class LoadRow(PickupView, SlotLimits):
    """A pickup time with its limits and what is taken of them, unpaid holds included."""


class PlannedDayRow(serializers.Serializer[Any]):
    """A day of the calendar; ``notes`` tell where the clocks change over its hours."""

    day = serializers.DateField()
    special = serializers.CharField()
    closed_code = serializers.CharField(allow_null=True)
    closed_reason = serializers.CharField(allow_null=True)
    hours = HoursRow(many=True)
    notes = serializers.ListField(child=serializers.CharField())
    slots = LoadRow(many=True)


def plan_json(plan: WeekPlan) -> dict[str, Any]:
    """Return a weekly plan."""
    return {
        "effective_from": plan.effective_from,
        "note": plan.note,
        "hours": [{"weekday": row.weekday, **hours_json(row)} for row in plan.hours.all()],
    }


def bookings_json(orders: list[Booking]) -> list[dict[str, Any]]:
    """Return the orders of a closure."""
    names = ("number", "customer", "status", "pickup_starts_at", "pickup_local", "contents")
    return [{name: getattr(order, name) for name in names} for order in orders]


def special_json(row: SpecialDay, orders: list[Booking]) -> dict[str, Any]:
    """Return a special day."""
    hours = [hours_json(stretch) for stretch in row.hours.all()]
    return {
        "id": row.pk,
        "day": row.day,
        "name": row.name,
        "hours": hours,
        "orders": bookings_json(orders),
    }


def blackout_json(row: Blackout, orders: list[Booking]) -> dict[str, Any]:
    """Return a blackout."""
    names = ("first_day", "last_day", "reason", "category_id", "product_id")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "orders": bookings_json(orders),
    }


def planned_json(day: PlannedDay) -> dict[str, Any]:
    """Return a day of the calendar."""
    return {
        "day": day.day,
        "special": day.special,
        "closed_code": day.why_dark.code if day.why_dark else None,
        "closed_reason": day.why_dark.text if day.why_dark else None,
        "hours": [hours_json(hours) for hours in day.hours],
        "notes": list(day.notes),
        "slots": [
            {**pickup_json(slot), **{name: getattr(slot, name) for name in LIMITS}}
            for slot in day.slots
        ],
    }
