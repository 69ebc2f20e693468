"""The waste log: what was thrown away, why, and what it had cost."""

from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction

from apps.catalog import selectors as catalog
from apps.inventory.models import Lot, StockMove, WasteEntry
from apps.inventory.rules.quantities import check_quantities
from apps.inventory.services.rows import require_variants, write_move
from apps.inventory.services.stock import enter_waste, finish_adjustment
from apps.inventory.states import StockReason, WasteReason
from bakery.kernel import audit
from bakery.kernel.errors import Invalid


def log_waste(
    *,
    variant_id: int,
    quantity: int,
    reason: WasteReason,
    actor: str,
    at: datetime,
    lot_code: str = "",
    note: str = "",
    ref: str | None = None,
) -> WasteEntry:
    """Write waste and take it from stock, in one transaction; return the entry.

    Made-to-order goods have no stock to take it from. ``ref`` given again changes nothing. Raises
    `NotFound`, `Invalid` (``bad_quantity``, ``bad_reason``, ``unknown_lot``) and `Conflict`
    ``stock_promised``: what is promised must be released before it can be thrown away.
    """
    check_quantities({variant_id: quantity})
    if reason not in WasteReason.values:
        raise Invalid("bad_reason", "Say why it was thrown away.", details={"field": "reason"})
    made_to_order = require_variants([variant_id])[variant_id]
    lot_id = _lot_of(lot_code, variant_id)
    ref = ref or f"waste-{uuid4().hex}"
    move = StockMove(
        variant_id=variant_id,
        delta_on_hand=-quantity,
        reason=StockReason.WASTE,
        ref=ref,
        note=note[:300],
        actor=actor[:200],
        at=at,
    )
    try:
        with transaction.atomic():
            if made_to_order:
                return _log_unstocked(move, reason, lot_id)
            stock = write_move(move)
            entry = enter_waste(move, reason=reason, lot_id=lot_id)
            finish_adjustment(stock, move)
            return entry
    except IntegrityError as error:
        if not {"stock_move_once", "waste_once"} & set(str(error).replace('"', " ").split()):
            raise
        return WasteEntry.objects.get(variant_id=variant_id, ref=ref)


def _log_unstocked(move: StockMove, reason: WasteReason, lot_id: int | None) -> WasteEntry:
    entry = WasteEntry(
        variant_id=move.variant_id,
        quantity=-move.delta_on_hand,
        reason=reason,
        unit_cost=catalog.unit_costs([move.variant_id]).get(move.variant_id),
        lot_id=lot_id,
        ref=move.ref,
        note=move.note,
        actor=move.actor,
        at=move.at,
    )
    entry.save(force_insert=True)
    audit.record(
        actor=move.actor,
        action="log_waste",
        object_type="inventory.wasteentry",
        object_id=entry.pk,
        changes={"quantity": [0, entry.quantity]},
        reason=f"{reason}: {move.note}" if move.note else reason,
        at=move.at,
    )
    return entry


def _lot_of(code: str, variant_id: int) -> int | None:
    if not code.strip():
        return None
    lot = Lot.objects.filter(code=code.strip(), variant_id=variant_id).first()
    if lot is None:
        raise Invalid("unknown_lot", "There is no such lot of this size.", details={"field": "lot"})
    return lot.pk
