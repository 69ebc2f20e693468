"""Checkout, and an order as its customer sees it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.inventory import selectors as inventory
from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.representations import order_json
from apps.orders.api.schemas import OrderOutput
from apps.orders.api.serializers import OrderInput, ReasonInput
from apps.orders.api.terms import terms_of
from apps.orders.models import Order
from bakery.edge import throttling
from bakery.edge.access import Anyone
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.idempotent import idempotent
from bakery.edge.languages import language_of
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Any unguessable text. The same key and body place one order, however often sent.",
)
_CHECKOUT = OpenApiExample(
    "A guest's checkout",
    value={
        "cart_id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
        "customer": {"name": "Ada Byron", "email": "ada@example.com", "phone": "+14165550123"},
        "slot_id": 42,
        "expected_total": "54.24",
    },
    request_only=True,
)


class OrdersView(PrivateView):
    """Checkout."""

    permission_classes = [Anyone]

    # Known once the body makes sense; one view is made for each request.
    wanted_cart: UUID | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Limit how fast one address may place orders."""
        super().initial(request, *args, **kwargs)
        throttling.require("order", rate_bucket(client_address(request._request)))

    def handle_exception(self, exc: Exception) -> Response:
        """Answer as always, and note why a cart could not be ordered."""
        if isinstance(exc, DomainError) and self.wanted_cart is not None:
            services.note_checkout_refused(
                cart_id=self.wanted_cart,
                user_id=customer_id(self.request),
                code=exc.code,
                at=clock.now(),
            )
        return super().handle_exception(exc)

    @extend_schema(
        tags=["orders"],
        request=OrderInput,
        responses={201: OrderOutput},
        parameters=[_KEY],
        examples=[_CHECKOUT],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Place the order in a cart and hold its goods until ``hold_expires_at``.

        Codes, points and gift cards are those of the cart. When nothing is left to pay the order
        is ``paid`` at once.

        Refusals have stable codes. 409: ``price_changed`` (with the new total, what is due and
        the breakdown), ``code_refused`` (a reason per code), ``points_short``,
        ``gift_card_short``, ``event_day`` (asked, unless ``event_confirmed``), ``out_of_stock``,
        ``slot_full``, ``cart_ordered``. 400: ``lines_refused`` (a code per line),
        ``address_missing``, ``delivery_not_offered``, ``delivery_day``, ``below_minimum``,
        ``lead_time``, ``working_days``, ``cutoff``, ``closed``, ``blackout``, ``slot_past``,
        ``slot_unknown``, ``cart_empty``. A ``pickup_at`` that is no pickup time is ``closed``; one
        that the clocks skip or show twice is ``time_does_not_exist`` or ``time_is_ambiguous``.
        """
        checked = OrderInput(data=request.data)
        checked.is_valid(raise_exception=True)
        data = checked.validated_data
        self.wanted_cart = data["cart_id"]
        at = clock.now()
        placed = services.place_and_view(
            cart_id=data["cart_id"],
            customer=services.Customer(**data["customer"], user_id=customer_id(request)),
            slot_id=data["slot_id"] if "slot_id" in data else _slot_at(data["pickup_at"], at=at),
            expected_total=data["expected_total"],
            expected_due=data["expected_due"],
            terms=terms_of(
                {"language": language_of(request), **data}, user_id=customer_id(request)
            ),
            at=at,
        )
        return Response(order_json(placed), status=201)


class OrderView(PrivateView):
    """One order."""

    permission_classes = [Anyone]

    @extend_schema(tags=["orders"], responses=OrderOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return an order: a guest's by its id alone, an account's to that account only."""
        order = _own(request, public_id)
        return Response(order_json(selectors.order_view(order, at=clock.now())))


class OrderCancelView(PrivateView):
    """Calling an order off."""

    permission_classes = [Anyone]

    @extend_schema(tags=["orders"], request=ReasonInput, responses=OrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Cancel an order that is not paid yet."""
        checked = ReasonInput(data=request.data)
        checked.is_valid(raise_exception=True)
        at = clock.now()
        order = services.cancel_order(
            order_id=_own(request, public_id).pk,
            actor="customer",
            reason=checked.validated_data["reason"],
            at=at,
        )
        return Response(order_json(selectors.order_view(order, at=at)))


def _slot_at(text: str, *, at: datetime) -> int:
    return inventory.slot_at(clock.parse_moment(text), at=at).id


def _own(request: Request, public_id: UUID) -> Order:
    return selectors.order_by_public_id(public_id, user_id=customer_id(request))
