"""Changing a hold: what it keeps, and the pickup time it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from apps.inventory.models import Hold, Reservation, Slot
from apps.inventory.rules.demand import Work, check_work
from apps.inventory.rules.quantities import check_quantities
from apps.inventory.services.hold_place import (
    give_place_back,
    recorded_work,
    resize_place,
    take_place,
)
from apps.inventory.services.hold_pools import (
    HOLD,
    RELEASE,
    RETAKE,
    RETURN,
    Goods,
    Pool,
    choose_pools,
    goods_of,
    require_on_sale,
    shift_goods,
)
from apps.inventory.states import HoldState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one, sorted_unique
from bakery.kernel.rows import insert

_EFFECTS = {HoldState.HELD: (HOLD, RELEASE), HoldState.CONSUMED: (RETAKE, RETURN)}


@dataclass(frozen=True, kw_only=True)
class HoldChange:
    """What a hold shall keep from now on.

    ``before`` and ``quantities`` are all pieces by variant id, also of goods that nothing counts;
    ``more`` and ``less`` is the work of what is added and of what is left out, so that pieces that
    stay keep the minutes they were booked with. ``made``: the kitchen has begun, so that what left
    the stock does not return to it, whatever is left out.
    """

    before: Mapping[int, int]
    quantities: Mapping[int, int]
    more: Work
    less: Work
    slot_id: int
    made: bool = False


def amend_hold(
    *, reference: str, change: HoldChange, made_to_order: Mapping[int, bool], at: datetime
) -> Work:
    """Let a hold keep what ``change`` says, held or consumed as it is; return its share of a slot.

    A step of the caller's transaction.

    Takes and gives back differences alone, in the lock order of `holds`, two slots by their ids.
    Pieces that stay are of the stock they were of, unless the pickup moves to another day.
    ``made_to_order`` knows all goods of the change. The transaction must end with whatever is
    raised: as `take_hold` does, with the numbers of what is taken in addition, and `Conflict`
    ``hold_not_held`` for a hold that was released.
    """
    check_quantities(change.quantities)
    if not connection.in_atomic_block:
        raise RuntimeError("amend_hold() outside a transaction could keep a part of a change")
    hold = lock_one(Hold.objects.filter(reference=reference), what="hold")
    if hold.state not in _EFFECTS:
        details = {"state": hold.state}
        raise Conflict("hold_not_held", f"This hold is {hold.state}.", details=details)
    fresh = choose_pools(change.quantities, made_to_order, slot_id=change.slot_id)
    kept = _pools(goods_of(hold))
    wanted = _wanted(hold, change, kept, fresh)
    differences = {
        pool: count
        for pool in kept.keys() | wanted.keys()
        if (count := wanted.get(pool, 0) - kept.get(pool, 0))
    }
    hold.turn += 1
    _take(hold, change, differences, made_to_order, at=at)
    _rewrite(hold, {pk for pk, _ in differences}, wanted)
    _move_place(hold, change, at=at)
    hold.save(update_fields=["turn", "slot", "pieces", "oven_minutes", "decorator_minutes"])
    return recorded_work(hold)


def _pools(goods: Goods) -> dict[Pool, int]:
    undated: dict[Pool, int] = {(pk, None): count for pk, count in goods.undated.items()}
    return undated | {(pk, goods.day): count for pk, count in goods.dated.items()}


def _wanted(
    hold: Hold, change: HoldChange, kept: Mapping[Pool, int], fresh: Goods
) -> dict[Pool, int]:
    """Return which pools the hold shall have pieces of."""
    places = {pk: (day, count) for (pk, day), count in kept.items()}
    new: dict[int, date | None] = dict.fromkeys(fresh.undated) | dict.fromkeys(
        fresh.dated, fresh.day
    )
    stays_that_day = _is_same_day(hold, change.slot_id)
    wanted: dict[Pool, int] = {}
    for pk, quantity in change.quantities.items():
        day, count = places.get(pk, (None, 0))
        had = change.before.get(pk, 0)
        if change.made and pk in places:
            wanted[pk, day] = max(count, quantity)
        elif pk in places and stays_that_day and quantity <= count:
            wanted[pk, day] = quantity
        elif pk not in places and quantity <= had and (stays_that_day or change.made):
            continue  # nothing counted these, and nothing does now
        elif pk in new:
            wanted[pk, new[pk]] = quantity - had if change.made else quantity
    if change.made:
        gone = kept.keys() - wanted.keys()
        wanted |= {pool: kept[pool] for pool in gone}
    return wanted


def _is_same_day(hold: Hold, slot_id: int) -> bool:
    if hold.slot_id == slot_id:
        return True
    starts = dict(
        Slot.objects.filter(pk__in=[hold.slot_id, slot_id]).values_list("pk", "starts_at")
    )
    if slot_id not in starts:
        raise Invalid("slot_unknown", "There is no such pickup time.")
    return len({clock.shop_date(moment) for moment in starts.values()}) == 1


def _take(
    hold: Hold,
    change: HoldChange,
    differences: Mapping[Pool, int],
    made_to_order: Mapping[int, bool],
    *,
    at: datetime,
) -> None:
    taken = {pool: count for pool, count in differences.items() if count > 0}
    grown = {
        pk: count - change.before.get(pk, 0)
        for pk, count in change.quantities.items()
        if count > change.before.get(pk, 0)
    }
    grown |= {pk: count for (pk, _), count in taken.items()}
    dated = {pk: count for (pk, day), count in taken.items() if day is not None}
    days = [day for _, day in taken if day is not None]
    goods = Goods(
        undated={pk: count for (pk, day), count in taken.items() if day is None},
        dated=dated,
        day=days[0] if days else None,
    )
    changing = {pk for pk, day in differences if day is None}
    require_on_sale(grown, made_to_order, goods, changing=changing)
    take, give = _EFFECTS[HoldState(hold.state)]
    shift_goods(hold, differences, take=take, give=give, at=at)


def _rewrite(hold: Hold, variant_ids: set[int], wanted: Mapping[Pool, int]) -> None:
    """Write down what the hold keeps of the variants whose pieces changed."""
    hold.reservations.filter(variant_id__in=variant_ids).delete()
    insert(
        [
            Reservation(hold=hold, variant_id=pk, day=day, quantity=count)
            for (pk, day), count in wanted.items()
            if pk in variant_ids and count
        ]
    )


def in_lock_order(new: int, old: int | None) -> list[int]:
    """Return the two slots in the order in which their rows are locked: by id."""
    return [new] if old is None else sorted_unique([new, old])


def _move_place(hold: Hold, change: HoldChange, *, at: datetime) -> None:
    old, more, less = recorded_work(hold), change.more, change.less
    work = Work(
        max(old.pieces + more.pieces - less.pieces, 0),
        max(old.oven_minutes + more.oven_minutes - less.oven_minutes, 0),
        max(old.decorator_minutes + more.decorator_minutes - less.decorator_minutes, 0),
    )
    check_work(work)
    if hold.slot_id == change.slot_id:
        resize_place(hold, work, at=at)
    else:
        for slot_id in in_lock_order(change.slot_id, hold.slot_id):
            if slot_id == change.slot_id:
                take_place(slot_id, work, at=at)
            else:
                give_place_back(hold)
    hold.slot_id = change.slot_id
    hold.pieces = work.pieces
    hold.oven_minutes, hold.decorator_minutes = work.oven_minutes, work.decorator_minutes
