"""The kitchen's stations over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.models import Station
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Refused

_OVEN = {"name": "Oven", "position": 1, "everything": False, "categories": [1, 4], "products": []}


def _ids() -> serializers.ListField:
    number = WholeNumber(min_value=1, max_value=2**31 - 1)
    return serializers.ListField(child=number, required=False, max_length=500)


class StationInput(serializers.Serializer[Any]):
    """A station and what it makes: whole lists, in the place of those there are."""

    name = serializers.CharField(max_length=80, required=False)
    position = WholeNumber(min_value=0, max_value=999, required=False)
    everything = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    categories = _ids()
    products = _ids()


class StationOutput(serializers.Serializer[Any]):
    """A station; one with ``everything`` sees every line, as packing does."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    everything = serializers.BooleanField()
    is_active = serializers.BooleanField()
    categories = serializers.ListField(child=serializers.IntegerField())
    products = serializers.ListField(child=serializers.IntegerField())


class StationsView(PrivateView):
    """All stations."""

    permission_classes = [Staff("orders.work_board")]

    @extend_schema(summary="List stations", tags=["staff"], responses=StationOutput(many=True))
    def get(self, request: Request) -> Response:
        """Return the stations in their order, those not at work too."""
        return Response([_row(station) for station in selectors.all_stations()])

    @extend_schema(
        summary="Add a station",
        tags=["staff"],
        request=StationInput,
        responses={201: StationOutput},
        examples=[OpenApiExample("An oven", value=_OVEN, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Add a station; open boards show it within seconds."""
        _require(request, "orders.add_station")
        station = services.create_station(
            wish=_wish(request), actor=actor_of(request), at=clock.now()
        )
        return Response(_row(station), status=201)


class StationView(PrivateView):
    """One station."""

    permission_classes = [Staff("orders.change_station")]

    @extend_schema(
        summary="Change a station",
        tags=["staff"],
        request=StationInput,
        responses=StationOutput,
        examples=[OpenApiExample("No more bread", value={"categories": [1]}, request_only=True)],
    )
    def patch(self, request: Request, station_id: int) -> Response:
        """Change what is named; a list that is given takes the place of the old one."""
        station = services.change_station(
            station_id=station_id,
            wish=_wish(request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_row(station))


def _require(request: Request, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise Refused("permission_denied", "You may not do this.")


def _wish(request: Request) -> services.StationWish:
    checked = StationInput(data=request.data)
    checked.is_valid(raise_exception=True)
    given = checked.validated_data
    return services.StationWish(
        name=given.get("name"),
        position=given.get("position"),
        everything=given.get("everything"),
        is_active=given.get("is_active"),
        category_ids=given.get("categories"),
        product_ids=given.get("products"),
    )


def _row(station: Station) -> dict[str, Any]:
    scopes = list(station.scopes.all())
    return {
        "id": station.pk,
        "name": station.name,
        "position": station.position,
        "everything": station.everything,
        "is_active": station.is_active,
        "categories": sorted(s.category_id for s in scopes if s.category_id is not None),
        "products": sorted(s.product_id for s in scopes if s.product_id is not None),
    }
