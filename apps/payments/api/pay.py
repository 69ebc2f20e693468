"""Starting a payment over the API."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.payments import services
from bakery.edge.access import Anyone
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import require
from bakery.kernel import clock


class _Asked(serializers.Serializer):  # type: ignore[type-arg]
    whole = serializers.BooleanField(default=False)


class PaymentPageReply(serializers.Serializer):  # type: ignore[type-arg]
    """Where to pay, and until when."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class PayOrder(APIView):
    """Makes or finds the payment page of an order. The order's id is what opens it."""

    permission_classes = [Anyone]

    @extend_schema(
        operation_id="orders_pay",
        tags=["orders"],
        request=None,
        parameters=[
            OpenApiParameter(
                "whole",
                bool,
                description="All that is due, where a deposit would be enough for now.",
            )
        ],
        responses={
            200: PaymentPageReply,
            404: OpenApiResponse(description="order_not_found"),
            409: OpenApiResponse(
                description="already_paid, order_expired, order_not_payable, hold_expiring,"
                " payment_processing, stripe_refused"
            ),
            503: OpenApiResponse(description="stripe_unavailable: the order stays payable"),
        },
        examples=[
            OpenApiExample(
                "page",
                value={
                    "url": "https://checkout.stripe.com/c/pay/cs_test_a1B2c3",
                    "expires_at": "2026-05-02T14:43:00Z",
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Return the payment page; asking again while it is open returns the same one.

        It asks for the deposit, where one makes the order certain, unless ``whole``. An open page
        that asks for another amount is closed first.
        """
        address = client_address(request._request)
        require("order", "pay", rate_bucket(address))
        given = _Asked(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        link = services.open_checkout(
            public_id=public_id,
            user_id=request.user.pk,
            whole=given.validated_data["whole"],
            at=clock.now(),
        )
        return Response(PaymentPageReply(link).data)
