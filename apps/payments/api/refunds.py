"""/api/v1/orders/{id}/refund-requests: customers who ask for money back."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors as orders
from apps.payments import selectors, services
from apps.payments.api import refund_schemas as schemas
from apps.payments.rules.asking_window import asking_refusal, last_moment
from apps.payments.rules.refund_words import CUSTOMER
from bakery.edge.access import Anyone
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.idempotent import idempotent
from bakery.edge.private import PrivateView
from bakery.edge.throttling import require
from bakery.kernel import clock
from bakery.kernel.errors import NotFound
from bakery.kernel.idempotency import fingerprint

if TYPE_CHECKING:
    from apps.orders.models import Order

_REFUSALS = OpenApiResponse(description=f"{schemas.REFUSED}, too_late")
_REPLY = OpenApiExample(
    "waiting",
    value={
        "refunds": [
            {
                "id": schemas.REFUND["id"],
                "status": "awaiting_approval",
                "amount": "24.00",
                "currency": "CAD",
                "reason": "Something was wrong with the goods",
                "told": "Waiting for approval. We look at it and write to you.",
                "explanation": "The cream had turned.",
                "decision_note": "",
                "lines": schemas.REFUND["lines"],
                "requested_at": "2026-05-02T14:43:00Z",
                "can_withdraw": True,
            }
        ],
        "refundable": {
            "currency": "CAD",
            "amount_left": "12.00",
            "lines": [
                {
                    "position": 1,
                    "description": "Lemon tart",
                    "quantity": 3,
                    "quantity_left": 1,
                    "amount_left": "12.00",
                }
            ],
        },
        "ask_until": "2026-05-16T15:00:00Z",
        "refusal": None,
    },
    response_only=True,
)


class _CustomerView(PrivateView):
    """Refunds of one order: a guest's by its id alone, an account's to that account only."""

    permission_classes = [Anyone]

    def _order(self, request: Request, public_id: UUID) -> "Order":
        user = request.user
        user_id = user.pk if user.is_authenticated and not user.is_staff else None
        return orders.order_by_public_id(public_id, user_id=user_id)

    def _limit(self, request: Request) -> None:
        require("refund", rate_bucket(client_address(request._request)))

    def _state(self, order: "Order") -> dict[str, Any]:
        days = settings.REFUND_REQUEST_DAYS
        refusal = asking_refusal(order, at=clock.now(), days=days)
        return schemas.customer_json(
            selectors.customer_refunds(order.pk),
            selectors.left_of(order.pk),
            ask_until=last_moment(order, days=days),
            refusal=refusal and {"code": refusal.code, "message": refusal.message},
        )


class RefundRequestsView(_CustomerView):
    """The refunds of an order."""

    @extend_schema(tags=["orders"], responses=schemas.CustomerRefundsOutput, examples=[_REPLY])
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return where the refunds of an order are, and what may still be asked for."""
        return Response(self._state(self._order(request, public_id)))

    @extend_schema(
        tags=["orders"],
        request=schemas.RefundAskInput,
        responses={201: schemas.CustomerRefundsOutput, 409: _REFUSALS},
        parameters=[schemas.KEY],
        examples=[schemas.ASKED, _REPLY],
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask for pieces of the own order to be refunded; a person decides.

        Until REFUND_REQUEST_DAYS after the pickup. 400: ``bad_line`` for pieces that the order
        does not have.
        """
        self._limit(request)
        order = self._order(request, public_id)
        return self._ask(request, order=order)

    @idempotent
    def _ask(self, request: Request, *, order: "Order") -> Response:
        checked = schemas.RefundAskInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.ask_as_customer(
            order=order,
            lines=schemas.lines_of(checked.validated_data["lines"]),
            explanation=checked.validated_data["explanation"],
            reference=f"api-{fingerprint(request.headers['Idempotency-Key'])[:32]}",
            at=clock.now(),
        )
        return Response(self._state(order), status=201)


class RefundPreviewView(_CustomerView):
    """What a refund would come to."""

    @extend_schema(
        tags=["orders"],
        request=schemas.RefundLinesInput,
        responses={200: schemas.RefundPreviewOutput, 409: _REFUSALS},
        examples=[
            OpenApiExample(
                "Two pieces",
                value={"lines": [{"position": 1, "quantity": 2}]},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Return what pieces of the own order are worth with their tax; ask for nothing."""
        self._limit(request)
        order = self._order(request, public_id)
        checked = schemas.RefundLinesInput(data=request.data)
        checked.is_valid(raise_exception=True)
        lines = schemas.lines_of(checked.validated_data["lines"])
        preview = services.preview_for_customer(order=order, lines=lines, at=clock.now())
        return Response(schemas.preview_json(preview))


class RefundWithdrawView(_CustomerView):
    """Taking a request back."""

    @extend_schema(
        tags=["orders"],
        request=None,
        responses={
            200: schemas.CustomerRefundsOutput,
            403: OpenApiResponse(description="not_yours: the shop asked for it"),
            409: OpenApiResponse(description="illegal_transition: it was decided"),
        },
        examples=[_REPLY],
    )
    def post(self, request: Request, public_id: UUID, refund_id: UUID) -> Response:
        """Take a request back that nobody decided yet."""
        order = self._order(request, public_id)
        if selectors.refund_by_public_id(refund_id).order_id != order.pk:
            raise NotFound("refund_not_found", "There is no such refund.")
        services.withdraw_refund(public_id=refund_id, by=CUSTOMER, at=clock.now())
        return Response(self._state(order))
