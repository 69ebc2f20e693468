"""Giving the moves of the ledger to lots, after the fact and always in the same way.

The rule: a lot enters stock by its move; what leaves takes from the lot that entered first (the
order of the ledger), unless somebody named the lot; what comes back goes to the lots it was taken
from. Of one variant the ids of moves are in the order of their commits, because each is written
under the lock of the variant's stock row; so what is behind a book's last move never changes, and
sales need not wait for any of this. Pieces that entered without a lot get one of their own, so
that the pieces left in lots always add up to the stock.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Sum

from apps.inventory.models import Lot, LotBook, LotDraw, StockMove, WasteEntry
from apps.inventory.rules.lots import OpenLot, Share, take
from apps.inventory.states import HoldMove, LotOrigin, StockCause
from bakery.kernel.locks import lock_one

_PENDING = """
SELECT s.variant_id FROM inventory_stock s
LEFT JOIN inventory_lotbook b ON b.variant_id = s.variant_id
WHERE EXISTS (SELECT 1 FROM inventory_stockmove m WHERE m.variant_id = s.variant_id
              AND m.id > coalesce(b.last_move, 0) AND m.delta_on_hand <> 0)
ORDER BY 1
"""
_BATCH = 500
_HOLDS = frozenset({HoldMove.CONSUME, HoldMove.RETAKE, HoldMove.RETURN})


def assign_lots(*, at: datetime) -> int:
    """Walk every ledger to its end and return how many moves were given to lots."""
    del at
    with connection.cursor() as cursor:
        cursor.execute(_PENDING)
        variants = [pk for (pk,) in cursor.fetchall()]
    total = 0
    for variant_id in variants:
        while walked := _walk(variant_id):
            total += walked
    return total


def _walk(variant_id: int) -> int:
    with transaction.atomic():
        LotBook.objects.bulk_create([LotBook(variant_id=variant_id)], ignore_conflicts=True)
        book = lock_one(LotBook.objects.filter(pk=variant_id), what="lot_book")
        moves = list(
            StockMove.objects.filter(variant_id=variant_id, pk__gt=book.last_move)
            .exclude(delta_on_hand=0)
            .order_by("pk")[:_BATCH]
        )
        for move in moves:
            if move.delta_on_hand > 0:
                _enter(move)
            else:
                _leave(move)
        if moves:
            LotBook.objects.filter(pk=variant_id).update(last_move=moves[-1].pk)
    return len(moves)


def _enter(move: StockMove) -> None:
    """Pieces came: with a lot of their own, or back to where they were taken from."""
    if Lot.objects.filter(move=move).exists():
        return
    shares = take(move.delta_on_hand, _taken_before(move))
    _draw(move, [share for share in shares if share.lot_id is not None], sign=-1)
    if new := sum(share.quantity for share in shares if share.lot_id is None):
        Lot.objects.create(
            code=f"stock-{move.pk}",
            origin=LotOrigin.UNLABELLED,
            variant_id=move.variant_id,
            pieces=new,
            left=new,
            move=move,
            made_at=move.at,
            actor=move.actor,
        )


def _leave(move: StockMove) -> None:
    """Pieces went: from the lot that somebody named, then from the one that entered first."""
    open_lots = [
        OpenLot(*row)
        for row in Lot.objects.filter(variant_id=move.variant_id, left__gt=0, move__lt=move.pk)
        .order_by("move_id")
        .values_list("pk", "left")
    ]
    _draw(move, take(-move.delta_on_hand, open_lots, first=_named(move)), sign=1)


def _named(move: StockMove) -> Sequence[int | None]:
    if move.reason == StockCause.UNDONE:
        return list(Lot.objects.filter(move=_undone(move)).values_list("pk", flat=True))
    return list(WasteEntry.objects.filter(move=move).values_list("lot_id", flat=True))


def _taken_before(move: StockMove) -> list[OpenLot]:
    """Return what the cause of ``move`` had taken and not given back, the latest first."""
    if move.reason == HoldMove.RETURN:
        draws = LotDraw.objects.filter(reference=_reference(move), move__variant_id=move.variant_id)
    elif move.reason == StockCause.UNDONE:
        draws = LotDraw.objects.filter(move=_undone(move))
    else:
        return []
    rows = draws.exclude(lot=None).values_list("lot").annotate(net=Sum("quantity"))
    return [OpenLot(lot, net) for lot, net in rows.order_by("-lot_id") if net > 0]


def _undone(move: StockMove) -> int:
    return int(move.ref.removeprefix("undo-"))


def _reference(move: StockMove) -> str:
    """Return the hold's reference; its moves are named by that and the turn."""
    return move.ref.rpartition("/")[0] if move.reason in _HOLDS else move.ref


def _draw(move: StockMove, shares: Sequence[Share], *, sign: int) -> None:
    for share in shares:
        if share.lot_id is not None:
            Lot.objects.filter(pk=share.lot_id).update(left=F("left") - sign * share.quantity)
    LotDraw.objects.bulk_create(
        LotDraw(
            lot_id=share.lot_id,
            move=move,
            quantity=sign * share.quantity,
            reference=_reference(move),
        )
        for share in shares
    )
