"""Carts, opened by their unguessable id."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.private import PrivateView
from apps.orders.api.representations import cart_json
from apps.orders.api.schemas import CartOutput
from apps.orders.api.serializers import LineChange, LineInput
from bakery.edge.access import Anyone
from bakery.kernel import clock

_LINE = OpenApiExample(
    "A cake with a message",
    value={"variant_id": 7, "quantity": 1, "message": "Happy birthday, Zoë"},
    request_only=True,
)


def _reply(cart_id: UUID) -> Response:
    return Response(cart_json(selectors.cart_view(cart_id, at=clock.now())))


class CartsView(PrivateView):
    """New carts."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=None, responses={201: CartOutput})
    def post(self, request: Request) -> Response:
        """Open an empty cart. Keep its id: it is all that opens the cart again."""
        at = clock.now()
        cart = selectors.new_cart_view(services.create_cart(at=at), at=at)
        return Response(cart_json(cart), status=201)


class CartView(PrivateView):
    """One cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], responses=CartOutput)
    def get(self, request: Request, cart_id: UUID) -> Response:
        """Return the cart at today's prices, with what stands against ordering it."""
        return _reply(cart_id)


class CartLinesView(PrivateView):
    """The lines of a cart."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["carts"],
        request=LineInput,
        responses=CartOutput,
        examples=[_LINE],
        operation_id="cart_put_line",
    )
    def put(self, request: Request, cart_id: UUID) -> Response:
        """Set how many of a variant with this message are in the cart."""
        data = _valid(LineInput, request)
        cart = services.put_line(cart_id=cart_id, at=clock.now(), **data)
        return Response(cart_json(cart))


class CartLineView(PrivateView):
    """One line of a cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=LineChange, responses=CartOutput)
    def put(self, request: Request, cart_id: UUID, line_id: int) -> Response:
        """Change number and message of a line."""
        data = _valid(LineChange, request)
        services.change_line(cart_id=cart_id, line_id=line_id, at=clock.now(), **data)
        return _reply(cart_id)

    @extend_schema(tags=["carts"], responses=CartOutput)
    def delete(self, request: Request, cart_id: UUID, line_id: int) -> Response:
        """Take a line out."""
        services.remove_line(cart_id=cart_id, line_id=line_id, at=clock.now())
        return _reply(cart_id)


def _valid(serializer: type[LineInput | LineChange], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
