"""One change for many products over the API; each product has its own answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import services
from apps.catalog.rules.repricing import STEPS, Repricing
from apps.catalog.services.bulk import MOST
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "publish": (),
    "unpublish": (),
    "archive": (),
    "category": ("category_id",),
    "lead_days": ("days",),
    "price": ("by", "value"),
}


class ChosenProduct(serializers.Serializer[Any]):
    """A product; with `updated_at` it is left alone when somebody changed it since."""

    id = WholeNumber(min_value=1, max_value=2**31)
    updated_at = serializers.DateTimeField(required=False)


class BulkInput(serializers.Serializer[Any]):
    """What to do with which products; what an action needs beside them is named with it."""

    action = serializers.ChoiceField(choices=list(_NEEDS))
    products = ChosenProduct(many=True, min_length=1, max_length=MOST)  # type: ignore[call-arg]  # of the list
    category_id = WholeNumber(min_value=1, max_value=2**31, required=False)
    days = WholeNumber(min_value=0, max_value=90, required=False)
    by = serializers.ChoiceField(choices=["percent", "amount"], required=False)
    value = serializers.DecimalField(
        max_digits=8, decimal_places=2, required=False, help_text="5 is more, -5 is less."
    )
    step = serializers.ChoiceField(
        choices=[str(step) for step in STEPS], required=False, help_text="Prices are rounded to it."
    )
    preview = serializers.BooleanField(
        required=False, help_text="For `price`: say what would change, and change nothing."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for what the action needs."""
        missing = [name for name in _NEEDS[attrs["action"]] if name not in attrs]
        if missing:
            raise serializers.ValidationError({name: ["Needed here."] for name in missing})
        return attrs


class OutcomeRow(serializers.Serializer[Any]):
    """What became of one product; `code` is empty when the change was made."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    changes = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class RepricedRow(serializers.Serializer[Any]):
    """What a size would cost; `after` is null where `error` says why it cannot."""

    product_id = serializers.IntegerField()
    sku = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField(allow_null=True)
    error = serializers.CharField()


class BulkReply(serializers.Serializer[Any]):
    """`results` after a change, `prices` for a preview."""

    results = OutcomeRow(many=True)
    prices = RepricedRow(many=True)


_OUTCOME = ("product_id", "name", "code", "message", "changes")
_RAISE = OpenApiExample(
    "Five per cent more, to the nearest five cents",
    value={
        "action": "price",
        "by": "percent",
        "value": "5",
        "step": "0.05",
        "products": [{"id": 7, "updated_at": "2026-06-01T12:00:00Z"}],
    },
    request_only=True,
)
_DONE = OpenApiExample(
    "One changed, one left alone",
    value={
        "results": [
            {
                "product_id": 7,
                "name": "Chocolate drip cake",
                "code": "",
                "message": "",
                "changes": {"variant:21.price": ["48.00", "50.40"]},
            },
            {
                "product_id": 8,
                "name": "Carrot cake",
                "code": "edited_meanwhile",
                "message": "Somebody changed it since you looked.",
                "changes": {},
            },
        ],
        "prices": [],
    },
    response_only=True,
)


class BulkChange(APIView):
    """One change for up to 500 products."""

    permission_classes = [Staff("catalog.change_product")]

    @extend_schema(
        summary="Change many products",
        request=BulkInput,
        responses=BulkReply,
        examples=[_RAISE, _DONE],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Carry the change out product by product; one that cannot does not hold the others up."""
        asked = BulkInput(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        products = {row["id"]: row.get("updated_at") for row in wanted["products"]}
        if wanted["action"] == "price" and wanted.get("preview"):
            rows = services.preview_prices(product_ids=list(products), how=_how(wanted))
            return Response({"results": [], "prices": [_priced(row) for row in rows]})
        found = _carry_out(wanted, products, actor_of(request))
        return Response({"results": [_outcome(row) for row in found], "prices": []})


def _carry_out(
    wanted: Mapping[str, Any], products: Mapping[int, datetime | None], actor: str
) -> list[services.BulkOutcome]:
    at, action = clock.now(), wanted["action"]
    if action == "price":
        return services.change_prices(products=products, how=_how(wanted), actor=actor, at=at)
    if action == "category":
        return services.move_to_category(
            products=products, category_id=wanted["category_id"], actor=actor, at=at
        )
    if action == "lead_days":
        return services.set_lead_days(products=products, days=wanted["days"], actor=actor, at=at)
    return services.step_products(products=products, step=action, actor=actor, at=at)


def _how(wanted: Mapping[str, Any]) -> Repricing:
    step = next((step for step in STEPS if str(step) == wanted.get("step")), STEPS[0])
    return Repricing(by=wanted["by"], value=wanted["value"], step=step)


def _outcome(row: services.BulkOutcome) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _OUTCOME}


def _priced(row: services.Repriced) -> dict[str, Any]:
    return {
        "product_id": row.product_id,
        "sku": row.sku,
        "before": str(row.before),
        "after": None if row.after is None else str(row.after),
        "error": row.error,
    }
