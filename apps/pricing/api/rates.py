"""Rates of prices and the log of predictions over the staff API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.pricing import selectors, services
from apps.pricing.models import Prediction, PriceRates
from apps.pricing.services.rates import MOST_RUSH_DAYS
from apps.pricing.states import EstimateOrigin, Source
from bakery.edge.access import Staff, SteppedUp
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1
_SEE, _CHANGE = Staff("pricing.view_pricerates"), Staff("pricing.change_rates")
_LOG = Staff("pricing.view_prediction")
_RATES: dict[str, Any] = {
    "starts_on": "2026-12-01",
    "hourly_rate": "30.00",
    "waste_percent": "5.00",
    "overhead_percent": "15.00",
    "target_margin": "0.3500",
    "floor_margin": "0.1500",
    "rush_days": 7,
    "rush_percent": "25.00",
    "price_step": "1.00",
}
_PREDICTION = OpenApiExample(
    "Decided above it",
    value={
        "id": 412,
        "source": "custom",
        "subject": "SR-2611-4821",
        "currency": "CAD",
        "formula_price": "310.00",
        "price": "344.00",
        "low": "296.07",
        "high": "399.70",
        "cost": "201.14",
        "servings": 62,
        "servings_least": 62,
        "servings_most": 100,
        "servings_formula": 62,
        "origin": "model",
        "version": "price-2611-03",
        "at": "2026-11-20T15:00:00Z",
        "final_price": "360.00",
        "reason": "Gold leaf",
    },
    response_only=True,
)


class RatesInput(serializers.Serializer[Any]):
    """What holds from ``starts_on`` on; what is left out stays as it is on that day."""

    starts_on = serializers.DateField()
    hourly_rate = serializers.DecimalField(8, 2, required=False)
    waste_percent = serializers.DecimalField(5, 2, required=False)
    overhead_percent = serializers.DecimalField(5, 2, required=False)
    target_margin = serializers.DecimalField(
        5, 4, required=False, help_text="A share of the price: 0.35 is 35 %."
    )
    floor_margin = serializers.DecimalField(5, 4, required=False)
    rush_days = WholeNumber(min_value=0, max_value=MOST_RUSH_DAYS, required=False)
    rush_percent = serializers.DecimalField(5, 2, required=False)
    price_step = serializers.DecimalField(6, 2, required=False)


class RatesOutput(serializers.Serializer[Any]):
    """Rates as they are kept; those of the same day that were written last hold."""

    id = serializers.IntegerField()
    starts_on = serializers.DateField()
    hourly_rate = serializers.DecimalField(8, 2)
    waste_percent = serializers.DecimalField(5, 2)
    overhead_percent = serializers.DecimalField(5, 2)
    target_margin = serializers.DecimalField(5, 4)
    floor_margin = serializers.DecimalField(5, 4)
    rush_days = serializers.IntegerField()
    rush_percent = serializers.DecimalField(5, 2)
    price_step = serializers.DecimalField(6, 2)
    at = serializers.DateTimeField()


class PredictionOutput(serializers.Serializer[Any]):
    """A prediction; ``version`` "" when the formula spoke, ``final_price`` null undecided."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field, no path
    subject = serializers.CharField()
    currency = serializers.CharField()
    formula_price = serializers.DecimalField(10, 2)
    price = serializers.DecimalField(10, 2)
    low = serializers.DecimalField(10, 2)
    high = serializers.DecimalField(10, 2)
    cost = serializers.DecimalField(10, 2)
    servings = serializers.IntegerField(allow_null=True)
    servings_least = serializers.IntegerField(allow_null=True)
    servings_most = serializers.IntegerField(allow_null=True)
    servings_formula = serializers.IntegerField(allow_null=True)
    origin = serializers.ChoiceField(EstimateOrigin.choices)
    version = serializers.CharField()
    at = serializers.DateTimeField()
    final_price = serializers.DecimalField(10, 2, allow_null=True)
    reason = serializers.CharField()


class StaffPriceRates(APIView):
    """Rates that prices follow from."""

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs; all prices follow from what is set."""
        return [_CHANGE(), SteppedUp()] if self.request.method == "POST" else [_SEE()]

    permission_classes = [_SEE]

    @extend_schema(
        summary="List the rates of prices", tags=["staff"], responses=RatesOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return all of them, the latest first: those of days to come as well."""
        return Response(RatesOutput(PriceRates.objects.all(), many=True).data)

    @extend_schema(
        summary="Set the rates of prices from a day on",
        tags=["staff"],
        request=RatesInput,
        responses={201: RatesOutput},
        examples=[OpenApiExample("A dearer hour", value=_RATES, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Add rates, with a fresh code (403 ``step_up_required``); 400 names what is wrong."""
        checked = RatesInput(data=request.data)
        checked.is_valid(raise_exception=True)
        row = services.set_rates(
            values=checked.validated_data, actor=actor_of(request), at=clock.now()
        )
        return Response(RatesOutput(row).data, status=201)


class StaffPredictions(ListAPIView):  # type: ignore[type-arg]  # generic for the checker only
    """The log of predictions."""

    permission_classes = [_LOG]
    serializer_class = PredictionOutput
    pagination_class = NewestFirst
    queryset = Prediction.objects.select_related("version", "decision")

    @extend_schema(summary="List predictions", tags=["staff"], examples=[_PREDICTION])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of them, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        rows = [selectors.prediction_row(row) for row in page or ()]
        return self.get_paginated_response(PredictionOutput(rows, many=True).data)


class StaffPrediction(APIView):
    """One prediction."""

    permission_classes = [_LOG]

    @extend_schema(
        summary="Get a prediction",
        tags=["staff"],
        responses=PredictionOutput,
        examples=[_PREDICTION],
    )
    def get(self, request: Request, prediction_id: int) -> Response:
        """Return it with what was decided."""
        if prediction_id > _BIGGEST_ID:
            raise NotFound("prediction_not_found", "There is no such prediction.")
        return Response(PredictionOutput(selectors.prediction(prediction_id)).data)
