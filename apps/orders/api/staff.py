"""What staff do with orders, through the same services as in the console."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.representations import staff_order_json, staff_row_json
from apps.orders.api.schemas import StaffOrderOutput, StaffRowOutput
from apps.orders.api.serializers import StaffFilter, StaffReasonInput
from apps.orders.models import Order
from bakery.edge.access import Staff
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock


def _actor(request: Request) -> str:
    return f"user:{request.user.pk}"


def _reply(order: Order) -> Response:
    view = selectors.order_view(order, at=clock.now())
    return Response(staff_order_json(view, selectors.timeline(order)))


class StaffOrdersView(PrivateView):
    """The list of orders."""

    permission_classes = [Staff("orders.view_order")]

    @extend_schema(tags=["staff"], parameters=[StaffFilter], responses=StaffRowOutput(many=True))
    def get(self, request: Request) -> Response:
        """Return orders by status, pickup day, cake, payment and customer; the newest first."""
        wanted: dict[str, Any] = {
            name: request.query_params[name]
            for name in ("pickup", "cake", "payment", "email")
            if name in request.query_params
        }
        if "status" in request.query_params:
            wanted["status"] = request.query_params.getlist("status")
        checked = StaffFilter(data=wanted)
        checked.is_valid(raise_exception=True)
        orders = selectors.filtered_orders(
            statuses=tuple(checked.validated_data.get("status", ())),
            pickup_day=checked.validated_data.get("pickup"),
            cake_only=checked.validated_data["cake"],
            payment=checked.validated_data.get("payment", ""),
            email=checked.validated_data.get("email", ""),
        )
        pages = NewestFirst()
        rows = pages.paginate_queryset(orders, request, view=self)
        return pages.get_paginated_response([staff_row_json(order) for order in rows or ()])


class StaffOrderView(PrivateView):
    """One order with its timeline."""

    permission_classes = [Staff("orders.view_order")]

    @extend_schema(tags=["staff"], responses=StaffOrderOutput)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return an order with its customer and everything that happened to it."""
        return _reply(selectors.order_for_staff(public_id))


class StaffStartView(PrivateView):
    """The start of production."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], request=None, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Begin to make a paid order."""
        order_id = selectors.order_id_of(public_id)
        return _reply(
            services.start_production(order_id=order_id, actor=_actor(request), at=clock.now())
        )


class StaffReadyView(PrivateView):
    """The end of production."""

    permission_classes = [Staff("orders.operate_order")]

    @extend_schema(tags=["staff"], request=None, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Put an order on the counter; the customer is told."""
        order_id = selectors.order_id_of(public_id)
        return _reply(services.mark_ready(order_id=order_id, actor=_actor(request), at=clock.now()))


class StaffCancelView(PrivateView):
    """Calling off by staff."""

    permission_classes = [Staff("orders.cancel_order")]

    @extend_schema(tags=["staff"], request=StaffReasonInput, responses=StaffOrderOutput)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Cancel an order that is not ready yet, and say why."""
        checked = StaffReasonInput(data=request.data)
        checked.is_valid(raise_exception=True)
        order = services.cancel_order(
            order_id=selectors.order_id_of(public_id),
            actor=_actor(request),
            reason=checked.validated_data["reason"],
            at=clock.now(),
        )
        return _reply(order)
