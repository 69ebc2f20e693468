"""Changing the stock of one day by hand: a signed delta with a reason, as for undated stock."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from apps.catalog import selectors as catalog
from apps.inventory.models import DatedStock, DatedStockMove
from apps.inventory.rules.quantities import check_delta
from apps.inventory.states import DatedReason
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one

MAX_DAYS_AHEAD = 400
_MAX_PIECES = 1_000_000


def adjust_dated_stock(
    *,
    variant_id: int,
    day: date,
    delta: int,
    reason: DatedReason,
    note: str,
    actor: str,
    at: datetime,
    ref: str | None = None,
) -> DatedStock:
    """Change the pieces that can be picked up on ``day`` by ``delta`` and return the row.

    The first change gives the day a stock of its own, and so does one after `end_dated_stock`:
    from then on orders for the day take from it alone. ``ref`` identifies this change: given
    again with the same reason, it changes nothing. Raises `Invalid` (``bad_delta``,
    ``bad_reason``, ``day_past``, ``day_too_far``, ``too_many``), `NotFound`, and `Conflict`
    ``stock_promised`` when fewer would remain than are promised to customers.
    """
    check_delta(delta)
    if reason not in DatedReason.values or reason == DatedReason.ENDED:
        raise Invalid("bad_reason", "Say why the stock changes.", details={"field": "reason"})
    _check_day(day, at=at)
    if variant_id not in catalog.made_to_order([variant_id]):
        raise NotFound("variant_not_found", "There is no such variant.")
    move = DatedStockMove(
        variant_id=variant_id,
        day=day,
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
        if "dated_move_once" not in str(error):
            raise
        return DatedStock.objects.get(variant_id=variant_id, day=day)


def end_dated_stock(
    *, variant_id: int, day: date, note: str, actor: str, at: datetime
) -> DatedStock:
    """End the day's own stock: what is free of it goes, and new orders take undated stock again.

    What is promised stays promised. Doing it again changes nothing. Raises `NotFound`
    ``dated_stock_not_found``.
    """
    rows = DatedStock.objects.filter(variant_id=variant_id, day=day)
    with transaction.atomic():
        row = lock_one(rows, what="dated_stock")
        if row.closed_at is not None:
            return row
        spare = row.on_hand - row.reserved
        rows.update(on_hand=F("on_hand") - spare, closed_at=at)
        if spare:
            DatedStockMove.objects.create(
                variant_id=variant_id,
                day=day,
                delta_on_hand=-spare,
                reason=DatedReason.ENDED,
                ref=f"end-{uuid4().hex}",
                note=note[:300],
                actor=actor[:200],
                at=at,
            )
        numbers = (row.on_hand, row.on_hand - spare)
        _audit("end_dated_stock", row, numbers, actor=actor, reason=note, at=at)
    return rows.get()


def close_past_days(*, at: datetime) -> int:
    """Close the stock of days that are over in the shop's zone; return how many rows that were.

    Numbers and promises stay as they are; a closed row only takes no new order.
    """
    over = DatedStock.objects.filter(day__lt=clock.shop_date(at), closed_at=None)
    return over.update(closed_at=at)


def _check_day(day: date, *, at: datetime) -> None:
    today = clock.shop_date(at)
    if day < today:
        raise Invalid("day_past", "This day is over.", details={"field": "day"})
    if day > today + timedelta(days=MAX_DAYS_AHEAD):
        raise Invalid(
            "day_too_far", f"At most {MAX_DAYS_AHEAD} days ahead.", details={"field": "day"}
        )


def _apply(move: DatedStockMove) -> DatedStock:
    """Write the change, the ledger row and the audit entry; the audit's lock comes last."""
    rows = DatedStock.objects.filter(variant_id=move.variant_id, day=move.day)
    DatedStock.objects.bulk_create(
        [DatedStock(variant_id=move.variant_id, day=move.day)], ignore_conflicts=True
    )
    allowed = Q(on_hand__gte=F("reserved") - move.delta_on_hand)
    changed = rows.filter(allowed, on_hand__lte=_MAX_PIECES - move.delta_on_hand).update(
        on_hand=F("on_hand") + move.delta_on_hand, closed_at=None
    )
    row = rows.get()
    if not changed:
        raise _refusal(row, move.delta_on_hand)
    move.save(force_insert=True)
    numbers = (row.on_hand - move.delta_on_hand, row.on_hand)
    reason = f"{move.reason}: {move.note}" if move.note else move.reason
    _audit("adjust_dated_stock", row, numbers, actor=move.actor, reason=reason, at=move.at)
    return row


def _refusal(row: DatedStock, delta: int) -> Conflict | Invalid:
    if delta > 0:
        return Invalid("too_many", f"A day holds at most {_MAX_PIECES} pieces of a size.")
    return Conflict(
        "stock_promised",
        f"Only {row.on_hand - row.reserved} pieces are free that day; the rest is promised.",
        details={"on_hand": row.on_hand, "reserved": row.reserved},
    )


def _audit(
    action: str, row: DatedStock, on_hand: tuple[int, int], *, actor: str, reason: str, at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="inventory.datedstock",
        object_id=row.pk,
        changes={"on_hand": list(on_hand)},
        reason=f"variant {row.variant_id}, {row.day}: {reason}",
        at=at,
    )
