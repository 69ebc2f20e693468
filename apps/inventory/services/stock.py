"""Adjusting stock by hand: a signed delta with a reason, never an absolute overwrite."""

from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock, StockMove, WasteEntry
from apps.inventory.rules.quantities import check_delta
from apps.inventory.services.low_stock import note_levels
from apps.inventory.services.rows import require_stocked, write_move
from apps.inventory.states import StockCause, StockKeeper, StockReason, WasteReason
from bakery.kernel import audit
from bakery.kernel.errors import Conflict, Invalid, NotFound

# Waste that is told as a plain adjustment is in the waste log all the same.
_WASTE = {StockReason.WASTE: WasteReason.OTHER, StockReason.DAMAGED: WasteReason.DAMAGED}


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
    `Conflict`: ``stock_promised`` when fewer would remain than are promised to customers,
    ``kept_by_till`` for a count of what only the till counts.
    """
    check_delta(delta)
    if reason not in StockReason.values:
        raise Invalid("bad_reason", "Say why the stock changes.", details={"field": "reason"})
    require_stocked(variant_id)
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
            stock = write_move(move)
            if reason == StockReason.COUNTED and stock.kept_by == StockKeeper.TILL:
                raise Conflict("kept_by_till", "The till counts this: send a verified count there.")
            if reason in _WASTE:
                enter_waste(move, reason=_WASTE[reason])
            finish_adjustment(stock, move)
            return stock
    except IntegrityError as error:
        if "stock_move_once" not in str(error):
            raise
        return Stock.objects.get(pk=variant_id)


def undo_adjustment(*, move_id: int, note: str, actor: str, at: datetime) -> Stock:
    """Take an adjustment back by a move the other way; the ledger keeps both.

    Raises `NotFound`, `Invalid` ``not_an_adjustment`` for what people did not write, and
    `Conflict`: ``already_undone``, or ``stock_promised`` when what came in is promised by now.
    """
    move = StockMove.objects.filter(pk=move_id).first()
    if move is None:
        raise NotFound("move_not_found", "There is no such change of stock.")
    if move.reason not in StockReason.values:
        raise Invalid("not_an_adjustment", "Only what staff adjusted can be undone here.")
    counter = StockMove(
        variant_id=move.variant_id,
        delta_on_hand=-move.delta_on_hand,
        reason=StockCause.UNDONE,
        ref=f"undo-{move.pk}",
        note=note[:300],
        actor=actor[:200],
        at=at,
    )
    try:
        with transaction.atomic():
            stock = write_move(counter)
            undone = WasteEntry.objects.filter(move=move).first()
            if undone is not None:
                _undo_waste(undone, counter)
            finish_adjustment(stock, counter)
            return stock
    except IntegrityError as error:
        if "stock_move_once" not in str(error):
            raise
        raise Conflict("already_undone", "This adjustment was undone before.") from error


def enter_waste(move: StockMove, *, reason: WasteReason, lot_id: int | None = None) -> WasteEntry:
    """Write the waste log's entry of a move that took pieces away; a step of a transaction."""
    return WasteEntry.objects.create(
        variant_id=move.variant_id,
        quantity=-move.delta_on_hand,
        reason=reason,
        unit_cost=catalog.unit_costs([move.variant_id]).get(move.variant_id),
        lot_id=lot_id,
        move=move,
        ref=move.ref,
        note=move.note,
        actor=move.actor,
        at=move.at,
    )


def _undo_waste(entry: WasteEntry, counter: StockMove) -> None:
    WasteEntry.objects.create(
        variant_id=entry.variant_id,
        quantity=-entry.quantity,
        reason=entry.reason,
        unit_cost=entry.unit_cost,
        lot_id=entry.lot_id,
        move=counter,
        ref=counter.ref,
        note=counter.note,
        actor=counter.actor,
        at=counter.at,
    )


def finish_adjustment(stock: Stock, move: StockMove) -> None:
    """See whether stock is low now, and write the audit entry, whose lock comes last."""
    if stock.low_at is not None:
        note_levels(variant_ids=[stock.pk], at=move.at)
    audit.record(
        actor=move.actor,
        action="adjust_stock",
        object_type="inventory.stock",
        object_id=move.variant_id,
        changes={"on_hand": [stock.on_hand - move.delta_on_hand, stock.on_hand]},
        reason=f"{move.reason}: {move.note}" if move.note else move.reason,
        at=move.at,
    )
