"""/api/v1/me/orders: the account's orders, and ordering one of them again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.carts import customer_of
from apps.orders.api.representations import cart_json
from apps.orders.api.schemas import CartOutput
from apps.orders.selectors import MyOrder
from bakery.edge.access import SignedIn
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_ROW = OpenApiExample(
    "An order",
    value={
        "number": "B-261128-4711",
        "public_id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
        "status": "paid",
        "placed_at": "2026-11-22T15:00:00Z",
        "pickup": "Saturday 28 November 2026, 10:00 to 10:30",
        "in_words": "in 6 days",
        "fulfilment": "pickup",
        "total": "54.24",
        "currency": "CAD",
        "lines": ["1 x Carrot cake, 8 inch"],
    },
    response_only=True,
)
_AGAIN = OpenApiExample(
    "One thing is gone",
    value={
        "cart": {"id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a"},
        "added": 2,
        "missing": [
            {
                "description": "Rye bread, large",
                "code": "archived",
                "message": "not sold any more",
            }
        ],
    },
    response_only=True,
)


class MyOrderOutput(serializers.Serializer[Any]):
    """An order in the account's list."""

    number = serializers.CharField()
    public_id = serializers.UUIDField()
    status = serializers.CharField()
    placed_at = serializers.DateTimeField()
    pickup = serializers.CharField()
    in_words = serializers.CharField()
    fulfilment = serializers.CharField()
    total = serializers.CharField()
    currency = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())


class MissingOutput(serializers.Serializer[Any]):
    """What could not be ordered again."""

    description = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class AgainOutput(serializers.Serializer[Any]):
    """The cart after ordering again."""

    cart = CartOutput()
    added = serializers.IntegerField()
    missing = MissingOutput(many=True)


def _row(order: MyOrder) -> dict[str, Any]:
    return {
        "number": order.number,
        "public_id": str(order.public_id),
        "status": order.status.value,
        "placed_at": order.placed_at.isoformat(),
        "pickup": order.pickup.local,
        "in_words": order.pickup.in_words,
        "fulfilment": "delivery" if order.is_delivery else "pickup",
        "total": str(order.total),
        "currency": order.currency,
        "lines": list(order.lines),
    }


class MyOrdersView(PrivateView):
    """The account's orders."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        responses=MyOrderOutput(many=True),
        examples=[_ROW],
        operation_id="me_orders",
    )
    def get(self, request: Request) -> Response:
        """Return the account's orders, the newest first."""
        pages, at = NewestFirst(), clock.now()
        orders = selectors.orders_of(customer_of(request))
        rows = pages.paginate_queryset(orders, request, view=self)
        found = selectors.my_orders(rows or (), at=at)
        return pages.get_paginated_response([_row(order) for order in found])


class AgainView(PrivateView):
    """Ordering again."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"],
        request=None,
        responses=AgainOutput,
        examples=[_AGAIN],
        operation_id="me_order_again",
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Put what was in an order into the account's cart, at today's prices.

        What is not sold any more (``archived``), or does not fit, is listed in ``missing``.
        """
        user_id, at = customer_of(request), clock.now()
        done = services.order_again(public_id=public_id, user_id=user_id, at=at)
        cart = selectors.cart_view(done.cart_id, user_id=user_id, at=at)
        missing = [
            {"description": line.description, "code": line.code, "message": line.message}
            for line in done.missing
        ]
        return Response({"cart": cart_json(cart), "added": done.added, "missing": missing})
