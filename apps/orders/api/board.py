"""The kitchen's board over HTTP: its first picture, and what to do when no socket opens."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import selectors, services
from apps.orders.api.private import PrivateView
from bakery.edge.access import Staff
from bakery.kernel import clock

BATCH = 200


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
    """With ``after``: ``after``, ``last`` and ``events``. Without: ``seq``, ``at``, ``orders``."""

    after = serializers.IntegerField(required=False)
    last = serializers.IntegerField(required=False)
    events = BoardEventOutput(many=True, required=False)
    seq = serializers.IntegerField(required=False)
    at = serializers.DateTimeField(required=False)
    orders = serializers.ListField(child=serializers.JSONField(), required=False)


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
