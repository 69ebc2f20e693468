"""Giving orders away: with proof, late, not at all, and what the drawer must hold after it."""

import base64
import binascii
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.fields import StrictCharField
from apps.orders.api.representations import staff_order_json, staff_row_json
from apps.orders.api.schemas import StaffOrderOutput
from apps.orders.api.serializers import StaffReasonInput
from apps.orders.models import Order
from bakery.edge.access import Staff
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

# 200 kB as base64, with the address's head before it.
_LONGEST_SIGNATURE = 280_000
_SPOKEN = OpenApiExample("The code was said", value={"code": "4F7 K2P"}, request_only=True)
_SIGNED = OpenApiExample(
    "Scanned, and signed for",
    value={
        "code": "B-261128-7K2M.4F7K2P",
        "taken_by": "Charles Babbage",
        "signature": "data:image/png;base64,iVBORw0KGgo...",
    },
    request_only=True,
)


class HandOverInput(serializers.Serializer):  # type: ignore[type-arg]
    """What shows that the right person takes an order."""

    code = StrictCharField(
        max_length=300, allow_blank=True, default="", help_text="As it was said or scanned."
    )
    reason = StrictCharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="Why it goes without its code; needs the permission hand_over_unproved.",
    )
    taken_by = StrictCharField(max_length=200, allow_blank=True, default="")
    signature = StrictCharField(
        max_length=_LONGEST_SIGNATURE,
        allow_blank=True,
        default="",
        help_text="A drawn signature as a PNG in base64, with or without data: before it.",
    )
    photo_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class DrawerQuery(serializers.Serializer):  # type: ignore[type-arg]
    """Which day."""

    day = serializers.DateField(required=False, help_text="A day of the shop; today if left out.")

    def validate_day(self, day: Any) -> Any:
        """Refuse years in which no calendar of ours works."""
        if not clock.is_in_our_time(day):
            raise serializers.ValidationError("The year is out of range.")
        return day


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _reply(order: Order) -> Response:
    view = selectors.order_view(order, at=clock.now())
    return Response(staff_order_json(view, selectors.timeline(order)))


class StaffCollectedView(PrivateView):
    """The handing out."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(
        tags=["staff"],
        request=HandOverInput,
        responses=StaffOrderOutput,
        examples=[_SPOKEN, _SIGNED],
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Hand an order out to who has its code, or without it for a reason.

        Codes: ``code_needed``, ``proof_needed``, ``signature_empty``, ``picture_unknown`` (400),
        ``wrong_code`` (with tries_left), ``code_locked`` (with retry_after), ``balance_due``,
        ``illegal_transition`` (409).
        """
        checked = HandOverInput(data=request.data)
        checked.is_valid(raise_exception=True)
        data = checked.validated_data
        if data["reason"].strip() and not request.user.has_perm("orders.hand_over_unproved"):
            raise PermissionDenied
        proof = services.Proof(
            code=data["code"],
            reason=data["reason"],
            taken_by=data["taken_by"],
            signature=_decoded(data["signature"]),
            photo_id=data["photo_id"],
        )
        return _reply(
            services.mark_collected(
                order_id=selectors.order_id_of(public_id),
                proof=proof,
                actor=_actor(request),
                at=clock.now(),
            )
        )


def _decoded(text: str) -> bytes:
    body = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("not_a_picture", "The signature is not base64.") from error


class StaffOutView(PrivateView):
    """The way to the customer."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], request=None, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Send a ready delivery on its way; ``is_pickup`` (409) for what is picked up."""
        order_id = selectors.order_id_of(public_id)
        return _reply(
            services.mark_out_for_delivery(order_id=order_id, actor=_actor(request), at=clock.now())
        )


class _ReasonView(PrivateView):
    """A step that staff give a reason for."""

    permission_classes = [Staff("orders.operate_order")]

    def step(self, request: Request, public_id: UUID, service: Any) -> Response:
        """Take the step with the reason in the body."""
        checked = StaffReasonInput(data=request.data)
        checked.is_valid(raise_exception=True)
        return _reply(
            service(
                order_id=selectors.order_id_of(public_id),
                reason=checked.validated_data["reason"],
                actor=_actor(request),
                at=clock.now(),
            )
        )


class StaffNoShowView(_ReasonView):
    """Giving up waiting."""

    @extend_schema(tags=["staff"], request=StaffReasonInput, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Note that nobody came; the money is kept. ``too_early`` (409) before the time is over."""
        return self.step(request, public_id, services.mark_no_show)


class StaffStepBackView(_ReasonView):
    """Undoing a step."""

    @extend_schema(tags=["staff"], request=StaffReasonInput, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Take an order back to the state before: what was pressed too early."""
        return self.step(request, public_id, services.step_back)


class StaffLateView(PrivateView):
    """Who did not come."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], responses={200: dict})
    def get(self, request: Request) -> Response:
        """Return ready orders whose pickup time is over, the longest waiting first.

        ``give_up`` is a proposal: nothing becomes a no-show by itself.
        """
        rows = selectors.late_orders(at=clock.now())
        return Response(
            {
                "results": [
                    {
                        **staff_row_json(row.order),
                        "customer_phone": row.order.customer_phone,
                        "late_minutes": int(row.late_for.total_seconds() // 60),
                        "give_up": row.give_up,
                    }
                    for row in rows
                ]
            }
        )


class StaffDrawerView(PrivateView):
    """The day's money."""

    permission_classes = [Staff("orders.take_payment")]

    @extend_schema(tags=["staff"], parameters=[DrawerQuery], responses={200: dict})
    def get(self, request: Request) -> Response:
        """Return what was taken at the counter on a day, by way and person."""
        checked = DrawerQuery(data=request.query_params)
        checked.is_valid(raise_exception=True)
        today = clock.shop_date(clock.now())
        sheet = selectors.drawer_sheet(checked.validated_data.get("day") or today)
        return Response(
            {
                "day": sheet.day.isoformat(),
                "currency": sheet.currency,
                "cash": str(sheet.cash),
                "totals": {kind: str(amount) for kind, amount in sheet.totals.items()},
                "given_back": [
                    {
                        "at": row.at.isoformat(),
                        "number": row.number,
                        "kind": row.kind,
                        "person": row.person,
                        "amount": str(row.amount),
                    }
                    for row in sheet.given
                ],
                "rows": [
                    {
                        "kind": row.kind,
                        "person": row.person,
                        "count": row.count,
                        "amount": str(row.amount),
                    }
                    for row in sheet.rows
                ],
            }
        )
