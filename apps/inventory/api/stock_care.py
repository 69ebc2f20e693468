"""Keeping stock over the API: the switch, limits, history, undoing, figures, waste."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.inventory import selectors, services
from apps.inventory.api.stock_rows import (
    CareInput,
    CareView,
    MoveView,
    NoteInput,
    SoldOutInput,
    SoldOutView,
    TurnoverView,
    WasteInput,
    WasteSums,
    WasteView,
)
from apps.inventory.models import Stock
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.idempotent import idempotent
from bakery.kernel import clock

MAX_DAYS, DEFAULT_DAYS = 366, 28
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The same key and body are counted once.",
)
_DAYS = OpenApiParameter("days", int, description=f"1 to {MAX_DAYS}, {DEFAULT_DAYS} if absent.")


def days_before(request: Request, at: datetime) -> datetime:
    """Return the start of the window that ``days`` asks for; raises ValidationError."""
    text = request.query_params.get("days", str(DEFAULT_DAYS))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_DAYS):
        raise ValidationError({"days": [f"A whole number from 1 to {MAX_DAYS}."]})
    first = clock.shop_date(at) - timedelta(days=int(text) - 1)
    return clock.start_of_shop_day(first)


def _care(stock: Stock) -> dict[str, Any]:
    return {
        "variant_id": stock.pk,
        "sku": stock.variant.sku,
        "product": stock.variant.product.name,
        "size": stock.variant.name,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.on_hand - stock.reserved,
        "low_at": stock.low_at,
        "low_since": stock.low_since,
        "sold_out": stock.sold_out_at is not None,
        "kept_by": stock.kept_by,
    }


def _checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class SellOut(APIView):
    """The switch for one size."""

    permission_classes = [Staff("inventory.mark_sold_out")]

    @extend_schema(
        summary="Mark a size as sold out",
        request=SoldOutInput,
        responses=SoldOutView,
        examples=[
            OpenApiExample(
                "Off sale",
                value={"sold_out": True, "reason": "oven broke"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request, variant_id: int) -> Response:
        """Take it off sale at once, made to order or not, or put it back."""
        changed = services.mark_sold_out(
            variant_ids=[variant_id],
            **_checked(SoldOutInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response({"changed": changed})


class SellOutProduct(APIView):
    """The switch for all sizes of a product."""

    permission_classes = [Staff("inventory.mark_sold_out")]

    @extend_schema(
        summary="Mark a product as sold out",
        request=SoldOutInput,
        responses=SoldOutView,
        tags=["staff"],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Take all its sizes off sale at once, or put them back."""
        changed = services.mark_product_sold_out(
            product_id=product_id,
            **_checked(SoldOutInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response({"changed": changed})


class CareOfStock(APIView):
    """How a size is watched."""

    permission_classes = [Staff("inventory.adjust_stock")]

    @extend_schema(
        summary="Set the low-stock limit and who counts",
        request=CareInput,
        responses=CareView,
        examples=[
            OpenApiExample(
                "Tell me at six",
                value={"low_at": 6},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def patch(self, request: Request, variant_id: int) -> Response:
        """Change what is named; the rest stays."""
        given = _checked(CareInput, request)
        actor, at = actor_of(request), clock.now()
        if "kept_by" in given:
            services.set_keeper(variant_id=variant_id, kept_by=given["kept_by"], actor=actor, at=at)
        if "low_at" in given:
            services.set_low_limit(
                variant_id=variant_id, low_at=given["low_at"], actor=actor, at=at
            )
        if not given:
            raise ValidationError({"low_at": ["Say what to change."]})
        stock = selectors.stock_of(variant_id)
        return Response(_care(stock) if stock else {})


class LowStock(APIView):
    """What runs low."""

    permission_classes = [Staff("inventory.view_stock")]

    @extend_schema(summary="List what runs low", responses=CareView(many=True), tags=["staff"])
    def get(self, request: Request) -> Response:
        """Return what is low, the longest first; 500 at most."""
        return Response([_care(stock) for stock in selectors.low_stock()[:500]])


class StockHistory(APIView):
    """The ledger of one size."""

    permission_classes = [Staff("inventory.view_stockmove")]

    @extend_schema(
        summary="Read the history of a size's stock",
        parameters=[_DAYS],
        responses=MoveView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request, variant_id: int) -> Response:
        """Return the moves of the last days, newest first, with the balances after each."""
        since = days_before(request, clock.now())
        return Response([asdict(row) for row in selectors.stock_history(variant_id, since=since)])


class UndoAdjustment(APIView):
    """Taking an adjustment back."""

    permission_classes = [Staff("inventory.adjust_stock")]

    @extend_schema(
        summary="Undo an adjustment", request=NoteInput, responses=CareView, tags=["staff"]
    )
    def post(self, request: Request, move_id: int) -> Response:
        """Write the move the other way; 409 when it was done before or the pieces are promised."""
        stock = services.undo_adjustment(
            move_id=move_id,
            **_checked(NoteInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_care(stock))


class Differences(APIView):
    """What the comparison of balances and ledgers finds right now."""

    permission_classes = [Staff("inventory.view_stockmove")]

    @extend_schema(
        summary="Compare balances with their ledgers",
        responses=serializers.ListSerializer(child=serializers.DictField()),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return every difference; an empty list is good."""
        found = [asdict(row) for row in selectors.ledger_differences()]
        lots = [
            {"kind": "lots", "subject": pk, "balance": [hand], "ledger": [left]}
            for pk, hand, left in selectors.lot_differences()
        ]
        return Response(found + lots)


class TurnoverFigures(APIView):
    """Turnover, days on hand and waste."""

    permission_classes = [Staff("inventory.view_stockmove")]

    @extend_schema(
        summary="Read turnover figures",
        parameters=[_DAYS],
        responses=TurnoverView,
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return the figures of the last days: all, by category, by size. Money before tax."""
        at = clock.now()
        return Response(asdict(selectors.turnover(since=days_before(request, at), until=at)))


class LogWaste(APIView):
    """The waste log."""

    permission_classes = [Staff("inventory.log_waste")]

    @extend_schema(
        summary="Log waste",
        parameters=[KEY],
        request=WasteInput,
        responses={201: WasteView},
        examples=[
            OpenApiExample(
                "A tray on the floor",
                value={"variant_id": 12, "quantity": 6, "reason": "dropped", "lot": "B260606-1"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Write the entry and take the pieces from stock; 409 when they are promised."""
        given = _checked(WasteInput, request)
        entry = services.log_waste(
            variant_id=given["variant_id"],
            quantity=given["quantity"],
            reason=given["reason"],
            lot_code=given["lot"],
            note=given["note"],
            actor=actor_of(request),
            at=clock.now(),
        )
        value = None if entry.unit_cost is None else str(entry.unit_cost * entry.quantity)
        return Response(
            {
                "id": entry.pk,
                "variant_id": entry.variant_id,
                "quantity": entry.quantity,
                "reason": entry.reason,
                "value": value,
            },
            status=201,
        )


class WasteSummary(APIView):
    """Waste by day or week."""

    permission_classes = [Staff("inventory.view_wasteentry")]

    @extend_schema(
        summary="Read waste by day or week",
        parameters=[_DAYS, OpenApiParameter("unit", str, enum=["day", "week"])],
        responses=WasteSums,
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return pieces, value and share of baked goods by period, and pieces by reason."""
        unit = request.query_params.get("unit", "day")
        if unit not in ("day", "week"):
            raise ValidationError({"unit": ["day or week."]})
        at = clock.now()
        since = days_before(request, at)
        periods = selectors.waste_by_period(since=since, until=at, unit=unit)
        reasons = selectors.waste_by_reason(since=since, until=at)
        return Response(
            {
                "periods": [asdict(row) | {"share": row.share} for row in periods],
                "reasons": dict(reasons),
            }
        )
