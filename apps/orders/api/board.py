"""The kitchen's board over HTTP: its first picture, and what to do when no socket opens."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from bakery.edge.access import Staff
from bakery.edge.private import PrivateView
from bakery.kernel import clock

BATCH = 200


_LANE_COUNTS = {"overdue": {"orders": 2, "cakes": 1}, "today": {"orders": 9, "cakes": 4}}
_COUNTS_EXAMPLE = {
    "at": "2026-11-24T14:00:00Z",
    "lanes": {
        **_LANE_COUNTS,
        "tomorrow": {"orders": 6, "cakes": 2},
        "later": {"orders": 1, "cakes": 1},
    },
    "later": [{"day": "2026-11-28", "orders": 12, "cakes": 5}],
    "stations": [{"id": 1, "name": "Oven", "orders": 14}, {"id": 0, "name": "Other", "orders": 0}],
}


class BoardQuery(serializers.Serializer):  # type: ignore[type-arg]
    """Where the board stands."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)


class BoardAckInput(serializers.Serializer):  # type: ignore[type-arg]
    """Which order somebody has seen."""

    number = serializers.CharField(max_length=20)


class BoardAckOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Whether this was the first to see it."""

    acknowledged = serializers.BooleanField()


class BoardEventOutput(serializers.Serializer):  # type: ignore[type-arg]
    """One event with the whole ticket as it was after it."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    order = serializers.JSONField()


class BoardOutput(serializers.Serializer):  # type: ignore[type-arg]
    """With ``after``: ``after``, ``last``, ``plan`` and ``events``. Without: all others.

    ``plan`` is the version of the stations; who knows another loads the board afresh.
    ``day_starts`` are the beginnings of the shop's days from today on. ``later`` counts what fires
    after tomorrow, by day of pickup; ``left_out`` what there was no room for.
    """

    after = serializers.IntegerField(required=False)
    last = serializers.IntegerField(required=False)
    events = BoardEventOutput(many=True, required=False)
    seq = serializers.IntegerField(required=False)
    at = serializers.DateTimeField(required=False)
    plan = serializers.CharField(required=False)
    day_starts = serializers.ListField(child=serializers.DateTimeField(), required=False)
    stations = serializers.ListField(child=serializers.JSONField(), required=False)
    later = serializers.ListField(child=serializers.JSONField(), required=False)
    left_out = serializers.IntegerField(required=False)
    orders = serializers.ListField(child=serializers.JSONField(), required=False)


class CountsQuery(serializers.Serializer):  # type: ignore[type-arg]
    """Whose tickets are counted in the lanes; 0: those that no station makes."""

    station = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class CountOutput(serializers.Serializer):  # type: ignore[type-arg]
    """How many orders, and how many of them with a cake."""

    orders = serializers.IntegerField()
    cakes = serializers.IntegerField()


class DayCountOutput(CountOutput):
    """The orders that the board does not hold yet, of one day of pickup."""

    day = serializers.DateField()


class StationCountOutput(serializers.Serializer):  # type: ignore[type-arg]
    """The orders on the board with a line for a station."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    orders = serializers.IntegerField()


class CountsOutput(serializers.Serializer):  # type: ignore[type-arg]
    """What the board's badges say."""

    at = serializers.DateTimeField()
    lanes = serializers.DictField(
        child=CountOutput(), help_text="By overdue, today, tomorrow and later."
    )
    later = DayCountOutput(many=True)
    stations = StationCountOutput(many=True)


class BoardView(PrivateView):
    """The open orders, or the events after a sequence number."""

    permission_classes = [Staff("orders.work_board")]

    @extend_schema(tags=["staff"], parameters=[BoardQuery], responses=BoardOutput)
    def get(self, request: Request) -> Response:
        """Return all tickets and ``seq``; with ``?after=`` the events since, at most 200."""
        asked = BoardQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        if "after" not in asked.validated_data:
            return Response(selectors.board_snapshot(at=clock.now()))
        after = asked.validated_data["after"]
        return Response(selectors.board_updates(after_seq=after, limit=BATCH))


class BoardCountsView(PrivateView):
    """The board's badges, counted by the database."""

    permission_classes = [Staff("orders.work_board")]

    @extend_schema(
        summary="Count what is on the board",
        tags=["staff"],
        parameters=[CountsQuery],
        responses=CountsOutput,
        examples=[OpenApiExample("A Tuesday", value=_COUNTS_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return orders and cakes by lane (of one station with ``?station=``), and by day ahead."""
        asked = CountsQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        station = asked.validated_data.get("station")
        return Response(selectors.board_counts(at=clock.now(), station=station))


class BoardAckView(PrivateView):
    """The acknowledgement of an order."""

    permission_classes = [Staff("orders.work_board")]

    @extend_schema(tags=["staff"], request=BoardAckInput, responses=BoardAckOutput)
    def post(self, request: Request) -> Response:
        """Note that the caller has seen the order; a second time changes nothing."""
        given = BoardAckInput(data=request.data)
        given.is_valid(raise_exception=True)
        done = services.acknowledge(
            order_number=given.validated_data["number"],
            actor=f"user:{request.user.pk}",
            at=clock.now(),
        )
        return Response({"acknowledged": done})
