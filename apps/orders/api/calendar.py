"""/api/v1/me/calendar: the secret address of the account's pickups."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.carts import customer_of
from bakery.edge.access import SignedIn
from bakery.edge.private import PrivateView
from bakery.kernel import clock


class CalendarOutput(serializers.Serializer[Any]):
    """Since when there is an address; null when there is none."""

    since = serializers.DateTimeField(allow_null=True)


class CalendarAddressOutput(serializers.Serializer[Any]):
    """The address; it is shown this once."""

    url = serializers.CharField()


class MyCalendarView(PrivateView):
    """The account's calendar address."""

    permission_classes = [SignedIn]

    @extend_schema(tags=["me"], responses=CalendarOutput, operation_id="me_calendar")
    def get(self, request: Request) -> Response:
        """Tell whether there is an address, and since when; the address itself is kept nowhere."""
        since = selectors.feed_since(customer_of(request))
        return Response({"since": since and since.isoformat()})

    @extend_schema(
        tags=["me"],
        request=None,
        responses={201: CalendarAddressOutput},
        examples=[
            OpenApiExample(
                "Address",
                value={"url": "https://bakery.example/calendar/mZ3v....ics"},
                response_only=True,
                status_codes=["201"],
            )
        ],
        operation_id="me_calendar_open",
    )
    def post(self, request: Request) -> Response:
        """Make a new address, which ends the one before; whoever has it sees the pickups."""
        url = services.open_feed(user_id=customer_of(request), at=clock.now())
        return Response({"url": url}, status=201)

    @extend_schema(
        tags=["me"],
        responses={204: OpenApiResponse(description="It works no more.")},
        operation_id="me_calendar_close",
    )
    def delete(self, request: Request) -> Response:
        """End the address; one that there is not has ended already."""
        services.close_feed(user_id=customer_of(request))
        return Response(status=204)
