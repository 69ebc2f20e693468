"""Carts: a guest's is opened by its unguessable id, an account's by that account only."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.representations import cart_json
from apps.orders.api.schemas import CartOutput
from apps.orders.api.serializers import LineChange, LineInput
from bakery.edge.access import Anyone, SignedIn
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Refused

_LINE = OpenApiExample(
    "A cake with a message",
    value={"variant_id": 7, "quantity": 1, "message": "Happy birthday, Zoë"},
    request_only=True,
)


_KEPT = OpenApiExample(
    "More than fits on one line",
    value={
        "cart": {"id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a"},
        "moved": 2,
        "left": [{"variant_id": 7, "message": "", "quantity": 3, "code": "bad_quantity"}],
    },
    response_only=True,
)


def _reply(request: Request, cart_id: UUID) -> Response:
    cart = selectors.cart_view(cart_id, user_id=customer_id(request), at=clock.now())
    return Response(cart_json(cart))


def customer_of(request: Request) -> int:
    """Return the account of a customer; raise `Refused` ``not_a_customer`` for staff."""
    user_id = customer_id(request)
    if user_id is None:
        raise Refused("not_a_customer", "People who work here have no cart of their own.")
    return user_id


class LeftOutput(serializers.Serializer[Any]):
    """What did not fit."""

    variant_id = serializers.IntegerField()
    message = serializers.CharField()
    quantity = serializers.IntegerField()
    code = serializers.CharField()


class CartsView(PrivateView):
    """New carts."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=None, responses={201: CartOutput})
    def post(self, request: Request) -> Response:
        """Open a guest's empty cart. Keep its id: it is all that opens the cart again."""
        at = clock.now()
        cart = selectors.new_cart_view(services.create_cart(at=at), at=at)
        return Response(cart_json(cart), status=201)


class CartView(PrivateView):
    """One cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], responses=CartOutput)
    def get(self, request: Request, cart_id: UUID) -> Response:
        """Return the cart at today's prices, with what stands against ordering it."""
        return _reply(request, cart_id)


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
        cart = services.put_line(
            cart_id=cart_id, user_id=customer_id(request), at=clock.now(), **data
        )
        return Response(cart_json(cart))


class CartLineView(PrivateView):
    """One line of a cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=LineChange, responses=CartOutput)
    def put(self, request: Request, cart_id: UUID, line_id: int) -> Response:
        """Change number and message of a line."""
        data = _valid(LineChange, request)
        services.change_line(
            cart_id=cart_id, line_id=line_id, user_id=customer_id(request), at=clock.now(), **data
        )
        return _reply(request, cart_id)

    @extend_schema(tags=["carts"], responses=CartOutput)
    def delete(self, request: Request, cart_id: UUID, line_id: int) -> Response:
        """Take a line out."""
        services.remove_line(
            cart_id=cart_id, line_id=line_id, user_id=customer_id(request), at=clock.now()
        )
        return _reply(request, cart_id)


class AdoptOutput(serializers.Serializer[Any]):
    """The account's cart after a merge, and what stayed in the guest's."""

    cart = CartOutput()
    moved = serializers.IntegerField(help_text="How many things came along.")
    left = LeftOutput(many=True)


class CartAdoptView(PrivateView):
    """Taking a guest's cart along."""

    permission_classes = [SignedIn]

    @extend_schema(tags=["carts"], request=None, responses=AdoptOutput, examples=[_KEPT])
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Move what is in a guest's cart into the account's; sent twice it moves nothing more.

        The same thing with the same message becomes one line. What does not fit stays where it
        was and is listed in ``left``: ``bad_quantity`` (a line holds 500) or ``too_many_lines``.
        """
        user_id, at = customer_of(request), clock.now()
        merged = services.adopt_cart(cart_id=cart_id, user_id=user_id, at=at)
        cart = selectors.cart_view(merged.cart_id, user_id=user_id, at=at)
        left = [line.as_json() for line in merged.left]
        return Response({"cart": cart_json(cart), "moved": merged.moved, "left": left})


class MyCartView(PrivateView):
    """The account's cart."""

    permission_classes = [SignedIn]

    @extend_schema(tags=["me"], responses=CartOutput, operation_id="me_cart")
    def get(self, request: Request) -> Response:
        """Return the one cart of the account that is not ordered; a new one if there is none."""
        user_id, at = customer_of(request), clock.now()
        mine = services.open_account_cart(user_id=user_id, at=at)
        return Response(cart_json(selectors.cart_view(mine.pk, user_id=user_id, at=at)))


def _valid(serializer: type[LineInput | LineChange], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
