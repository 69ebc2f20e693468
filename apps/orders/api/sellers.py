"""What sells, over the API."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors
from apps.orders.selectors.sellers import BEST, LOW
from bakery.edge.access import Staff
from bakery.edge.private import PrivateView
from bakery.kernel import clock

LONGEST = 366


class SellersFilter(serializers.Serializer[Any]):
    """The window ends now; `min_days` leaves out what is newer on sale."""

    days = serializers.IntegerField(min_value=1, max_value=LONGEST, default=30)
    which = serializers.ChoiceField(choices=[BEST, LOW], default=BEST)
    min_days = serializers.IntegerField(min_value=0, max_value=LONGEST, default=0)


class SellerRow(serializers.Serializer[Any]):
    """A size on sale; revenue is without tax."""

    variant_id = serializers.IntegerField()
    sku = serializers.CharField()
    product = serializers.CharField()
    size = serializers.CharField()
    days = serializers.IntegerField(help_text="On sale within the window.")
    units = serializers.IntegerField()
    units_a_week = serializers.CharField()
    revenue = serializers.CharField()
    currency = serializers.CharField()


class StaffSellers(PrivateView):
    """Best and low sellers."""

    permission_classes = [Staff("orders.view_sales")]

    @extend_schema(
        summary="List what sells best or least",
        tags=["staff"],
        parameters=[SellersFilter],
        responses=SellerRow(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return sizes on sale by units a week; the slowest first for `low`."""
        given = SellersFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        at = clock.now()
        rows = selectors.sellers(
            since=at - timedelta(days=given.validated_data["days"]),
            until=at,
            which=given.validated_data["which"],
            min_days=given.validated_data["min_days"],
        )
        return Response(
            [
                {
                    **{name: getattr(row, name) for name in ("variant_id", "sku", "product")},
                    **{name: getattr(row, name) for name in ("size", "days", "units")},
                    "units_a_week": str(row.units_a_week),
                    "revenue": str(row.revenue),
                    "currency": settings.SHOP_CURRENCY,
                }
                for row in rows
            ]
        )
