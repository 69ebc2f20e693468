"""The line for full days, for customers and for staff."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.fields import StrictCharField
from apps.orders.api.serializers import StaffReasonInput
from apps.orders.models import WaitEntry
from apps.orders.states import WaitState
from bakery.edge import throttling
from bakery.edge.access import Anyone, Staff
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1
_MOST = 500


class JoinInput(serializers.Serializer[Any]):
    """What is wanted (a cart), when (a day, or one pickup time), and whom to write to."""

    cart_id = serializers.UUIDField()
    email = StrictCharField(max_length=254)
    day = serializers.DateField(required=False)
    slot_id = WholeNumber(min_value=1, max_value=_BIGGEST_ID, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Insist on one way to say when."""
        if ("day" in attrs) == ("slot_id" in attrs):
            raise serializers.ValidationError({"day": ["Give day or slot_id."]})
        if "day" in attrs and not clock.is_in_our_time(attrs["day"]):
            raise serializers.ValidationError({"day": ["The year is out of range."]})
        return attrs


class WaitOutput(serializers.Serializer[Any]):
    """A place in the line; ``slot_id`` is what is held until ``offer_until``."""

    public_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=WaitState.choices)
    day = serializers.DateField()
    ahead = serializers.IntegerField(help_text="How many wait before.")
    slot_id = serializers.IntegerField(allow_null=True)
    pickup = serializers.CharField()
    offer_until = serializers.DateTimeField(allow_null=True)
    order_number = serializers.CharField()


def _json(entry: WaitEntry) -> dict[str, Any]:
    view = selectors.waiting_view(entry, at=clock.now())
    return {
        "public_id": str(entry.public_id),
        "state": entry.state,
        "day": entry.day.isoformat(),
        "ahead": view.ahead,
        "slot_id": entry.slot_offered,
        "pickup": view.pickup,
        "offer_until": entry.offer_until,
        "order_number": entry.order_number,
    }


class WaitlistView(PrivateView):
    """The line."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["orders"],
        summary="Wait for a full day",
        request=JoinInput,
        responses={201: WaitOutput},
        examples=[
            OpenApiExample(
                "A Saturday",
                value={
                    "cart_id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
                    "email": "ada@example.com",
                    "day": "2026-11-28",
                },
                request_only=True,
            )
        ],
        operation_id="waitlist_join",
    )
    def post(self, request: Request) -> Response:
        """Take the next place; when it is your turn a place is held and a mail is sent.

        409 ``not_full``, ``already_waiting``, ``too_many_waits``; 400 ``cart_empty``,
        ``never_fits``, ``closed``, ``lead_time`` and the other reasons of a promise. The key that
        is returned goes into an order's ``waitlist``.
        """
        throttling.require("waitlist", rate_bucket(client_address(request._request)))
        checked = JoinInput(data=request.data)
        checked.is_valid(raise_exception=True)
        entry = services.join_waitlist(
            **checked.validated_data, user_id=customer_id(request), at=clock.now()
        )
        return Response(_json(entry), status=201)


class WaitView(PrivateView):
    """One place in the line."""

    permission_classes = [Anyone]

    @extend_schema(tags=["orders"], responses=WaitOutput, operation_id="waitlist_read")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return it: a guest's by its key alone, an account's to that account only."""
        return Response(_json(selectors.wait_entry(public_id, user_id=customer_id(request))))

    @extend_schema(tags=["orders"], responses=WaitOutput, operation_id="waitlist_leave")
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Give the place up, and what is held with it."""
        entry = selectors.wait_entry(public_id, user_id=customer_id(request))
        entry = services.leave_waitlist(entry_id=entry.pk, actor="customer", at=clock.now())
        return Response(_json(entry))


class LineOutput(serializers.Serializer[Any]):
    """Somebody in the line, in its order."""

    id = serializers.IntegerField()
    day = serializers.DateField()
    email = serializers.CharField()
    state = serializers.ChoiceField(choices=WaitState.choices)
    pieces = serializers.IntegerField()
    oven_minutes = serializers.IntegerField()
    decorator_minutes = serializers.IntegerField()
    joined_at = serializers.DateTimeField()
    slot_offered = serializers.IntegerField(allow_null=True)
    offer_until = serializers.DateTimeField(allow_null=True)


class LineFilter(serializers.Serializer[Any]):
    """Which day, and whether those whose waiting is over are wanted too."""

    day = serializers.DateField(required=False)
    ended = serializers.BooleanField(default=False)

    def validate_day(self, day: Any) -> Any:
        """Refuse years in which no calendar of ours works."""
        if not clock.is_in_our_time(day):
            raise serializers.ValidationError("The year is out of range.")
        return day


class StaffWaitlist(APIView):
    """The line as staff see it."""

    permission_classes = [Staff("orders.manage_waitlist")]

    @extend_schema(
        summary="Show who waits",
        tags=["staff"],
        parameters=[
            OpenApiParameter("day", str, description="YYYY-MM-DD"),
            OpenApiParameter("ended", bool, description="Also those whose waiting is over."),
        ],
        responses=LineOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the first 500, in the order in which they are served."""
        asked = LineFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        states = () if asked.validated_data["ended"] else (WaitState.WAITING, WaitState.OFFERED)
        rows = selectors.line_of(day=asked.validated_data.get("day"), states=states)[:_MOST]
        return Response(LineOutput(rows, many=True).data)


class StaffWaitRemove(APIView):
    """Taking somebody out of the line."""

    permission_classes = [Staff("orders.manage_waitlist")]

    @extend_schema(
        summary="Take somebody out of the line",
        tags=["staff"],
        request=StaffReasonInput,
        responses=LineOutput,
        examples=[
            OpenApiExample(
                "By phone", value={"reason": "Called, needs it no more"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, entry_id: int) -> Response:
        """Remove; what was held for them goes to the next."""
        if entry_id > _BIGGEST_ID:
            raise NotFound("wait_not_found", "There is no such place in the line.")
        checked = StaffReasonInput(data=request.data)
        checked.is_valid(raise_exception=True)
        entry = services.leave_waitlist(
            entry_id=entry_id,
            actor=actor_of(request),
            reason=checked.validated_data["reason"],
            at=clock.now(),
        )
        return Response(LineOutput(entry).data)
