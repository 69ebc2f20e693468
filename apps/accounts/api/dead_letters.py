"""/api/v1/staff/dead-letters/: what was given up, as in the console."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bakery.edge.access import Staff, SteppedUp
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock, dead_letters
from bakery.kernel.models import OutboxMessage

_TAGS = ["staff"]
_LETTER = {
    "id": 4711,
    "handler": "apps.payments.handlers.close_session",
    "queue": "default",
    "attempts": 4,
    "error": "Unavailable: Stripe does not answer.",
    "created_at": "2026-11-26T14:00:00Z",
    "dead_at": "2026-11-26T14:21:07Z",
    "request_id": "0b6f2a51c6c04c7f9d2f9a2f6f4d8f11",
}


class DeadLetterFilter(serializers.Serializer[Any]):
    """Which dead letters; all without it."""

    handler = serializers.CharField(max_length=200, required=False, default="")


class DeadLetterOutput(serializers.Serializer[Any]):
    """A dead letter; what it carries is not shown."""

    id = serializers.IntegerField()
    handler = serializers.CharField()
    queue = serializers.CharField()
    attempts = serializers.IntegerField()
    error = serializers.CharField(source="last_error")
    created_at = serializers.DateTimeField()
    dead_at = serializers.DateTimeField()
    request_id = serializers.CharField()


class DiscardInput(serializers.Serializer[Any]):
    """Why it shall never happen."""

    reason = serializers.CharField(max_length=500)


class ReplayedOutput(serializers.Serializer[Any]):
    """How many were replayed."""

    replayed = serializers.IntegerField()


class ReplayInput(serializers.Serializer[Any]):
    """``alike``: also every other of the same handler with the same error."""

    alike = serializers.BooleanField(required=False, default=False)


class DeadLettersView(PrivateView):
    """Everything that waits for a decision."""

    permission_classes = [Staff("kernel.view_outboxmessage")]

    @extend_schema(
        operation_id="staff_dead_letters_list",
        summary="List dead letters",
        tags=_TAGS,
        parameters=[DeadLetterFilter],
        responses=DeadLetterOutput(many=True),
        examples=[OpenApiExample("Given up", value=_LETTER, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return what was given up after all its attempts, the newest first."""
        checked = DeadLetterFilter(data=request.query_params.dict())
        checked.is_valid(raise_exception=True)
        rows = OutboxMessage.objects.dead().defer("payload")
        if handler := checked.validated_data["handler"]:
            rows = rows.filter(handler=handler)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(DeadLetterOutput(page or [], many=True).data)


class DeadLetterReplayView(PrivateView):
    """Another set of attempts for one."""

    permission_classes = [Staff("kernel.replay_outbox")]

    @extend_schema(
        operation_id="staff_dead_letters_replay",
        summary="Replay a dead letter",
        tags=_TAGS,
        request=ReplayInput,
        responses=ReplayedOutput,
        examples=[
            OpenApiExample("With all alike", value={"alike": True}, request_only=True),
            OpenApiExample("Replayed", value={"replayed": 12}, response_only=True),
        ],
    )
    def post(self, request: Request, row_id: int) -> Response:
        """Give it a fresh set of attempts; 409 `not_dead` when it is waiting or done."""
        checked = ReplayInput(data=request.data)
        checked.is_valid(raise_exception=True)
        actor, at = actor_of(request), clock.now()
        if checked.validated_data["alike"]:
            count = dead_letters.replay_alike(row_id, actor=actor, at=at)
        else:
            dead_letters.replay(row_id, actor=actor, at=at)
            count = 1
        return Response({"replayed": count})


class DeadLetterDiscardView(PrivateView):
    """The decision that it shall never happen."""

    permission_classes = [Staff("kernel.discard_outbox"), SteppedUp]

    @extend_schema(
        operation_id="staff_dead_letters_discard",
        summary="Discard a dead letter",
        tags=_TAGS,
        request=DiscardInput,
        responses=DeadLetterOutput,
        examples=[
            OpenApiExample("Reason", value={"reason": "refunded by hand"}, request_only=True),
            OpenApiExample("Discarded", value=_LETTER, response_only=True),
        ],
    )
    def post(self, request: Request, row_id: int) -> Response:
        """Take it out of the list, kept with who and why; 409 `not_dead` when it is not dead."""
        checked = DiscardInput(data=request.data)
        checked.is_valid(raise_exception=True)
        row = dead_letters.discard(
            row_id,
            actor=actor_of(request),
            reason=checked.validated_data["reason"],
            at=clock.now(),
        )
        return Response(DeadLetterOutput(row).data)
