"""From which stock a hold takes its goods, and the statements that move them.

There are two kinds of pool: the undated stock of a variant, and its stock of one day. While a
variant has an open row for the day of pickup, that row is what orders for the day take from;
without one, stocked goods come from the undated stock, and made-to-order goods from none. A hold
remembers its pools in its reservations, so that what it gives back goes where it came from.

Counters change by one conditional UPDATE each; whoever comes second waits for the row, sees the
new numbers and is refused when nothing is left.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q

from apps.inventory.models import (
    DatedStock,
    DatedStockMove,
    Hold,
    Reservation,
    Stock,
    StockMove,
)
from apps.inventory.selectors import available_on
from apps.inventory.states import HoldMove
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import sorted_unique
from bakery.kernel.rows import insert

SYSTEM = "system"
# A variant's stock of one day, or with None its undated stock.
Pool = tuple[int, date | None]
# A day of any zone is at most one away from that of UTC; which it is, Python's zones decide.
_DATED = """
SELECT s.starts_at, d.variant_id, d.day FROM inventory_slot s
JOIN inventory_datedstock d ON d.variant_id = ANY(%s) AND d.closed_at IS NULL
 AND d.day BETWEEN (s.starts_at AT TIME ZONE 'UTC')::date - 1
               AND (s.starts_at AT TIME ZONE 'UTC')::date + 1
WHERE s.id = %s
"""
_ON_SALE = """
SELECT variant_id, sold_out_at IS NOT NULL FROM inventory_stock
WHERE variant_id = ANY(%s) ORDER BY variant_id
"""
# For update where the same transaction may go on to change some of the rows: two that both share
# a row and both want to change it would wait for each other.
_SHARED, _OWN = f"{_ON_SALE} FOR SHARE", f"{_ON_SALE} FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Goods:
    """Pieces by variant id: of the undated stock, and of the stock of ``day``."""

    undated: Mapping[int, int] = field(default_factory=dict)
    dated: Mapping[int, int] = field(default_factory=dict)
    day: date | None = None


@dataclass(frozen=True)
class Effect:
    """What a move of a hold does to each of its stock rows, per piece.

    ``takes``: pieces leave what others can have, so the pool must be open for new orders.
    """

    reason: HoldMove
    on_hand: int
    reserved: int
    allowed: Callable[[int], Q]
    takes: bool = False


def free(quantity: int) -> Q:
    """Require that so many are there and not promised."""
    return Q(on_hand__gte=F("reserved") + quantity)


def promised(quantity: int) -> Q:
    """Require that so many are promised."""
    return Q(reserved__gte=quantity)


def always(quantity: int) -> Q:  # noqa: ARG001 - same shape as its siblings
    """Require nothing."""
    return Q()


HOLD = Effect(HoldMove.HOLD, 0, +1, free, takes=True)
CONSUME = Effect(HoldMove.CONSUME, -1, -1, promised)
RELEASE = Effect(HoldMove.RELEASE, 0, -1, promised)
RETAKE = Effect(HoldMove.RETAKE, -1, 0, free, takes=True)
RETURN = Effect(HoldMove.RETURN, +1, 0, always)


def choose_pools(
    quantities: Mapping[int, int], made_to_order: Mapping[int, bool], *, slot_id: int
) -> Goods:
    """Return from which stock ``quantities`` come when they are picked up in the slot.

    Raises `Invalid` ``unknown_variant`` for goods that ``made_to_order`` does not know.
    """
    if unknown := sorted(quantities.keys() - made_to_order.keys()):
        raise Invalid(
            "unknown_variant", "Some goods do not exist.", details={"variant_ids": unknown}
        )
    with connection.cursor() as cursor:
        cursor.execute(_DATED, [list(quantities), slot_id])
        rows = [(pk, day, clock.shop_date(starts_at)) for starts_at, pk, day in cursor.fetchall()]
    dated = {pk: quantities[pk] for pk, day, pickup in rows if day == pickup}
    return Goods(
        undated={
            pk: quantity
            for pk, quantity in quantities.items()
            if pk not in dated and not made_to_order[pk]
        },
        dated=dated,
        day=rows[0][2] if dated else None,
    )


def require_on_sale(
    quantities: Mapping[int, int],
    made_to_order: Mapping[int, bool],
    goods: Goods,
    *,
    changing: Collection[int] = (),
) -> None:
    """Refuse what staff marked as sold out where no condition on its own stock row says so.

    The lock makes whoever marks a row wait for the checkouts that saw it on sale. Rows of
    made-to-order goods come first, then all others, each by variant id, here as in `move_goods`.
    ``changing`` are further undated rows that the caller goes on to change.
    """
    uncounted = {pk for pk in quantities if made_to_order[pk] and pk not in changing}
    gone = _marked(uncounted, _SHARED)
    if goods.dated.keys() - uncounted:
        others = _marked((quantities.keys() | set(changing)) - uncounted, _OWN)
        gone += [pk for pk in others if pk in goods.dated]
    if gone:
        rest = quantities.keys() - set(gone)
        raise _out_of_stock(quantities, goods, short=gone, unseen=rest)


def _marked(ids: Collection[int], statement: str) -> list[int]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(ids)])
        return [pk for pk, sold_out in cursor.fetchall() if sold_out]


def goods_of(hold: Hold) -> Goods:
    """Return what the hold keeps, from its reservations."""
    rows = hold.reservations.values_list("variant_id", "quantity", "day")
    undated, dated, kept_day = {}, {}, None
    for pk, quantity, day in rows:
        if day is None:
            undated[pk] = quantity
        else:
            dated[pk], kept_day = quantity, day
    return Goods(undated=undated, dated=dated, day=kept_day)


def reserve(hold: Hold, goods: Goods) -> None:
    """Write down what the hold keeps, and of which stock it is."""
    pools = ((goods.undated, None), (goods.dated, goods.day))
    insert(
        [
            Reservation(hold=hold, variant_id=pk, day=day, quantity=quantity)
            for pool, day in pools
            for pk, quantity in pool.items()
        ]
    )


def move_goods(hold: Hold, goods: Goods, effect: Effect, *, at: datetime, note: str = "") -> None:
    """Apply ``effect`` to the rows of undated stock, then of dated stock, each by variant id.

    Writes the ledgers. Raises `Conflict` ``out_of_stock`` where a row does not allow it.
    """
    left = {**goods.undated, **goods.dated}
    for pk in sorted_unique(goods.undated):
        if not _change_undated(pk, goods.undated[pk], effect):
            raise _out_of_stock(left, goods, short=[pk], unseen=[x for x in left if x != pk])
        del left[pk]
    for pk in sorted_unique(goods.dated):
        if goods.day is None or not _change_dated(pk, goods.day, goods.dated[pk], effect):
            raise _out_of_stock(left, goods, short=[pk], unseen=[x for x in left if x != pk])
        del left[pk]
    _write_ledgers(hold, goods, effect, at=at, note=note[:300])


def shift_goods(
    hold: Hold, differences: Mapping[Pool, int], *, take: Effect, give: Effect, at: datetime
) -> None:
    """Take from the pools whose difference is above zero, give back to those below.

    Rows are changed in the order of `move_goods`, of several days by day. Raises as that does.
    """
    left = {pk: count for (pk, _), count in differences.items() if count > 0}
    for pk, day in sorted(
        differences, key=lambda pool: (pool[1] is not None, pool[0], str(pool[1]))
    ):
        count = differences[pk, day]
        effect = take if count > 0 else give
        if day is None:
            changed = _change_undated(pk, abs(count), effect)
        else:
            changed = _change_dated(pk, day, abs(count), effect)
        if not changed:
            goods = _goods({pool: n for pool, n in differences.items() if n > 0}, day)
            rest = [other for other in left if other != pk]
            raise _out_of_stock({pk: abs(count), **left}, goods, short=[pk], unseen=rest)
    for day in {day for _, day in differences}:
        of_day = {pool: count for pool, count in differences.items() if pool[1] == day}
        for effect, sign in ((take, 1), (give, -1)):
            moved = {pool: sign * count for pool, count in of_day.items() if sign * count > 0}
            _write_ledgers(hold, _goods(moved, day), effect, at=at, note="order changed")


def _goods(pools: Mapping[Pool, int], day: date | None) -> Goods:
    """Return what of ``pools`` is undated or of ``day``."""
    return Goods(
        undated={pk: count for (pk, of), count in pools.items() if of is None},
        dated={pk: count for (pk, of), count in pools.items() if of is not None and of == day},
        day=day,
    )


def _change_undated(pk: int, quantity: int, effect: Effect) -> int:
    rows = Stock.objects.filter(effect.allowed(quantity), pk=pk)
    if effect.takes:
        rows = rows.filter(sold_out_at=None)
    return rows.update(**_columns(effect, quantity))


def _change_dated(pk: int, day: date, quantity: int, effect: Effect) -> int:
    rows = DatedStock.objects.filter(effect.allowed(quantity), variant_id=pk, day=day)
    if effect.takes:
        rows = rows.filter(closed_at=None)
    return rows.update(**_columns(effect, quantity))


def _columns(effect: Effect, quantity: int) -> dict[str, Any]:
    return {
        "on_hand": F("on_hand") + effect.on_hand * quantity,
        "reserved": F("reserved") + effect.reserved * quantity,
    }


def _write_ledgers(hold: Hold, goods: Goods, effect: Effect, *, at: datetime, note: str) -> None:
    def row(pk: int, quantity: int) -> dict[str, Any]:
        return {
            "variant_id": pk,
            "delta_on_hand": effect.on_hand * quantity,
            "delta_reserved": effect.reserved * quantity,
            "reason": effect.reason,
            "ref": hold.move_ref,
            "note": note,
            "actor": SYSTEM,
            "at": at,
        }

    insert([StockMove(**row(pk, goods.undated[pk])) for pk in sorted_unique(goods.undated)])
    if goods.day is not None:
        days = sorted_unique(goods.dated)
        insert([DatedStockMove(day=goods.day, **row(pk, goods.dated[pk])) for pk in days])


def _out_of_stock(
    quantities: Mapping[int, int], goods: Goods, *, short: Collection[int], unseen: Collection[int]
) -> Conflict:
    """Name every variant that is short, so that a customer mends the cart once."""
    ids = sorted({*short, *unseen})
    left = available_on(ids, day=goods.day)
    lines = []
    for pk in ids:
        can_have = left.get(pk, 0)
        if pk in short or (can_have is not None and can_have < quantities[pk]):
            line: dict[str, Any] = {
                "variant_id": pk,
                "requested": quantities[pk],
                "available": can_have or 0,
            }
            if pk in goods.dated and goods.day:
                line |= {"code": "sold_out_on_day", "day": goods.day.isoformat()}
            else:
                line |= {"code": "sold_out"}
            lines.append(line)
    return Conflict("out_of_stock", "Some of it is sold out.", details={"lines": lines})
