"""Changing the stock of one day by hand: a signed delta with a reason, as for undated stock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

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
    changes: Mapping[tuple[int, date], int],
    reason: DatedReason,
    note: str,
    actor: str,
    at: datetime,
    ref: str | None = None,
) -> list[DatedStock]:
    """Change pieces that can be picked up on a day, all of them or none; return the rows.

    ``changes`` are deltas by variant id and day. The first change gives a day a stock of its own,
    and so does one after `end_dated_stock`: from then on orders for the day take from it alone.
    ``ref`` identifies the changes: given again with the same reason, they change nothing. Raises
    `Invalid` (``bad_delta``, ``bad_reason``, ``day_past``, ``day_too_far``, ``too_many``),
    `NotFound`, and `Conflict` ``stock_promised`` when fewer would remain than are promised to
    customers; details name variant_id and day.
    """
    if reason not in DatedReason.values or reason == DatedReason.ENDED:
        raise Invalid("bad_reason", "Say why the stock changes.", details={"field": "reason"})
    for (_, day), delta in changes.items():
        check_delta(delta)
        _check_day(day, at=at)
    variants = {variant_id for variant_id, _ in changes}
    if variants - catalog.made_to_order(variants).keys():
        raise NotFound("variant_not_found", "There is no such variant.")
    # The order in which holds lock these rows too.
    order = sorted(changes)
    moves = [
        DatedStockMove(
            variant_id=variant_id,
            day=day,
            delta_on_hand=changes[variant_id, day],
            reason=reason,
            ref=ref or f"adjust-{uuid4().hex}",
            note=note[:300],
            actor=actor[:200],
            at=at,
        )
        for variant_id, day in order
    ]
    try:
        with transaction.atomic():
            return _apply(moves)
    except IntegrityError as error:
        if "dated_move_once" not in str(error):
            raise
        return [_row(variant_id, day).get() for variant_id, day in order]


def end_dated_stock(
    *, variant_id: int, day: date, note: str, actor: str, at: datetime
) -> DatedStock:
    """End the day's own stock: what is free of it goes, and new orders take undated stock again.

    What is promised stays promised. Doing it again changes nothing. Raises `NotFound`
    ``dated_stock_not_found``.
    """
    rows = _row(variant_id, day)
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


def _row(variant_id: int, day: date) -> QuerySet[DatedStock]:
    return DatedStock.objects.filter(variant_id=variant_id, day=day)


def _apply(moves: Sequence[DatedStockMove]) -> list[DatedStock]:
    """Write changes, ledger rows and audit entries; the audit's lock comes last."""
    DatedStock.objects.bulk_create(
        [DatedStock(variant_id=move.variant_id, day=move.day) for move in moves],
        ignore_conflicts=True,
    )
    rows = [_change(move) for move in moves]
    DatedStockMove.objects.bulk_create(moves)
    for row, move in zip(rows, moves, strict=True):
        numbers = (row.on_hand - move.delta_on_hand, row.on_hand)
        reason = f"{move.reason}: {move.note}" if move.note else move.reason
        _audit("adjust_dated_stock", row, numbers, actor=move.actor, reason=reason, at=move.at)
    return rows


def _change(move: DatedStockMove) -> DatedStock:
    rows = _row(move.variant_id, move.day)
    changed = rows.filter(
        on_hand__gte=F("reserved") - move.delta_on_hand,
        on_hand__lte=_MAX_PIECES - move.delta_on_hand,
    ).update(on_hand=F("on_hand") + move.delta_on_hand, closed_at=None)
    row = rows.get()
    if not changed:
        raise _refusal(row, move.delta_on_hand)
    return row


def _refusal(row: DatedStock, delta: int) -> Conflict | Invalid:
    about = {"variant_id": row.variant_id, "day": row.day.isoformat()}
    if delta > 0:
        text = f"A day holds at most {_MAX_PIECES} pieces of a size."
        return Invalid("too_many", text, details=about)
    free = row.on_hand - row.reserved
    return Conflict(
        "stock_promised",
        f"Only {free} pieces are free on {row.day:%A} {row.day.day} {row.day:%B}; the rest is"
        " promised.",
        details={**about, "on_hand": row.on_hand, "reserved": row.reserved},
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
