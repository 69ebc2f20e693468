"""What tills send and read."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import selectors, services
from apps.inventory.api.signed_till import SignedTill, TillAuthentication
from apps.inventory.rules.till import MAX_BATCH, MAX_SEQ
from apps.inventory.states import TillKind, TillState
from bakery.kernel import clock

_MAX_DIGITS = 18


class DeltaInput(serializers.Serializer[Any]):
    """One report. A count is believed only when verified, with a reason and who counted."""

    seq = serializers.IntegerField(min_value=1, max_value=MAX_SEQ)
    kind = serializers.ChoiceField(choices=TillKind.choices)
    sku = serializers.CharField(max_length=40)
    quantity = serializers.IntegerField(min_value=0)
    occurred_at = serializers.DateTimeField()
    verified = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, max_length=300)
    counted_by = serializers.CharField(required=False, max_length=120)


class DeltasInput(serializers.Serializer[Any]):
    """A batch; empty to ask only what is missing."""

    deltas = DeltaInput(many=True)


class DeltaResult(serializers.Serializer[Any]):
    """What became of one report; refused ones were not kept."""

    seq = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=[*TillState.choices, ("refused", "Refused")])
    code = serializers.CharField()
    applied = serializers.IntegerField(required=False)
    message = serializers.CharField(required=False)


class DeltasReply(serializers.Serializer[Any]):
    """Results in the order of the batch, and the gaps as [first, last]."""

    received_up_to = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    results = DeltaResult(many=True)


class ChangeView(serializers.Serializer[Any]):
    """A change of stock; ``on_hand`` and ``available`` are of now."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    delta = serializers.IntegerField()
    reason = serializers.CharField()
    ref = serializers.CharField()
    at = serializers.DateTimeField()
    on_hand = serializers.IntegerField()
    available = serializers.IntegerField()


class ChangesReply(serializers.Serializer[Any]):
    """A page of changes; ask again after ``next``."""

    changes = ChangeView(many=True)
    next = serializers.IntegerField()


class TillView(APIView):
    """A call of a till; the signature is counted against the limit before it is checked."""

    authentication_classes = [TillAuthentication]
    permission_classes = [SignedTill]
    throttle_classes = []


class PosDeltas(TillView):
    """Reports of a till."""

    @extend_schema(
        summary="Report sales, returns and counts of a till",
        request=DeltasInput,
        responses=DeltasReply,
        examples=[
            OpenApiExample(
                "Two sales",
                value={
                    "deltas": [
                        {
                            "seq": 41,
                            "kind": "sale",
                            "sku": "LOAF-RYE",
                            "quantity": 2,
                            "occurred_at": "2026-06-06T09:12:31Z",
                        },
                        {
                            "seq": 42,
                            "kind": "sale",
                            "sku": "BUN-6",
                            "quantity": 1,
                            "occurred_at": "2026-06-06T09:12:31Z",
                        },
                    ]
                },
                request_only=True,
            ),
            OpenApiExample(
                "One applied, one for a person, one report lost",
                value={
                    "received_up_to": 42,
                    "missing": [],
                    "results": [
                        {"seq": 41, "state": "applied", "code": "", "applied": -2},
                        {"seq": 42, "state": "conflict", "code": "below_promised", "applied": 0},
                    ],
                },
                response_only=True,
            ),
        ],
        tags=["till"],
    )
    def post(self, request: Request) -> Response:
        """Keep and apply each report once, whatever is repeated or arrives out of order."""
        deltas = request.data.get("deltas") if isinstance(request.data, dict) else None
        if not isinstance(deltas, list) or len(deltas) > MAX_BATCH:
            raise ValidationError({"deltas": [f"A list of at most {MAX_BATCH}."]})
        caller: Any = request.auth
        reply = services.receive_reports(till=caller.code, reports=deltas, at=clock.now())
        return Response(
            {
                "received_up_to": reply.received_up_to,
                "missing": reply.missing,
                "results": reply.results,
            }
        )


class PosChanges(TillView):
    """What the platform did to stock."""

    @extend_schema(
        summary="Read changes of stock",
        parameters=[
            OpenApiParameter("after", int, description="The last number read; 0 at first.")
        ],
        responses=ChangesReply,
        examples=[
            OpenApiExample(
                "A web order was paid",
                value={
                    "changes": [
                        {
                            "id": 918,
                            "sku": "LOAF-RYE",
                            "delta": -1,
                            "reason": "consume",
                            "ref": "order:5f0c4c0e-6c57-4b0e-9d6b-1f2f5a4d8f11/1",
                            "at": "2026-06-06T09:14:02Z",
                            "on_hand": 11,
                            "available": 9,
                        }
                    ],
                    "next": 918,
                },
                response_only=True,
            )
        ],
        tags=["till"],
    )
    def get(self, request: Request) -> Response:
        """Return up to 500 changes after ``after``, in the order in which they became visible."""
        text = request.query_params.get("after", "0")
        if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
            raise ValidationError({"after": ["A whole number."]})
        services.publish_changes()
        rows = selectors.changes_after(int(text))
        response = Response(
            {
                "changes": [
                    {
                        "id": row.id,
                        "sku": row.sku,
                        "delta": row.delta,
                        "reason": row.reason,
                        "ref": row.ref,
                        "at": row.at,
                        "on_hand": row.on_hand,
                        "available": row.on_hand - row.reserved,
                    }
                    for row in rows
                ],
                "next": rows[-1].id if rows else int(text),
            }
        )
        response["Cache-Control"] = "no-store"
        return response
