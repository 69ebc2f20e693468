"""What lowers the price of a cart: codes, points and gift cards."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.fields import StrictCharField
from apps.orders.api.representations import cart_json
from apps.orders.api.schemas import CartOutput
from bakery.edge import throttling
from bakery.edge.access import Anyone
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_MOST_POINTS = 10**9
_COUPON = OpenApiExample("A coupon", value={"code": "WELCOME10"}, request_only=True)
_POINTS = OpenApiExample("Two hundred points", value={"points": 200}, request_only=True)


class CodeInput(serializers.Serializer):  # type: ignore[type-arg]
    """A coupon's or a gift card's code, in any spelling."""

    code = StrictCharField(max_length=100)


class PointsInput(serializers.Serializer):  # type: ignore[type-arg]
    """How many points to use; 0 for none."""

    points = WholeNumber(min_value=0, max_value=_MOST_POINTS)


def _reply(request: Request, cart_id: UUID) -> Response:
    cart = selectors.cart_view(cart_id, user_id=customer_id(request), at=clock.now())
    return Response(cart_json(cart))


class CartCodesView(PrivateView):
    """The codes of a cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=CodeInput, responses=CartOutput, examples=[_COUPON])
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Add the code of a coupon or a gift card, five at most.

        400 ``code_refused`` for one that is unknown, expired or used up: the three are not told
        apart. 429 after a few tries. A coupon that only misses something in the cart is kept, and
        says in ``codes`` what it misses.
        """
        checked = CodeInput(data=request.data)
        checked.is_valid(raise_exception=True)
        bucket = rate_bucket(client_address(request._request))
        throttling.require_code_try(str(cart_id), bucket)
        services.add_code(
            cart_id=cart_id,
            user_id=customer_id(request),
            code=checked.validated_data["code"],
            at=clock.now(),
        )
        return _reply(request, cart_id)


class CartCodeView(PrivateView):
    """A coupon of a cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], responses=CartOutput)
    def delete(self, request: Request, cart_id: UUID, code: str) -> Response:
        """Take a coupon's code out."""
        services.remove_code(
            cart_id=cart_id, user_id=customer_id(request), code=code, at=clock.now()
        )
        return _reply(request, cart_id)


class CartGiftCardView(PrivateView):
    """A gift card of a cart."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], responses=CartOutput)
    def delete(self, request: Request, cart_id: UUID, card_id: int) -> Response:
        """Take a gift card out; ``card_id`` is the cart's name for it."""
        services.remove_gift_card(
            cart_id=cart_id, user_id=customer_id(request), card_id=card_id, at=clock.now()
        )
        return _reply(request, cart_id)


class CartPointsView(PrivateView):
    """The points that a cart uses."""

    permission_classes = [Anyone]

    @extend_schema(tags=["carts"], request=PointsInput, responses=CartOutput, examples=[_POINTS])
    def put(self, request: Request, cart_id: UUID) -> Response:
        """Set how many points of the account to use; of those only what the goods cost is used.

        403 ``points_need_account`` for a guest's cart, 409 ``points_short`` with what there is.
        """
        checked = PointsInput(data=request.data)
        checked.is_valid(raise_exception=True)
        services.set_points(
            cart_id=cart_id,
            user_id=customer_id(request),
            points=checked.validated_data["points"],
            at=clock.now(),
        )
        return _reply(request, cart_id)
