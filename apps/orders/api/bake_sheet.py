"""The bake sheet over the API."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import services
from apps.orders.selectors.bake_sheet import BakeSheet, bake_sheet
from bakery.edge.access import Staff
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_PLACES: dict[str, Any] = {"max_digits": 12, "decimal_places": 3}


class SheetFilter(serializers.Serializer[Any]):
    """Days of pickup; percent to spare; whether goods from undated stock are baked as well."""

    first = serializers.DateField()
    last = serializers.DateField()
    buffer = serializers.DecimalField(
        max_digits=4, decimal_places=1, min_value=Decimal(0), max_value=Decimal(100), required=False
    )
    shelf = serializers.BooleanField(default=False)


class WishRow(serializers.Serializer[Any]):
    """One order's pieces."""

    number = serializers.CharField()
    public_id = serializers.UUIDField()
    day = serializers.DateField()
    quantity = serializers.IntegerField()
    message = serializers.CharField()
    allergy_flag = serializers.BooleanField()
    details = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Of a custom cake: what was agreed, as rows of a label and a text.",
    )
    weight_g = serializers.IntegerField(allow_null=True)


class BakeRow(serializers.Serializer[Any]):
    """A size to bake; `counter` pieces are planned stock of the day that nobody ordered."""

    variant_id = serializers.IntegerField()
    name = serializers.CharField()
    ordered = serializers.IntegerField()
    counter = serializers.IntegerField()
    from_shelf = serializers.BooleanField()
    is_custom = serializers.BooleanField(
        help_text="A custom cake: in no mix and no purchase, as no recipe is written for it."
    )
    wishes = WishRow(many=True)


class PortionRow(serializers.Serializer[Any]):
    """What goes into one bowl and into all."""

    name = serializers.CharField()
    unit = serializers.CharField()
    in_bowl = serializers.DecimalField(**_PLACES)
    in_all = serializers.DecimalField(**_PLACES)
    is_mix = serializers.BooleanField()


class MixRow(serializers.Serializer[Any]):
    """A recipe in equal bowls; weights in g."""

    name = serializers.CharField()
    unit = serializers.CharField()
    output = serializers.DecimalField(**_PLACES)
    weight = serializers.DecimalField(**_PLACES)
    bowls = serializers.IntegerField()
    bowl_weight = serializers.DecimalField(**_PLACES)
    mixer = serializers.CharField()
    portions = PortionRow(many=True)


class PurchaseRow(serializers.Serializer[Any]):
    """What to buy, in whole packs."""

    ingredient_id = serializers.IntegerField()
    name = serializers.CharField()
    supplier = serializers.CharField()
    is_food = serializers.BooleanField()
    unit = serializers.CharField()
    needed = serializers.DecimalField(**_PLACES)
    counted = serializers.DecimalField(**_PLACES, allow_null=True)
    counted_at = serializers.DateTimeField(allow_null=True)
    missing = serializers.DecimalField(**_PLACES)
    packs = serializers.IntegerField()
    pack = serializers.DecimalField(**_PLACES)
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)


class SheetOutput(serializers.Serializer[Any]):
    """A bake sheet; `cost` is null while a price is not known."""

    first = serializers.DateField()
    last = serializers.DateField()
    buffer_percent = serializers.DecimalField(max_digits=4, decimal_places=1)
    bakes = BakeRow(many=True)
    mixes = MixRow(many=True)
    purchases = PurchaseRow(many=True)
    without_recipe = serializers.ListField(child=serializers.CharField())
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()


class CountLine(serializers.Serializer[Any]):
    """So much of an ingredient, in its base unit (g, ml, piece)."""

    ingredient_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    amount = serializers.DecimalField(**_PLACES, min_value=Decimal(0))


class PantryInput(serializers.Serializer[Any]):
    """What was counted."""

    counts = serializers.ListField(child=CountLine(), min_length=1, max_length=500)


class PantryOutput(serializers.Serializer[Any]):
    """How many were written down."""

    counted = serializers.IntegerField()


def _as_json(sheet: BakeSheet) -> dict[str, Any]:
    data = asdict(sheet) | {"cost": sheet.cost, "currency": settings.SHOP_CURRENCY}
    return dict(SheetOutput(data).data)


class StaffBakeSheet(PrivateView):
    """What is to be baked."""

    permission_classes = [Staff("orders.plan_bakes")]

    @extend_schema(
        summary="Plan bakes, mixes and purchases",
        tags=["staff"],
        parameters=[SheetFilter],
        responses=SheetOutput,
    )
    def get(self, request: Request) -> Response:
        """Return pieces, mixes split into bowls, and what to buy, for orders that are not ready."""
        given = SheetFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        sheet = bake_sheet(
            data["first"],
            data["last"],
            buffer_percent=data.get("buffer", settings.SHOP_BAKE_BUFFER_PERCENT),
            with_shelf=data["shelf"],
        )
        return Response(_as_json(sheet))


class StaffPantry(PrivateView):
    """What is on the shelf."""

    permission_classes = [Staff("orders.plan_bakes")]

    @extend_schema(
        summary="Write down what was counted",
        tags=["staff"],
        request=PantryInput,
        responses={201: PantryOutput},
    )
    def post(self, request: Request) -> Response:
        """Write down how much of ingredients there is; the newest count holds."""
        given = PantryInput(data=request.data)
        given.is_valid(raise_exception=True)
        counted = services.count_pantry(
            amounts={row["ingredient_id"]: row["amount"] for row in given.validated_data["counts"]},
            actor=f"user:{request.user.pk}",
            at=clock.now(),
        )
        return Response({"counted": counted}, status=201)
