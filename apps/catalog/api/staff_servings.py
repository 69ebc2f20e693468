"""The servings of a size over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.api.servings import EstimateRow, estimate_row
from apps.catalog.models import ServingsDecision, Variant
from apps.catalog.rules.servings import PARTY, STYLES
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.kernel import clock


class DecisionInput(serializers.Serializer[Any]):
    """What the size serves; a reason is needed when it is not the chart's figure."""

    least = WholeNumber(min_value=1, max_value=5000)
    most = WholeNumber(min_value=1, max_value=5000)
    style = serializers.ChoiceField(  # type: ignore[assignment]  # shadows Field.style, as it may
        choices=list(STYLES.items()), default=PARTY
    )
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class DecisionRow(serializers.Serializer[Any]):
    """A decision beside what was suggested."""

    least = serializers.IntegerField()
    most = serializers.IntegerField()
    suggested_least = serializers.IntegerField(allow_null=True)
    suggested_most = serializers.IntegerField(allow_null=True)
    chart = serializers.CharField()
    style = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()


class SizeServings(serializers.Serializer[Any]):
    """What a size serves now, what the chart says, and what was decided before."""

    variant_id = serializers.IntegerField()
    servings_min = serializers.IntegerField(allow_null=True)
    servings_max = serializers.IntegerField(allow_null=True)
    suggestion = EstimateRow(allow_null=True)
    decisions = DecisionRow(many=True)


class StaffServings(APIView):
    """The servings of one size, for staff."""

    permission_classes = [Staff("catalog.change_variant")]

    @extend_schema(summary="Show a size's servings", responses=SizeServings, tags=["staff"])
    def get(self, request: Request, variant_id: int) -> Response:
        """Return what it serves, the chart's suggestion and the latest decisions."""
        return Response(_size_row(selectors.any_variant(variant_id)))

    @extend_schema(
        summary="Decide a size's servings",
        request=DecisionInput,
        responses=SizeServings,
        examples=[
            OpenApiExample(
                "Generous slices",
                value={"least": 18, "most": 22, "reason": "We cut bigger slices."},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request, variant_id: int) -> Response:
        """Set the servings and log them beside the suggestion."""
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        services.decide_servings(
            variant_id=variant_id,
            **given.validated_data,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_size_row(selectors.any_variant(variant_id)))


_SHOWN = tuple(DecisionRow().get_fields())


def _size_row(variant: Variant) -> dict[str, Any]:
    suggestion = selectors.servings_suggestion(variant)
    return {
        "variant_id": variant.pk,
        "servings_min": variant.servings_min,
        "servings_max": variant.servings_max,
        "suggestion": estimate_row(suggestion) if suggestion else None,
        "decisions": [_decision_row(row) for row in variant.servings_decisions.all()[:20]],
    }


def _decision_row(row: ServingsDecision) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}
