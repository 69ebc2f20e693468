"""What to print, and the record of prints, over the API: for a printer's own program."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.states import PrintKind, PrintMark
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock

_ORDER = "5b1f7f0e-6a51-4d3c-9b53-1d2a4f6f3c11"


class TicketsQuery(serializers.Serializer[Any]):
    """For which station; 0: what none makes."""

    station = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class DueTicketOutput(serializers.Serializer[Any]):
    """An order that fires today; ``due``: it fired and there is no paper of it as it is now."""

    public_id = serializers.UUIDField()
    number = serializers.CharField()
    revision = serializers.IntegerField()
    fires_at = serializers.DateTimeField(allow_null=True)
    pickup_starts_at = serializers.DateTimeField()
    has_cake = serializers.BooleanField()
    printed_revision = serializers.IntegerField(allow_null=True)
    due = serializers.BooleanField()


class PrintInput(serializers.Serializer[Any]):
    """What is printed; without a station the whole orders."""

    orders = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=services.MAX_PRINTED
    )
    kind = serializers.ChoiceField(choices=PrintKind.choices, default=PrintKind.TICKET)
    station = WholeNumber(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)


class PrintedOutput(serializers.Serializer[Any]):
    """One order on paper. ``since``: the revision on its newest earlier paper."""

    public_id = serializers.UUIDField()
    number = serializers.CharField()
    mark = serializers.ChoiceField(choices=PrintMark.choices)
    revision = serializers.IntegerField()
    since = serializers.IntegerField(allow_null=True)
    ticket = serializers.JSONField(allow_null=True, help_text="For tickets: lines by station.")
    labels = serializers.JSONField(allow_null=True, help_text="For labels: one for each box.")


class TicketsView(PrivateView):
    """What fires today."""

    permission_classes = [Staff("orders.print_tickets")]

    @extend_schema(
        summary="List tickets to print",
        tags=["staff"],
        parameters=[TicketsQuery],
        responses=DueTicketOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the orders that fire until the end of today, the earliest first."""
        asked = TicketsQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = selectors.due_tickets(at=clock.now(), station=asked.validated_data.get("station"))
        return Response([_due(row) for row in rows])


class PrintView(PrivateView):
    """A print."""

    permission_classes = [Staff("orders.print_tickets")]

    @extend_schema(
        summary="Print tickets or labels",
        tags=["staff"],
        request=PrintInput,
        responses=PrintedOutput(many=True),
        examples=[
            OpenApiExample(
                "A ticket", value={"orders": [_ORDER], "kind": "ticket"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Record that it is printed, and return what goes on paper with how it is to be marked."""
        checked = PrintInput(data=request.data)
        checked.is_valid(raise_exception=True)
        given = checked.validated_data
        at, station, kind = clock.now(), given.get("station"), PrintKind(given["kind"])
        printed = services.record_prints(
            public_ids=given["orders"],
            kind=kind,
            station=station,
            actor=actor_of(request),
            at=at,
        )
        orders = [row.order for row in printed]
        sheets = selectors.sheets_of(orders, station=station) if kind == PrintKind.TICKET else []
        labels = selectors.labels_of(orders, at=at) if kind == PrintKind.LABELS else []
        return Response([_printed(row, sheets, labels) for row in printed])


def _due(row: selectors.DueTicket) -> dict[str, Any]:
    order = row.order
    return {
        "public_id": order.public_id,
        "number": order.number,
        "revision": order.revision,
        "fires_at": order.fires_at,
        "pickup_starts_at": order.pickup_starts_at,
        "has_cake": order.has_cake,
        "printed_revision": row.printed,
        "due": row.is_due,
    }


def _printed(
    row: services.Printed, sheets: list[selectors.Sheet], labels: list[selectors.BoxLabel]
) -> dict[str, Any]:
    order = row.order
    sheet = next((one for one in sheets if one.ticket["number"] == order.number), None)
    own = [asdict(label) for label in labels if label.order_id == order.pk]
    return {
        "public_id": order.public_id,
        "number": order.number,
        "mark": row.mark,
        "revision": order.revision,
        "since": row.since,
        "ticket": asdict(sheet) if sheet else None,
        "labels": own if labels else None,
    }
