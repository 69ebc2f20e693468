"""Lots: deliveries, bakes and recalls."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db import IntegrityError, transaction

from apps.inventory.models import Hold, Lot, LotUse, StockMove
from apps.inventory.rules.quantities import check_quantities
from apps.inventory.selectors import lots as reading
from apps.inventory.services.rows import require_variants, write_move
from apps.inventory.services.sold_out import mark_sold_out
from apps.inventory.services.stock import finish_adjustment
from apps.inventory.services.walking import assign_lots
from apps.inventory.states import LotOrigin, StockReason
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one

MAX_AHEAD = timedelta(days=1)
_MAX_QUANTITY = Decimal(1_000_000)


def receive_lot(
    *,
    code: str,
    ingredient_id: int,
    actor: str,
    at: datetime,
    received_at: datetime | None = None,
    quantity: Decimal | None = None,
    unit: str = "",
    best_before: date | None = None,
    supplier: str = "",
    supplier_ref: str = "",
    note: str = "",
) -> Lot:
    """Write down a delivery of one ingredient under its lot code; return the lot.

    Raises `NotFound` ``ingredient_not_found``, `Invalid` (``bad_code``, ``bad_moment``,
    ``bad_quantity``), `Conflict` ``lot_exists``.
    """
    if not reading.ingredient_exists(ingredient_id):
        raise NotFound("ingredient_not_found", "There is no such ingredient.")
    if quantity is not None and not 0 < quantity <= _MAX_QUANTITY:
        raise Invalid("bad_quantity", "A quantity is above 0 and at most 1,000,000.")
    lot = Lot(
        code=_clean_code(code),
        origin=LotOrigin.RECEIVED,
        ingredient_id=ingredient_id,
        quantity=quantity,
        unit=unit[:20],
        made_at=_moment(received_at, at=at),
        best_before=best_before,
        supplier=supplier[:120],
        supplier_ref=supplier_ref[:120],
        note=note[:300],
        actor=actor[:200],
    )
    with transaction.atomic():
        _insert(lot)
        _record("receive_lot", lot, at=at)
    return lot


def record_bake(
    *,
    variant_id: int,
    pieces: int,
    actor: str,
    at: datetime,
    code: str = "",
    baked_at: datetime | None = None,
    best_before: date | None = None,
    used: Collection[str] = (),
    reference: str = "",
    day: date | None = None,
    note: str = "",
) -> Lot:
    """Write down a bake, put its pieces into stock, and return its lot, all or nothing.

    ``used`` are the codes of lots that went in. With ``reference`` (the hold of the order it was
    made for) or ``day`` (whose own stock was planned) no undated stock changes. Raises `NotFound`
    ``variant_not_found``; `Invalid`: ``bad_quantity``, ``bad_code``, ``bad_moment``,
    ``unknown_lots`` (``details.codes``), ``unknown_reference``, ``for_whom`` when made-to-order
    goods name neither; `Conflict`: ``lot_exists``, ``lot_recalled``.
    """
    check_quantities({variant_id: pieces})
    made_to_order = require_variants([variant_id])[variant_id]
    _check_purpose(made_to_order, reference, day)
    lot = Lot(
        code=_clean_code(code) if code.strip() else _own_code(at),
        origin=LotOrigin.BAKED,
        variant_id=variant_id,
        pieces=pieces,
        made_at=_moment(baked_at, at=at),
        best_before=best_before,
        reference=reference,
        day=day,
        note=note[:300],
        actor=actor[:200],
    )
    with transaction.atomic():
        ingredients = _used_lots(used)
        if not reference and day is None:
            _bake_into_stock(lot, variant_id, at=at)
        else:
            _insert(lot)
        LotUse.objects.bulk_create(LotUse(lot=lot, used=row) for row in ingredients)
        _record("record_bake", lot, at=at)
    return lot


def recall_lot(
    *, lot_id: int, reason: str, actor: str, at: datetime, take_off_sale: bool = True
) -> list[int]:
    """Mark a lot and everything it went into as recalled; return the sizes taken off sale.

    Those are the sizes of which affected pieces are still here; they stay off sale until somebody
    has thrown the pieces away and puts them back. Raises `NotFound`, `Invalid` ``reason_required``.
    """
    if not reason.strip():
        raise Invalid("reason_required", "Say why the lot is recalled.")
    assign_lots(at=at)
    with transaction.atomic():
        lot = lock_one(Lot.objects.filter(pk=lot_id), what="lot")
        affected = reading.lots_made_of([lot.pk])
        Lot.objects.filter(pk__in=affected, recalled_at=None).update(
            recalled_at=at, recall_reason=reason.strip()[:300]
        )
        here = Lot.objects.filter(pk__in=affected, left__gt=0).values_list("variant_id", flat=True)
        sizes = sorted(set(here.exclude(variant=None))) if take_off_sale else []
        off = mark_sold_out(
            variant_ids=sizes, sold_out=True, actor=actor, at=at, reason=f"recall of {lot.code}"
        )
        audit.record(
            actor=actor,
            action="recall_lot",
            object_type="inventory.lot",
            object_id=lot.pk,
            changes={"affected": [0, len(affected)], "off_sale": [[], off]},
            reason=reason,
            at=at,
        )
    return off


def _bake_into_stock(lot: Lot, variant_id: int, *, at: datetime) -> None:
    """Insert the lot first: its code is what two who record the same bake meet at."""
    _insert(lot)
    move = StockMove(
        variant_id=variant_id,
        delta_on_hand=lot.pieces,
        reason=StockReason.BAKED,
        ref=f"lot-{lot.code}",
        note=lot.note,
        actor=lot.actor,
        at=at,
    )
    stock = write_move(move)
    lot.move, lot.left = move, lot.pieces
    lot.save(update_fields=["move", "left"])
    finish_adjustment(stock, move)


def _insert(lot: Lot) -> None:
    try:
        with transaction.atomic():
            lot.save(force_insert=True)
    except IntegrityError as error:
        if "inventory_lot_code" not in str(error):
            raise
        raise Conflict(
            "lot_exists", "There is a lot of this code.", details={"field": "code"}
        ) from error


def _check_purpose(made_to_order: bool, reference: str, day: date | None) -> None:  # noqa: FBT001 - a fact, not a switch
    if reference and not Hold.objects.filter(reference=reference).exists():
        raise Invalid("unknown_reference", "There is no such order.", details={"field": "order"})
    if made_to_order and not reference and day is None:
        raise Invalid("for_whom", "This is made to order: say for which order or day it was baked.")


def _used_lots(codes: Collection[str]) -> list[Lot]:
    wanted = {code.strip() for code in codes if code.strip()}
    rows = list(Lot.objects.filter(code__in=wanted).order_by("pk"))
    if unknown := sorted(wanted - {row.code for row in rows}):
        raise Invalid("unknown_lots", "Some lots are not known.", details={"codes": unknown})
    if recalled := sorted(row.code for row in rows if row.recalled_at is not None):
        raise Conflict(
            "lot_recalled", "A recalled lot must not be used.", details={"codes": recalled}
        )
    return rows


def _clean_code(code: str) -> str:
    text = " ".join(code.split())
    if not 1 <= len(text) <= 60 or not text.isprintable():
        raise Invalid("bad_code", "A lot code has 1 to 60 characters.", details={"field": "code"})
    return text


def _own_code(at: datetime) -> str:
    return f"B{clock.shop_date(at):%y%m%d}-{uuid4().hex[:6].upper()}"


def _moment(given: datetime | None, *, at: datetime) -> datetime:
    if given is None:
        return at
    if given > at + MAX_AHEAD:
        raise Invalid("bad_moment", "This is in the future.", details={"field": "made_at"})
    return given


def _record(action: str, lot: Lot, *, at: datetime) -> None:
    audit.record(
        actor=lot.actor,
        action=action,
        object_type="inventory.lot",
        object_id=lot.pk,
        changes={"code": [None, lot.code], "pieces": [0, lot.pieces]},
        at=at,
    )
