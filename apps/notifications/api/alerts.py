"""Alerts over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import services
from apps.notifications.selectors import alert_board
from apps.notifications.states import AlertKind, AlertState
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_TAGS = ["staff"]
_ALERT = {
    "id": 7,
    "key": "cake-order:B-261128-0A1Z",
    "kind": "cake",
    "text": "CAKE B-261128-0A1Z for Sat 28 Nov 10:00. 1x Carrot cake, 8 inch",
    "code": "4821",
    "path": "/console/orders/order/12/change/",
    "state": "escalated",
    "level": 1,
    "raised_at": "2026-11-26T14:00:00Z",
    "escalate_at": "2026-11-26T14:10:00Z",
    "acknowledged_at": None,
    "acknowledged_by": "",
    "messages": [
        {
            "channel": "SMS",
            "who": "Ada …0101",
            "state": "Delivered",
            "error_code": "",
            "at": "2026-11-26T14:00:02Z",
        }
    ],
}


class AlertFilter(serializers.Serializer[Any]):
    """Which alerts; all without it."""

    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    kind = serializers.ChoiceField(choices=AlertKind.choices, required=False, default="")


class ToldOutput(serializers.Serializer[Any]):
    """One message of an alert; the recipient is masked."""

    channel = serializers.CharField()
    who = serializers.CharField()
    state = serializers.CharField()
    error_code = serializers.CharField()
    at = serializers.DateTimeField()


class AlertOutput(serializers.Serializer[Any]):
    """An alert; ``level`` counts how often it went on to others."""

    id = serializers.IntegerField(source="alert.pk")
    key = serializers.CharField(source="alert.key")
    kind = serializers.ChoiceField(source="alert.kind", choices=AlertKind.choices)
    text = serializers.CharField(source="alert.text")
    code = serializers.CharField(source="alert.reply_code")
    path = serializers.CharField(source="alert.path")
    state = serializers.ChoiceField(source="alert.state", choices=AlertState.choices)
    level = serializers.IntegerField(source="alert.level")
    raised_at = serializers.DateTimeField(source="alert.raised_at")
    escalate_at = serializers.DateTimeField(source="alert.escalate_at", allow_null=True)
    acknowledged_at = serializers.DateTimeField(source="alert.acknowledged_at", allow_null=True)
    acknowledged_by = serializers.CharField(source="by")
    messages = ToldOutput(source="told", many=True)


class StaffAlertsView(PrivateView):
    """All alerts."""

    permission_classes = [Staff("notifications.view_alert")]

    @extend_schema(
        operation_id="staff_alerts_list",
        summary="List alerts",
        tags=_TAGS,
        parameters=[AlertFilter],
        responses=AlertOutput(many=True),
        examples=[OpenApiExample("One that went on", value=_ALERT, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return alerts with whom they were told to; the newest first."""
        checked = AlertFilter(data=request.query_params.dict())
        checked.is_valid(raise_exception=True)
        wanted = checked.validated_data
        found = alert_board.staff_alerts(is_open=wanted["open"], kind=wanted["kind"])
        pages = NewestFirst()
        rows = pages.paginate_queryset(found, request, view=self)
        shown = alert_board.described(rows or [])
        return pages.get_paginated_response(AlertOutput(shown, many=True).data)


class StaffAlertAcknowledgeView(PrivateView):
    """Taking charge of one alert."""

    permission_classes = [Staff("notifications.acknowledge_alert")]

    @extend_schema(
        operation_id="staff_alerts_acknowledge",
        summary="Take charge of an alert",
        tags=_TAGS,
        request=None,
        responses=AlertOutput,
        examples=[
            OpenApiExample(
                "Taken",
                value={**_ALERT, "state": "acknowledged", "acknowledged_by": "ada@bakery.example"},
                response_only=True,
            )
        ],
    )
    def post(self, request: Request, alert_id: int) -> Response:
        """Acknowledge; 409 ``already_acknowledged`` when somebody did before."""
        services.acknowledge_by_staff(alert_id=alert_id, actor=actor_of(request), at=clock.now())
        [row] = alert_board.described(list(alert_board.staff_alerts().filter(pk=alert_id)))
        return Response(AlertOutput(row).data)
