"""/api/v1/staff/schedules: what runs by the clock, as in the console."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bakery.edge import schedule_care
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_TAGS = ["staff"]
_SCHEDULE = {
    "task": "apps.books.tasks.reconcile_nightly",
    "what": "Compare what Stripe, the orders and the books say.",
    "when": "every 30 minutes",
    "vital": False,
    "is_on": True,
    "sent_at": "2026-11-26T14:00:00Z",
    "next_at": "2026-11-26T14:30:00Z",
    "run": {"at": "2026-11-26T14:00:01Z", "duration_ms": 412, "state": "ok", "note": ""},
}


class RunOutput(serializers.Serializer[Any]):
    """How the latest run ended; ``note`` is what it returned, or its error."""

    at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    note = serializers.CharField()


class ScheduleOutput(serializers.Serializer[Any]):
    """One schedule; a ``vital`` one cannot be switched off."""

    task = serializers.CharField()
    what = serializers.CharField()
    when = serializers.CharField()
    vital = serializers.BooleanField()
    is_on = serializers.BooleanField()
    sent_at = serializers.DateTimeField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    run = RunOutput(allow_null=True)


class ScheduleSwitchInput(serializers.Serializer[Any]):
    """On or off, and why."""

    on = serializers.BooleanField()
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class SchedulesView(PrivateView):
    """All schedules."""

    permission_classes = [Staff("kernel.view_taskrun")]

    @extend_schema(
        operation_id="staff_schedules_list",
        summary="List schedules",
        tags=_TAGS,
        responses=ScheduleOutput(many=True),
        examples=[OpenApiExample("Schedule", value=_SCHEDULE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return what runs by the clock, with its latest run."""
        return Response(ScheduleOutput(schedule_care.overview(at=clock.now()), many=True).data)


class ScheduleRunView(PrivateView):
    """One run out of turn."""

    permission_classes = [Staff("kernel.run_schedule")]

    @extend_schema(
        operation_id="staff_schedules_run",
        summary="Run a scheduled task now",
        tags=_TAGS,
        request=None,
        responses={202: OpenApiResponse(description="Sent to the workers.")},
    )
    def post(self, request: Request, task: str) -> Response:
        """Send it to the workers; 503 `broker_unavailable` when the queue does not answer."""
        schedule_care.run_now(task, actor=actor_of(request), at=clock.now())
        return Response(status=202)


class ScheduleSwitchView(PrivateView):
    """Off, and on again."""

    permission_classes = [Staff("kernel.run_schedule")]

    @extend_schema(
        operation_id="staff_schedules_switch",
        summary="Switch a schedule on or off",
        tags=_TAGS,
        request=ScheduleSwitchInput,
        responses={204: OpenApiResponse(description="Done.")},
        examples=[
            OpenApiExample(
                "Off", value={"on": False, "reason": "stock is counted tonight"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, task: str) -> Response:
        """Switch it; 409 `vital` for what the shop's promises hang on."""
        checked = ScheduleSwitchInput(data=request.data)
        checked.is_valid(raise_exception=True)
        schedule_care.switch(
            task,
            on=checked.validated_data["on"],
            actor=actor_of(request),
            reason=checked.validated_data["reason"],
            at=clock.now(),
        )
        return Response(status=204)
