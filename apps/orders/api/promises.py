"""When what is in a cart can be picked up."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.inventory import selectors as inventory
from apps.orders import selectors
from apps.orders.api.callers import customer_id
from bakery.edge.access import Anyone
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

MAX_DAYS, DEFAULT_DAYS = 60, 21


class CartPickup(serializers.Serializer[Any]):
    """A pickup time; `local_*` is the time on the shop's wall."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    local_start = serializers.CharField()
    local_end = serializers.CharField()
    weekday = serializers.CharField()
    time_zone = serializers.CharField()


class CartPickupDay(serializers.Serializer[Any]):
    """A day with what can be chosen on it, or why nothing can."""

    day = serializers.DateField()
    weekday = serializers.CharField()
    slots = CartPickup(many=True)
    code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class CartPromise(serializers.Serializer[Any]):
    """The earliest pickup, the constraint that binds, and every day ahead."""

    earliest = CartPickup(allow_null=True)
    binding = serializers.CharField()
    reason = serializers.CharField()
    variant_id = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()
    alternatives = CartPickup(many=True)
    days = CartPickupDay(many=True)


class CartPromiseView(PrivateView):
    """The pickup times of a cart."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["carts"],
        responses=CartPromise,
        parameters=[
            OpenApiParameter("days", int, description=f"1 to {MAX_DAYS}, {DEFAULT_DAYS} if absent.")
        ],
        operation_id="cart_promise",
    )
    def get(self, request: Request, cart_id: UUID) -> Response:
        """Return the earliest pickup, and for each day the times to choose from or why none.

        400 ``cart_empty`` for a cart in which nothing is on sale.
        """
        at = clock.now()
        quantities = selectors.cart_view(cart_id, user_id=customer_id(request), at=at).quantities
        if not quantities:
            raise Invalid("cart_empty", "There is nothing in the cart.")
        seen = inventory.outlook(quantities, at=at, days=_days(request))
        return Response(
            {**inventory.promise_json(seen.promise), "days": inventory.days_json(seen.days)}
        )


def _days(request: Request) -> int:
    text = request.query_params.get("days", str(DEFAULT_DAYS))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_DAYS):
        raise ValidationError({"days": [f"A whole number from 1 to {MAX_DAYS}."]})
    return int(text)
