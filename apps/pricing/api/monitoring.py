"""/api/v1/staff/models/monitoring: how predictions do, as in the console."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.pricing import services
from apps.pricing.rules.monitoring import (
    Line,
    by_complexity,
    by_size,
    by_version,
    line_of,
    over_time,
)
from apps.pricing.selectors.monitoring import judged
from bakery.edge.access import Staff
from bakery.kernel import clock


class MonitoringFilter(serializers.Serializer[Any]):
    """How many days back."""

    days = serializers.IntegerField(min_value=1, max_value=1095, default=365)


class MonitoringLine(serializers.Serializer[Any]):
    """Decisions of a group. Errors in per cent of the decided price, the rest shares of them."""

    name = serializers.CharField()
    decisions = serializers.IntegerField(source="ours.rows")
    error = serializers.FloatField(source="ours.mape", help_text="Mean absolute error, per cent.")
    formula_error = serializers.FloatField(source="formula.mape")
    bias = serializers.FloatField(
        source="ours.bias", help_text="Mean logarithm of decided over predicted."
    )
    covered = serializers.FloatField(help_text="Within the predicted range.")
    too_low = serializers.FloatField(help_text="Predicted more than 5 % too low.")
    too_high = serializers.FloatField(help_text="Predicted more than 5 % too high.")


class MonitoringReply(serializers.Serializer[Any]):
    """``all`` is null, and the lists empty, without decisions."""

    days = serializers.IntegerField()
    drift = serializers.CharField(help_text='In words; "" when predictions hold.')
    all = MonitoringLine(allow_null=True)
    over_time = MonitoringLine(many=True)
    by_size = MonitoringLine(many=True)
    by_complexity = MonitoringLine(many=True)
    by_version = MonitoringLine(many=True)


class MonitoringView(APIView):
    """How predictions do."""

    permission_classes = [Staff("pricing.view_decision")]

    @extend_schema(
        tags=["staff: models"],
        operation_id="staff_models_monitoring",
        summary="Show how predictions do",
        parameters=[MonitoringFilter],
        responses=MonitoringReply,
    )
    def get(self, request: Request) -> Response:
        """Return errors, coverage and sides over time and by group."""
        given = MonitoringFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        at, days = clock.now(), given.validated_data["days"]
        rows = judged(since=at - timedelta(days=days), until=at)
        whole: Line | None = line_of("all", rows) if rows else None
        reply = {
            "days": days,
            "drift": services.drift(at=at),
            "all": whole,
            "over_time": over_time(rows, clock.shop_zone()),
            "by_size": by_size(rows),
            "by_complexity": by_complexity(rows),
            "by_version": by_version(rows),
        }
        return Response(MonitoringReply(reply).data)
