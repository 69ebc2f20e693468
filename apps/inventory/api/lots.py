"""Deliveries, bakes, traces and recalls over the API, and conflicts with tills."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import selectors, services
from apps.inventory.api.stock_care import KEY
from apps.inventory.models import Lot, TillDelta
from apps.inventory.rules.quantities import MAX_QUANTITY
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.idempotent import idempotent
from bakery.kernel import clock

_MAX_USED = 50
_NOTE: dict[str, Any] = {"max_length": 300, "allow_blank": True, "required": False, "default": ""}
_TEXT: dict[str, Any] = {"max_length": 120, "allow_blank": True, "required": False, "default": ""}


class DeliveryInput(serializers.Serializer[Any]):
    """A delivery of one ingredient, under the supplier's lot code."""

    code = serializers.CharField(max_length=60)
    ingredient_id = WholeNumber(min_value=1, max_value=2**62)
    received_at = serializers.DateTimeField(required=False)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3, required=False)
    unit = serializers.CharField(max_length=20, allow_blank=True, required=False, default="")
    best_before = serializers.DateField(required=False)
    supplier = serializers.CharField(**_TEXT)
    supplier_ref = serializers.CharField(**_TEXT)
    note = serializers.CharField(**_NOTE)


class BakeInput(serializers.Serializer[Any]):
    """A bake; `order` is an order's id, for what was made for it alone."""

    variant_id = WholeNumber(min_value=1, max_value=2**62)
    pieces = WholeNumber(min_value=1, max_value=MAX_QUANTITY)
    code = serializers.CharField(max_length=60, allow_blank=True, required=False, default="")
    baked_at = serializers.DateTimeField(required=False)
    best_before = serializers.DateField(required=False)
    used = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=_MAX_USED, required=False
    )
    order = serializers.UUIDField(required=False)
    day = serializers.DateField(required=False)
    note = serializers.CharField(**_NOTE)


class LotView(serializers.Serializer[Any]):
    """A lot; `left` are the pieces still here."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    origin = serializers.CharField()
    what = serializers.CharField()
    pieces = serializers.IntegerField()
    left = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    best_before = serializers.DateField(allow_null=True)
    supplier = serializers.CharField()
    recalled = serializers.BooleanField()


class HoldingView(serializers.Serializer[Any]):
    """Pieces that an order has, and whom to call."""

    lot = serializers.CharField()
    quantity = serializers.IntegerField()
    order = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    pickup = serializers.DateTimeField(allow_null=True)


class TraceView(serializers.Serializer[Any]):
    """What became of a lot."""

    lot = LotView()
    bakes = LotView(many=True)
    orders = HoldingView(many=True)
    elsewhere = serializers.ListField(child=serializers.DictField())
    left = serializers.IntegerField()


class OriginView(serializers.Serializer[Any]):
    """A lot behind an order, and what it went into."""

    lot = LotView()
    into = serializers.ListField(child=serializers.CharField())


class RecallInput(serializers.Serializer[Any]):
    """Why, and whether what is left goes off sale."""

    reason = serializers.CharField(max_length=300)
    take_off_sale = serializers.BooleanField(required=False, default=True)


class RecalledView(serializers.Serializer[Any]):
    """The sizes that went off sale."""

    off_sale = serializers.ListField(child=serializers.IntegerField())


class ConflictView(serializers.Serializer[Any]):
    """A report of a till that a person has to decide."""

    id = serializers.IntegerField()
    till = serializers.CharField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    state = serializers.CharField()
    code = serializers.CharField()
    applied = serializers.IntegerField()


class ResolveInput(serializers.Serializer[Any]):
    """How to settle it: `recount` with what somebody counted, `ignore` with a note."""

    how = serializers.ChoiceField(choices=["apply", "ignore", "recount"])
    counted = WholeNumber(min_value=0, max_value=MAX_QUANTITY, required=False)
    note = serializers.CharField(**_NOTE)


def lot_json(lot: Lot) -> dict[str, Any]:
    """Return a lot with the name of what it is of."""
    return {
        "id": lot.pk,
        "code": lot.code,
        "origin": lot.origin,
        "what": str(lot.ingredient)
        if lot.variant is None
        else f"{lot.variant.product.name}, {lot.variant.name}",
        "pieces": lot.pieces,
        "left": lot.left,
        "made_at": lot.made_at,
        "best_before": lot.best_before,
        "supplier": lot.supplier,
        "recalled": lot.recalled_at is not None,
    }


def _conflict(delta: TillDelta) -> dict[str, Any]:
    names = ("seq", "kind", "sku", "quantity", "state", "code", "applied")
    return {
        "id": delta.pk,
        "till": delta.till.code,
        **{name: getattr(delta, name) for name in names},
    }


def _checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class ReceiveLot(APIView):
    """Deliveries."""

    permission_classes = [Staff("inventory.record_lot")]

    @extend_schema(
        summary="Receive a lot",
        request=DeliveryInput,
        responses={201: LotView},
        examples=[
            OpenApiExample(
                "Flour",
                value={"code": "F-123", "ingredient_id": 4, "supplier": "Mill", "quantity": "25"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Write a delivery down; 409 when the code is taken."""
        lot = services.receive_lot(
            **_checked(DeliveryInput, request), actor=actor_of(request), at=clock.now()
        )
        return Response(lot_json(selectors.any_lot(lot.pk)), status=201)


class RecordBake(APIView):
    """Bakes."""

    permission_classes = [Staff("inventory.record_lot")]

    @extend_schema(
        summary="Record a bake",
        parameters=[KEY],
        request=BakeInput,
        responses={201: LotView},
        examples=[
            OpenApiExample(
                "Morning bread",
                value={"variant_id": 12, "pieces": 24, "used": ["F-123"]},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Put a bake into stock under its lot, with the lots that went in."""
        given = _checked(BakeInput, request)
        order = given.pop("order", None)
        lot = services.record_bake(
            **given,
            reference=f"order:{order}" if order else "",
            actor=actor_of(request),
            at=clock.now(),
        )
        view = LotView(lot_json(selectors.any_lot(lot.pk)))
        return Response(dict(view.data), status=201)


class TraceLot(APIView):
    """From a lot to the people who have of it."""

    permission_classes = [Staff("inventory.recall_lot")]

    @extend_schema(summary="Trace a lot", responses=TraceView, tags=["staff"])
    def get(self, request: Request, lot_id: int) -> Response:
        """Return its bakes, the orders that have of them, what went elsewhere, what is left."""
        services.assign_lots(at=clock.now())
        trace = selectors.trace_forward(lot_id)
        response = Response(
            {
                "lot": lot_json(trace.lot),
                "bakes": [lot_json(bake) for bake in trace.bakes],
                "orders": [
                    {
                        "lot": row.lot.code,
                        "quantity": row.quantity,
                        "order": row.buyer.number or row.buyer.reference,
                        "name": row.buyer.name,
                        "phone": row.buyer.phone,
                        "email": row.buyer.email,
                        "pickup": row.buyer.pickup,
                    }
                    for row in trace.holdings
                ],
                "elsewhere": [
                    {"lot": row.lot.code, "reason": row.reason, "quantity": row.quantity}
                    for row in trace.elsewhere
                ],
                "left": trace.left,
            }
        )
        response["Cache-Control"] = "no-store"
        return response


class TraceOrder(APIView):
    """From an order back to what went into it."""

    permission_classes = [Staff("inventory.recall_lot")]

    @extend_schema(
        summary="Trace an order's goods",
        parameters=[OpenApiParameter("order", str, description="The order's id.")],
        responses=OriginView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return every lot behind an order, bakes first; an empty list when none is known."""
        field = serializers.UUIDField()
        try:
            order = field.run_validation(request.query_params.get("order", ""))
        except ValidationError as error:
            raise ValidationError({"order": error.detail}) from error
        services.assign_lots(at=clock.now())
        origins = selectors.trace_back(f"order:{order}")
        return Response([{"lot": lot_json(row.lot), "into": list(row.into)} for row in origins])


class RecallLot(APIView):
    """Recalls."""

    permission_classes = [Staff("inventory.recall_lot")]

    @extend_schema(
        summary="Recall a lot", request=RecallInput, responses=RecalledView, tags=["staff"]
    )
    def post(self, request: Request, lot_id: int) -> Response:
        """Mark it and all it went into, and take what is left of that off sale."""
        given = _checked(RecallInput, request)
        off = services.recall_lot(lot_id=lot_id, **given, actor=actor_of(request), at=clock.now())
        return Response({"off_sale": off})


class TillConflicts(APIView):
    """What a person has to decide about tills."""

    permission_classes = [Staff("inventory.resolve_till")]

    @extend_schema(
        summary="List conflicts with tills", responses=ConflictView(many=True), tags=["staff"]
    )
    def get(self, request: Request) -> Response:
        """Return what is open, the oldest first; 500 at most."""
        return Response([_conflict(delta) for delta in selectors.open_conflicts()[:500]])


class ResolveConflict(APIView):
    """Settling one of them."""

    permission_classes = [Staff("inventory.resolve_till")]

    @extend_schema(
        summary="Settle a conflict with a till",
        request=ResolveInput,
        responses=ConflictView,
        examples=[
            OpenApiExample(
                "Somebody counted", value={"how": "recount", "counted": 7}, request_only=True
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request, delta_id: int) -> Response:
        """Apply it as far as promises allow, ignore it, or set what was counted."""
        given = _checked(ResolveInput, request)
        delta = services.resolve_conflict(
            delta_id=delta_id, **given, actor=actor_of(request), at=clock.now()
        )
        return Response(_conflict(delta))
