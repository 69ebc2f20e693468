"""Taking orders and money at the counter and on the phone."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import selectors as catalog
from apps.inventory import selectors as inventory
from apps.orders import selectors, services
from apps.orders.api.counter_input import (
    CounterOrderInput,
    GoodsInput,
    PayLinkInput,
    SearchInput,
    TenderInput,
)
from apps.orders.api.representations import order_json, staff_order_json
from apps.orders.api.schemas import OrderOutput, StaffOrderOutput
from apps.orders.api.staff import StaffOrdersView
from apps.orders.states import TenderKind
from bakery.edge.access import Staff
from bakery.edge.idempotent import idempotent
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_FOUND = 12
_DAYS = 21
# What an order that was not placed does not have.
_NOT_PLACED = {"public_id", "number", "status", "status_label", "links", "placed_at", "paid_at"}
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Any unguessable text. The same key and body do it once, however often sent.",
)
_BY_PHONE = OpenApiExample(
    "An order by phone, held for two hours",
    value={
        "channel": "phone",
        "goods": [{"variant_id": 7, "quantity": 1, "message": "Happy birthday"}],
        "customer": {"name": "Ada Byron", "phone": "416 555 0123"},
        "slot_id": 42,
        "hold_hours": 2,
        "expected_total": "54.24",
    },
    request_only=True,
)
_IN_CASH = OpenApiExample(
    "A walk-in pays in cash and takes it along",
    value={"kind": "cash", "amount": "16.50", "received": "20.00", "taken_along": True},
    request_only=True,
)


class TenderOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What to give back, what is still due, and the order."""

    change = serializers.DecimalField(10, 2)
    balance = serializers.DecimalField(10, 2)
    order = StaffOrderOutput()


class PayLinkOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Where the link went."""

    sent_to = serializers.CharField()


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _checked(serializer: Any) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer


class StaffOrdersAndNewOnesView(StaffOrdersView):
    """The list of orders, and a new one that staff type in."""

    @extend_schema(
        tags=["staff"],
        parameters=[_KEY],
        request=CounterOrderInput,
        responses={201: StaffOrderOutput},
        examples=[_BY_PHONE],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Place an order for a customer at the counter or on the phone (``take_order``).

        It passes the gates of checkout and is refused with the same codes; beside them
        ``phone_needed``, ``bad_hold``, ``no_time_left``, ``account_unknown`` (400).
        """
        if not request.user.has_perm("orders.take_order"):
            raise PermissionDenied
        asked = _checked(CounterOrderInput(data=request.data))
        placed = services.take_order(
            wanted=asked.wanted(),
            expected_total=asked.validated_data["expected_total"],
            actor=_actor(request),
            at=clock.now(),
        )
        return Response(staff_order_json(placed, selectors.timeline(placed.order)), status=201)


class StaffQuoteView(PrivateView):
    """What an order would cost."""

    permission_classes = [Staff("orders.take_order")]

    @extend_schema(tags=["staff"], request=CounterOrderInput, responses=OrderOutput)
    def post(self, request: Request) -> Response:
        """Return the order as it would be placed now, or refuse it as placing would."""
        asked = _checked(CounterOrderInput(data=request.data))
        view = services.preview_order(wanted=asked.wanted(), actor=_actor(request), at=clock.now())
        body = order_json(view)
        shown = {name: value for name, value in body.items() if name not in _NOT_PLACED}
        return Response({**shown, "slot_id": view.order.slot_id})


class StaffGoodsView(PrivateView):
    """Goods to sell."""

    permission_classes = [Staff("orders.take_order")]

    @extend_schema(tags=["staff"], parameters=[SearchInput], responses={200: dict})
    def get(self, request: Request) -> Response:
        """Return published products by the shop's search, each size with price, stock and limits.

        ``remaining`` is null for what is made to order.
        """
        text = _checked(SearchInput(data=request.query_params)).validated_data["q"]
        found = catalog.shelf(catalog.ShelfFilter(text=text), limit=_FOUND, ordering="")
        return Response(
            {
                "results": [
                    {
                        "product": product.name,
                        "sizes": [
                            {
                                "variant_id": size.id,
                                "sku": size.sku,
                                "name": size.name,
                                "price": str(size.price),
                                "remaining": size.remaining,
                                "per_order_limit": size.per_order_limit,
                                "message_max_length": size.message_max_length,
                                "lead_time_hours": size.lead_time_hours,
                            }
                            for size in product.variants
                        ],
                    }
                    for product in found
                ]
            }
        )


class StaffCustomersView(PrivateView):
    """Who ordered before."""

    permission_classes = [Staff("orders.take_order")]

    @extend_schema(tags=["staff"], parameters=[SearchInput], responses={200: dict})
    def get(self, request: Request) -> Response:
        """Return customers of earlier orders by a part of phone number, mailbox or name."""
        text = _checked(SearchInput(data=request.query_params)).validated_data["q"]
        found = selectors.find_customers(text)
        return Response(
            {
                "results": [
                    {
                        "name": known.name,
                        "email": known.email,
                        "phone": known.phone,
                        "user_id": known.user_id,
                    }
                    for known in found
                ]
            }
        )


class StaffTimesView(PrivateView):
    """When goods can be had."""

    permission_classes = [Staff("orders.take_order")]

    @extend_schema(tags=["staff"], request=GoodsInput, responses={200: dict})
    def post(self, request: Request) -> Response:
        """Return the promise for the goods and the free times of the coming three weeks."""
        goods = _checked(GoodsInput(data=request.data)).validated_data["goods"]
        quantities: dict[int, int] = {}
        for good in goods:
            quantities[good["variant_id"]] = (
                quantities.get(good["variant_id"], 0) + good["quantity"]
            )
        seen = inventory.outlook(quantities, at=clock.now(), days=_DAYS)
        return Response(
            {
                "promise": inventory.promise_json(seen.promise),
                "days": inventory.days_json(seen.days),
            }
        )


class StaffTendersView(PrivateView):
    """Money over the counter."""

    permission_classes = [Staff("orders.take_payment")]

    @extend_schema(
        tags=["staff"],
        parameters=[_KEY],
        request=TenderInput,
        responses={201: TenderOutput},
        examples=[_IN_CASH],
    )
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Take money for an order; what covers its balance makes it paid.

        Codes: ``too_much``, ``ref_known``, ``order_expired``, ``not_payable``, ``not_at_once``
        (409), ``too_little``, ``slip_needed``, ``bad_amount`` (400).
        """
        data = _checked(TenderInput(data=request.data)).validated_data
        if data["taken_along"] and not request.user.has_perm("orders.operate_order"):
            raise PermissionDenied
        at = clock.now()
        taken = services.take_money(
            order_id=selectors.order_id_of(public_id),
            kind=TenderKind(data["kind"]),
            amount=data["amount"],
            key=request.headers["Idempotency-Key"],
            slip=data["slip"],
            received=data["received"],
            is_taken_along=data["taken_along"],
            actor=_actor(request),
            at=at,
        )
        order = taken.order
        body = staff_order_json(selectors.order_view(order, at=at), selectors.timeline(order))
        reply = {"change": str(taken.change), "balance": str(order.balance), "order": body}
        return Response(reply, status=201)


class StaffPayLinkView(PrivateView):
    """The link to pay."""

    permission_classes = [Staff("orders.take_order")]

    @extend_schema(tags=["staff"], request=PayLinkInput, responses=PayLinkOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Send the customer where to pay, by mail or text; at most five times."""
        data = _checked(PayLinkInput(data=request.data)).validated_data
        sent_to = services.send_pay_link(
            order_id=selectors.order_id_of(public_id),
            by=data["by"],
            actor=_actor(request),
            at=clock.now(),
        )
        return Response({"sent_to": sent_to})
