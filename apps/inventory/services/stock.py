"""Adjusting stock by hand: a signed delta with a reason, never an absolute overwrite."""

from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock, StockMove
from apps.inventory.rules.quantities import check_delta
from apps.inventory.states import StockReason
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid, NotFound


def adjust_stock(
    *,
    variant_id: int,
    delta: int,
    reason: StockReason,
    note: str,
    actor: str,
    at: datetime,
    ref: str | None = None,
) -> Stock:
    """Change the pieces on hand by ``delta`` and return the stock row.

    ``ref`` identifies this adjustment: given again with the same reason, it changes nothing.
    Raises `Invalid` (``bad_delta``, ``bad_reason``, ``made_to_order``), `NotFound`, and
    `Conflict` ``stock_promised`` when fewer would remain than are promised to customers.
    """
    check_delta(delta)
    if reason not in StockReason.values:
        raise Invalid("bad_reason", "Say why the stock changes.", details={"field": "reason"})
    _require_stocked(variant_id)
    move = StockMove(
        variant_id=variant_id,
        delta_on_hand=delta,
        reason=reason,
        ref=ref or f"adjust-{uuid4().hex}",
        note=note[:300],
        actor=actor[:200],
        at=at,
    )
    try:
        with transaction.atomic():
            return _apply(move)
    except IntegrityError as error:
        if "stock_move_once" not in str(error):
            raise
        return Stock.objects.get(pk=variant_id)


def _require_stocked(variant_id: int) -> None:
    known = catalog.made_to_order([variant_id])
    if variant_id not in known:
        raise NotFound("variant_not_found", "There is no such variant.")
    if known[variant_id]:
        raise Invalid("made_to_order", "This is made to order: pickup slots limit it, not stock.")


def _apply(move: StockMove) -> Stock:
    """Write the change, the ledger row and the audit entry; the audit's lock comes last."""
    Stock.objects.bulk_create([Stock(variant_id=move.variant_id)], ignore_conflicts=True)
    changed = Stock.objects.filter(
        pk=move.variant_id, on_hand__gte=F("reserved") - move.delta_on_hand
    ).update(on_hand=F("on_hand") + move.delta_on_hand)
    stock = Stock.objects.get(pk=move.variant_id)
    if not changed:
        raise Conflict(
            "stock_promised",
            f"Only {stock.on_hand - stock.reserved} pieces are free; the rest is promised.",
            details={"on_hand": stock.on_hand, "reserved": stock.reserved},
        )
    move.save(force_insert=True)
    audit.record(
        actor=move.actor,
        action="adjust_stock",
        object_type="inventory.stock",
        object_id=move.variant_id,
        changes={"on_hand": [stock.on_hand - move.delta_on_hand, stock.on_hand]},
        reason=f"{move.reason}: {move.note}" if move.note else move.reason,
        at=move.at,
    )
    return stock
