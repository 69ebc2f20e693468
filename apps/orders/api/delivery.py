"""Whether an order is brought to an address, and the zones that say so."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.orders import selectors, services
from apps.orders.api.callers import customer_id
from apps.orders.api.fields import StrictCharField
from apps.orders.models import DeliveryZone
from apps.orders.rules.order_data import Address
from apps.orders.rules.zones import MAX_PARTS
from apps.orders.states import ZoneKind
from bakery.edge.access import Anyone, Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1
_SEE = Staff("orders.view_deliveryzone")
_WRITES = {
    "POST": Staff("orders.add_deliveryzone"),
    "PATCH": Staff("orders.change_deliveryzone"),
}
_ZONE = {
    "name": "Downtown",
    "kind": "postcode",
    "country": "CA",
    "postcodes": ["M5V", "M5J 2"],
    "fee": "8.00",
    "free_from": "100.00",
    "minimum": "30.00",
    "weekdays": [1, 2, 3, 4, 5],
    "rank": 0,
    "active": True,
}


class QuoteInput(serializers.Serializer[Any]):
    """Where to; with a cart the answer also says what is missing."""

    postcode = StrictCharField(max_length=40)
    country = StrictCharField(max_length=40, default="")
    cart_id = serializers.UUIDField(required=False)


class QuoteOutput(serializers.Serializer[Any]):
    """A zone's terms; what follows ``weekdays`` is null without a cart."""

    postcode = serializers.CharField()
    zone = serializers.CharField()
    currency = serializers.CharField()
    fee = serializers.DecimalField(8, 2, help_text="For the cart's goods, if one is given.")
    minimum = serializers.DecimalField(8, 2)
    free_from = serializers.DecimalField(8, 2, allow_null=True)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(), help_text="0 is Monday; empty: every day."
    )
    goods = serializers.DecimalField(10, 2, allow_null=True)
    missing = serializers.DecimalField(10, 2, allow_null=True, help_text="To the minimum.")
    missing_for_free = serializers.DecimalField(10, 2, allow_null=True)


class DeliveryQuoteView(PrivateView):
    """Delivery to a postcode."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["carts"],
        summary="Ask what delivery costs",
        request=QuoteInput,
        responses=QuoteOutput,
        examples=[OpenApiExample("Downtown", value={"postcode": "M5V 3A8"}, request_only=True)],
        operation_id="delivery_quote",
    )
    def post(self, request: Request) -> Response:
        """Return the terms; 400 ``delivery_not_offered`` or ``bad_postcode``."""
        checked = QuoteInput(data=request.data)
        checked.is_valid(raise_exception=True)
        data = checked.validated_data
        country = data["country"] or settings.SHOP_COUNTRY
        found = selectors.check_postcode(data["postcode"], country=country)
        quote = selectors.quote_delivery(_somewhere(found.postcode, country))
        goods = None
        if "cart_id" in data:
            goods = _goods(data["cart_id"], customer_id(request), at=clock.now())
        body = {
            "postcode": found.postcode,
            "zone": quote.zone,
            "currency": settings.SHOP_CURRENCY,
            "fee": quote.fee if goods is None else quote.fee_for(goods),
            "minimum": quote.minimum,
            "free_from": quote.free_from,
            "weekdays": quote.weekdays,
            "goods": goods,
            "missing": None if goods is None else quote.missing_for(goods),
            "missing_for_free": None if goods is None else quote.missing_for_free(goods),
        }
        return Response(QuoteOutput(body).data)


def _somewhere(postcode: str, country: str) -> Address:
    return Address(recipient="", line1="", city="", postcode=postcode, country=country)


def _goods(cart_id: UUID, user_id: int | None, *, at: datetime) -> Decimal:
    return selectors.cart_view(cart_id, user_id=user_id, at=at).quote.goods_due


class ZoneInput(serializers.Serializer[Any]):
    """A zone; ``postcodes`` when by postcode, ``radius_km`` when by distance."""

    name = StrictCharField(max_length=200)
    kind = serializers.ChoiceField(choices=ZoneKind.choices)
    country = StrictCharField(max_length=10, required=False)
    postcodes = serializers.ListField(
        child=StrictCharField(max_length=20), required=False, max_length=MAX_PARTS
    )
    radius_km = serializers.DecimalField(6, 2, required=False, allow_null=True)
    fee = serializers.DecimalField(8, 2)
    free_from = serializers.DecimalField(8, 2, required=False, allow_null=True)
    minimum = serializers.DecimalField(8, 2, required=False)
    weekdays = serializers.ListField(
        child=WholeNumber(min_value=0, max_value=6), required=False, max_length=7
    )
    rank = WholeNumber(min_value=0, max_value=1000, required=False)
    active = serializers.BooleanField(required=False)


class ZoneOutput(serializers.Serializer[Any]):
    """A zone as it is kept."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ZoneKind.choices)
    country = serializers.CharField()
    postcodes = serializers.ListField(child=serializers.CharField())
    radius_km = serializers.DecimalField(6, 2, allow_null=True)
    fee = serializers.DecimalField(8, 2)
    free_from = serializers.DecimalField(8, 2, allow_null=True)
    minimum = serializers.DecimalField(8, 2)
    weekdays = serializers.ListField(child=serializers.IntegerField())
    rank = serializers.IntegerField()
    active = serializers.BooleanField()


class CheckOutput(serializers.Serializer[Any]):
    """Every active zone that a postcode lies in, by name, the one that has it first."""

    postcode = serializers.CharField()
    distance_km = serializers.FloatField(allow_null=True)
    zones = serializers.ListField(child=serializers.CharField())


class _ZonesView(APIView):
    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        return [_WRITES.get(self.request.method or "", _SEE)()]


class StaffZones(_ZonesView):
    """Delivery zones."""

    @extend_schema(summary="List delivery zones", tags=["staff"], responses=ZoneOutput(many=True))
    def get(self, request: Request) -> Response:
        """Return all of them, those out of use as well."""
        return Response(ZoneOutput(DeliveryZone.objects.order_by("name"), many=True).data)

    @extend_schema(
        summary="Draw a delivery zone",
        tags=["staff"],
        request=ZoneInput,
        responses={201: ZoneOutput},
        examples=[OpenApiExample("By postcode", value=_ZONE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Draw a zone; 400 with the field that is wrong, 409 ``zone_exists``."""
        checked = ZoneInput(data=request.data)
        checked.is_valid(raise_exception=True)
        zone = services.add_zone(
            values=checked.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(ZoneOutput(zone).data, status=201)


class StaffZone(_ZonesView):
    """One delivery zone."""

    @extend_schema(
        summary="Change a delivery zone",
        tags=["staff"],
        request=ZoneInput,
        responses=ZoneOutput,
        examples=[OpenApiExample("Out of use", value={"active": False}, request_only=True)],
    )
    def patch(self, request: Request, zone_id: int) -> Response:
        """Change what is named; orders that were placed keep their fee."""
        if zone_id > _BIGGEST_ID:
            raise NotFound("delivery_zone_not_found", "There is no such delivery zone.")
        checked = ZoneInput(data=request.data, partial=True)
        checked.is_valid(raise_exception=True)
        zone = services.change_zone(
            zone_id=zone_id,
            values=checked.validated_data,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(ZoneOutput(zone).data)


class StaffZoneCheck(APIView):
    """Whether a postcode gets delivered."""

    permission_classes = [_SEE]

    @extend_schema(
        summary="Check a postcode against the zones",
        tags=["staff"],
        request=QuoteInput,
        responses=CheckOutput,
        examples=[OpenApiExample("Downtown", value={"postcode": "M5V 3A8"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Return every zone that it lies in and its distance, if its place is known."""
        checked = QuoteInput(data=request.data)
        checked.is_valid(raise_exception=True)
        data = checked.validated_data
        found = selectors.check_postcode(
            data["postcode"], country=data["country"] or settings.SHOP_COUNTRY
        )
        body = {
            "postcode": found.postcode,
            "distance_km": found.distance_km,
            "zones": [zone.name for zone in found.zones],
        }
        return Response(CheckOutput(body).data)
