"""Refunds over the staff API, through the same services as in the console."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from apps.orders import selectors as orders
from apps.payments import selectors, services
from apps.payments.api import refund_schemas as schemas
from apps.payments.models import RefundRequest
from apps.payments.rules.refund_form import choose_one
from apps.payments.states import RefundReason
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.idempotent import idempotent
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.idempotency import fingerprint

_TAGS = ["staff"]
_MOVED = OpenApiResponse(
    description="illegal_transition: it is not where this can be done, somebody was faster;"
    " payment_disputed, too_much"
)


class _StaffView(PrivateView):
    """A reply that no cache keeps."""

    def _checked(self, request: Request, given: type[Serializer[Any]]) -> dict[str, Any]:
        checked = given(data=request.data)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _order_state(order_id: int, status: int = 200) -> Response:
    rows = selectors.filtered_refunds(order_id=order_id).order_by("requested_at", "pk")
    body = {"refunds": rows, "refundable": selectors.left_of(order_id)}
    return Response(schemas.StaffRefundsOutput(body).data, status=status)


def _detail(public_id: UUID) -> Response:
    row = selectors.refund_by_public_id(public_id)
    return Response(schemas.RefundDetailOutput(row, moves=selectors.moves_of(row)).data)


class StaffOrderRefundsView(_StaffView):
    """The refunds of one order."""

    permission_classes = [Staff("payments.request_refund")]

    @extend_schema(tags=_TAGS, responses=schemas.StaffRefundsOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the refunds of an order, and what of its money is left."""
        return _order_state(orders.order_id_of(public_id))

    @extend_schema(
        tags=_TAGS,
        request=schemas.StaffRefundInput,
        responses={
            201: schemas.StaffRefundsOutput,
            409: OpenApiResponse(description=schemas.REFUSED),
        },
        parameters=[schemas.KEY],
        examples=[schemas.STAFF_ASKED],
    )
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask for pieces, or for an amount, to go back; somebody else approves it.

        400: ``nothing_chosen``, ``lines_or_amount``, ``bad_amount``, ``bad_line``.
        """
        order_id = orders.order_id_of(public_id)
        given = self._checked(request, schemas.StaffRefundInput)
        lines, amount = choose_one(schemas.lines_of(given["lines"]), given["amount"])
        services.request_refund_of(
            order_id=order_id,
            reason=RefundReason(given["reason"]),
            lines=lines,
            amount=amount,
            explanation=given["explanation"],
            goods_back=given["goods_back"],
            by=_actor(request),
            reference=f"api-{fingerprint(request.headers['Idempotency-Key'])[:32]}",
            at=clock.now(),
        )
        return _order_state(order_id, status=201)


class StaffRefundPreviewView(_StaffView):
    """What a refund would come to."""

    permission_classes = [Staff("payments.request_refund")]

    @extend_schema(
        tags=_TAGS,
        request=schemas.StaffRefundPreviewInput,
        responses={
            200: schemas.RefundPreviewOutput,
            409: OpenApiResponse(description=schemas.REFUSED),
        },
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Return amount, tax and ways of a refund; ask for nothing."""
        order_id = orders.order_id_of(public_id)
        given = self._checked(request, schemas.StaffRefundPreviewInput)
        lines, amount = choose_one(schemas.lines_of(given["lines"]), given["amount"])
        preview = services.preview_refund(order_id=order_id, lines=lines, amount=amount)
        return Response(schemas.preview_json(preview))


class StaffRefundsView(_StaffView):
    """All refunds."""

    permission_classes = [Staff("payments.view_refundrequest")]

    @extend_schema(
        tags=_TAGS,
        parameters=[schemas.RefundFilter],
        responses=schemas.RefundOutput(many=True),
        examples=[schemas.STAFF_REPLY],
    )
    def get(self, request: Request) -> Response:
        """Return refund requests by status, reason, way and order; the newest first."""
        wanted: dict[str, Any] = {
            name: request.query_params[name]
            for name in ("reason", "way", "number")
            if name in request.query_params
        }
        if "status" in request.query_params:
            wanted["status"] = request.query_params.getlist("status")
        checked = schemas.RefundFilter(data=wanted)
        checked.is_valid(raise_exception=True)
        given = checked.validated_data
        found = selectors.filtered_refunds(
            statuses=tuple(given.get("status", ())),
            reason=given.get("reason", ""),
            way=given.get("way", ""),
            number=given.get("number", ""),
        )
        pages = NewestFirst()
        rows = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(schemas.RefundOutput(rows or [], many=True).data)


class StaffRefundView(_StaffView):
    """One refund."""

    permission_classes = [Staff("payments.view_refundrequest")]

    @extend_schema(tags=_TAGS, responses=schemas.RefundDetailOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return a refund request with its history."""
        return _detail(public_id)


class _MoveView(_StaffView):
    """A decision about one refund."""

    def _move(
        self,
        request: Request,
        public_id: UUID,
        service: Callable[..., RefundRequest],
        given: dict[str, Any] | None = None,
    ) -> Response:
        service(public_id=public_id, by=_actor(request), at=clock.now(), **(given or {}))
        return _detail(public_id)


class StaffRefundApproveView(_MoveView):
    """Approval by a second person."""

    permission_classes = [Staff("payments.approve_refund"), SteppedUp]

    @extend_schema(
        tags=_TAGS,
        request=schemas.RefundApproveInput,
        responses={
            200: schemas.RefundDetailOutput,
            403: OpenApiResponse(description="step_up_required, own_request"),
            409: _MOVED,
        },
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Let the money go back, all of it or only ``lower_to``; needs a fresh code."""
        given = self._checked(request, schemas.RefundApproveInput)
        return self._move(request, public_id, services.approve_refund, given)


class StaffRefundRejectView(_MoveView):
    """A refusal."""

    permission_classes = [Staff("payments.approve_refund")]

    @extend_schema(
        tags=_TAGS,
        request=schemas.RefundRejectInput,
        responses={200: schemas.RefundDetailOutput, 409: _MOVED},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Give nothing back; the customer is told the note."""
        given = self._checked(request, schemas.RefundRejectInput)
        return self._move(request, public_id, services.reject_refund, given)


class StaffRefundWithdrawView(_MoveView):
    """Taking an own request back."""

    permission_classes = [Staff("payments.request_refund")]

    @extend_schema(
        tags=_TAGS,
        request=None,
        responses={
            200: schemas.RefundDetailOutput,
            403: OpenApiResponse(description="not_yours"),
            409: _MOVED,
        },
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Withdraw a request that nobody decided yet; only who asked for it may."""
        return self._move(request, public_id, services.withdraw_refund)


class StaffRefundRetryView(_MoveView):
    """Another try."""

    permission_classes = [Staff("payments.approve_refund")]

    @extend_schema(
        tags=_TAGS, request=None, responses={200: schemas.RefundDetailOutput, 409: _MOVED}
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Send a refund again that did not go through; its approval stands."""
        return self._move(request, public_id, services.try_refund_again)


class StaffRefundGiveBackView(_MoveView):
    """Money given by hand."""

    permission_classes = [Staff("payments.give_back_by_hand")]

    @extend_schema(
        tags=_TAGS,
        request=schemas.RefundGivenInput,
        responses={
            200: schemas.RefundDetailOutput,
            409: OpenApiResponse(description="illegal_transition, not_by_hand"),
        },
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Write down that the customer got the money at the counter."""
        given = self._checked(request, schemas.RefundGivenInput)
        return self._move(request, public_id, services.give_back_by_hand, given)
