"""Timers of work on what is ordered, as the board starts and stops them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.fields import StrictCharField
from apps.orders.rules.labour import MAX_MINUTES, MAX_NOTE
from bakery.edge.access import Staff
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_ACTIONS = {
    "start": services.start_timer,
    "stop": services.stop_timer,
    "undo": services.undo_timer,
}
_TIMER = {
    "id": 31,
    "worker": "user:7",
    "name": "Rosa Diaz",
    "started_at": "2026-11-24T13:05:00Z",
    "stopped_at": "2026-11-24T14:50:00Z",
    "minutes": 105,
    "note": "",
}
_LINE = {
    "line_id": 812,
    "description": "Custom cake: Ada's birthday, 2 tiers",
    "minutes": 105,
    "timers": [_TIMER],
}


class TimerAction(serializers.Serializer):  # type: ignore[type-arg]
    """What the caller does with their own timer on a line; undo takes a start back."""

    action = serializers.ChoiceField(choices=list(_ACTIONS))


class TimerCorrection(serializers.Serializer):  # type: ignore[type-arg]
    """What a stretch of work really took; 0 minutes do not count it."""

    minutes = WholeNumber(min_value=0, max_value=MAX_MINUTES)
    note = StrictCharField(max_length=MAX_NOTE)


class TimerOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A stretch of work of one person; ``minutes`` is null while it runs."""

    id = serializers.IntegerField()
    worker = serializers.CharField()
    name = serializers.CharField()
    started_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()


class LineLabourOutput(serializers.Serializer):  # type: ignore[type-arg]
    """A line with the work on it; ``minutes`` of the stretches that ended."""

    line_id = serializers.IntegerField()
    description = serializers.CharField()
    minutes = serializers.IntegerField()
    timers = TimerOutput(many=True)


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _timer_json(row: selectors.TimerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "worker": row.worker,
        "name": row.name,
        "started_at": row.started_at.isoformat(),
        "stopped_at": row.stopped_at.isoformat() if row.stopped_at else None,
        "minutes": row.minutes,
        "note": row.note,
    }


def _line_json(line: selectors.LineLabour) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "description": line.description,
        "minutes": line.minutes,
        "timers": [_timer_json(row) for row in line.timers],
    }


class StaffLabourView(PrivateView):
    """The work on an order."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(
        summary="Read who worked on an order for how long",
        tags=["staff"],
        responses=LineLabourOutput(many=True),
        examples=[OpenApiExample("A custom cake", value=[_LINE], response_only=True)],
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the lines of the order with every stretch of work on them."""
        order = selectors.order_for_staff(public_id)
        return Response([_line_json(line) for line in selectors.labour_of(order)])


class StaffTimerView(PrivateView):
    """The caller's timer on a line."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(
        summary="Start, stop or undo a timer on a line",
        tags=["staff"],
        request=TimerAction,
        responses=LineLabourOutput,
        examples=[
            OpenApiExample("Begin", value={"action": "start"}, request_only=True),
            OpenApiExample("Afterwards", value=_LINE, response_only=True),
        ],
    )
    def post(self, request: Request, public_id: UUID, line_id: int) -> Response:
        """Time the caller's work; starting twice is as once, others may work on the same line."""
        given = TimerAction(data=request.data)
        given.is_valid(raise_exception=True)
        order = selectors.order_for_staff(public_id)
        _ACTIONS[given.validated_data["action"]](
            order_id=order.pk, line_id=line_id, worker=_actor(request), at=clock.now()
        )
        lines = {line.line_id: line for line in selectors.labour_of(order)}
        return Response(_line_json(lines[line_id]))


class StaffTimerCorrectionView(PrivateView):
    """One stretch of work."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(
        summary="Correct a stretch of work by hand",
        tags=["staff"],
        request=TimerCorrection,
        responses=TimerOutput,
        examples=[
            OpenApiExample(
                "Forgotten over lunch",
                value={"minutes": 75, "note": "Forgot to stop it over lunch."},
                request_only=True,
            ),
            OpenApiExample("Corrected", value=_TIMER | {"minutes": 75}, response_only=True),
        ],
    )
    def patch(self, request: Request, timer_id: int) -> Response:
        """Say how many minutes it took, and why; of a made order the total is told again."""
        given = TimerCorrection(data=request.data)
        given.is_valid(raise_exception=True)
        timer = services.correct_timer(
            timer_id=timer_id, **given.validated_data, actor=_actor(request), at=clock.now()
        )
        return Response(_timer_json(selectors.timer_row(timer)))
