"""Holds: goods and a share of a pickup slot, taken together or not at all.

One hold is everything finite that an order takes: undated stock, stock of its day, a place in the
slot, pieces and minutes. It is taken in one transaction, has one end and is given back at once.
What else is finite (a coupon's uses, a customer's points) joins by the same ``reference``: its
owner takes it after `take_hold` in the caller's transaction and gives it back where the caller
releases the hold.

Locks are always taken in the same order, so that no two of these can wait for each other: the
hold; stock rows of made-to-order goods, other stock rows, rows of stock by day, each by variant
id; the slot.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.catalog import selectors as catalog
from apps.inventory.models import Hold
from apps.inventory.rules.demand import Work, check_work
from apps.inventory.rules.quantities import check_quantities
from apps.inventory.services.hold_place import (
    give_place_back,
    recorded_work,
    take_place,
)
from apps.inventory.services.hold_pools import (
    CONSUME,
    HOLD,
    RELEASE,
    RETAKE,
    RETURN,
    SYSTEM,
    choose_pools,
    goods_of,
    move_goods,
    require_on_sale,
    reserve,
)
from apps.inventory.states import HOLD_LIFE, HoldState
from bakery.kernel import states
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one
from bakery.kernel.rows import insert_unless_taken


def place_hold(
    *,
    reference: str,
    quantities: Mapping[int, int],
    work: Work,
    slot_id: int,
    expires_at: datetime,
    at: datetime,
) -> Hold:
    """Hold ``quantities`` (pieces by variant id), and one place and ``work`` of the slot.

    Where a variant has stock of the slot's day, that is what it takes from; otherwise undated
    stock, or none when it is made to order. Nothing is kept unless all of it is. Raises `Invalid`
    (``bad_quantity``, ``too_much_work``, ``unknown_variant``, ``slot_unknown``, ``slot_past``) and
    `Conflict`: ``out_of_stock`` with ``details.lines`` of variant_id, requested, available, code
    (``sold_out``, or ``sold_out_on_day`` with ``day``); ``slot_full`` with ``details.constraint``
    (orders, pieces, oven_minutes or decorator_minutes), needed, remaining and limit;
    ``slot_closed``; ``hold_exists``.
    """
    check_quantities(quantities)
    with transaction.atomic():
        return take_hold(
            reference=reference,
            quantities=quantities,
            work=work,
            slot_id=slot_id,
            made_to_order=catalog.made_to_order(quantities.keys()),
            expires_at=expires_at,
            at=at,
        )


def take_hold(
    *,
    reference: str,
    quantities: Mapping[int, int],
    work: Work,
    slot_id: int,
    made_to_order: Mapping[int, bool],
    expires_at: datetime,
    at: datetime,
    instead_of: str | None = None,
) -> Hold:
    """Do what `place_hold` does, with its errors, as a step of the caller's transaction.

    The transaction must end with whatever is raised. ``made_to_order`` says, by variant id, what
    of the goods takes no undated stock, as the catalog told the caller. ``instead_of`` refers to a
    hold of a place alone, which this one follows: that place is given up and this one's taken
    under the one lock of the slot, so that nobody comes between. Raises `Conflict`
    ``hold_not_held`` when it is over.
    """
    check_quantities(quantities)
    check_work(work)
    if not connection.in_atomic_block:
        raise RuntimeError("take_hold() outside a transaction could keep a part of a hold")
    before = _end_before(instead_of, at=at) if instead_of else None
    goods = choose_pools(quantities, made_to_order, slot_id=slot_id)
    hold = Hold(
        reference=reference,
        slot_id=slot_id,
        pieces=work.pieces,
        oven_minutes=work.oven_minutes,
        decorator_minutes=work.decorator_minutes,
        expires_at=expires_at,
        created_at=at,
    )
    if not insert_unless_taken(hold):
        raise Conflict("hold_exists", "This reference has a hold already.")
    require_on_sale(quantities, made_to_order, goods)
    move_goods(hold, goods, HOLD, at=at)
    reserve(hold, goods)
    if before is not None:
        give_place_back(before)
    take_place(slot_id, work, at=at)
    return hold


def take_place_hold(
    *, reference: str, slot_id: int, work: Work, expires_at: datetime, at: datetime
) -> Hold:
    """Hold a place and ``work`` of a slot, and no goods; a step of the caller's transaction.

    What is taken later `take_hold` takes ``instead_of`` it; what is not, its owner releases.
    Raises as `take_hold` does.
    """
    return take_hold(
        reference=reference,
        quantities={},
        work=work,
        slot_id=slot_id,
        made_to_order={},
        expires_at=expires_at,
        at=at,
    )


def _end_before(reference: str, *, at: datetime) -> Hold:
    """End a hold of a place alone; its place is given back later, in the order of locks."""
    hold = _lock_hold(reference)
    if hold.state != HoldState.HELD:
        raise _not_held(hold)
    if hold.reservations.exists():
        raise ValueError("a hold of goods cannot be followed by another one")
    _advance(hold, HoldState.RELEASED, reason="followed by another hold", at=at)
    return hold


def extend_hold(*, reference: str, until: datetime) -> bool:
    """Let a hold that is still held end at ``until`` at the earliest; return whether it is held."""
    held = Hold.objects.filter(reference=reference, state=HoldState.HELD)
    return bool(held.filter(expires_at__lt=until).update(expires_at=until)) or held.exists()


def consume_hold(*, reference: str, at: datetime) -> None:
    """Take the held pieces out of stock: the order is paid.

    Raises `Conflict` ``hold_not_held`` when the hold was released (see `retake_hold`) or consumed
    before, `NotFound` when there is none.
    """
    with transaction.atomic():
        hold = _lock_hold(reference)
        if hold.state != HoldState.HELD:
            raise _not_held(hold)
        _advance(hold, HoldState.CONSUMED, reason="paid", at=at)
        move_goods(hold, goods_of(hold), CONSUME, at=at)


def release_hold(*, reference: str, reason: str, at: datetime) -> bool:
    """Give held pieces and the share of the slot back; return False when that was done before.

    Raises `Conflict` ``hold_not_held`` for a consumed hold.
    """
    with transaction.atomic():
        hold = _lock_hold(reference)
        if hold.state == HoldState.RELEASED:
            return False
        if hold.state != HoldState.HELD:
            raise _not_held(hold)
        _advance(hold, HoldState.RELEASED, reason=reason, at=at)
        move_goods(hold, goods_of(hold), RELEASE, at=at, note=reason)
        give_place_back(hold)
    return True


def retake_hold(
    *, reference: str, at: datetime, made_to_order: Mapping[int, bool] | None = None
) -> bool:
    """Take a released hold's pieces and share of the slot again for a late payment, as consumed.

    The pieces come from the stock that they were of. ``made_to_order`` says, by variant id, all
    that was ordered, as in `take_hold`: what takes no stock may have been marked as sold out too.
    Returns False, with nothing changed, when any of it is gone, the slot has begun or the day's
    own stock was ended. Raises `Conflict` ``hold_not_released`` for a hold that was not released.
    """
    with transaction.atomic():
        hold = _lock_hold(reference)
        if hold.state != HoldState.RELEASED:
            raise Conflict(
                "hold_not_released", f"This hold is {hold.state}.", details={"state": hold.state}
            )
        try:
            # A savepoint: the caller's transaction goes on when nothing can be taken.
            with transaction.atomic():
                _advance(hold, HoldState.CONSUMED, reason="late payment", at=at)
                goods, ordered = goods_of(hold), made_to_order or {}
                require_on_sale(dict.fromkeys(ordered, 1), ordered, goods)
                move_goods(hold, goods, RETAKE, at=at)
                if hold.slot_id is not None:
                    take_place(hold.slot_id, recorded_work(hold), at=at)
        except (Conflict, Invalid):
            return False
    return True


def return_hold(*, reference: str, reason: str, at: datetime) -> bool:
    """Put a consumed hold's pieces and its share of the slot back (cancelled before production).

    Returns False when it is released already. Raises `Conflict` ``hold_not_consumed`` for a hold
    that is only held; that is for `release_hold`.
    """
    with transaction.atomic():
        hold = _lock_hold(reference)
        if hold.state == HoldState.RELEASED:
            return False
        if hold.state != HoldState.CONSUMED:
            raise Conflict("hold_not_consumed", "This hold was not consumed.")
        _advance(hold, HoldState.RELEASED, reason=reason, at=at)
        move_goods(hold, goods_of(hold), RETURN, at=at, note=reason)
        give_place_back(hold)
    return True


def _lock_hold(reference: str) -> Hold:
    return lock_one(Hold.objects.filter(reference=reference), what="hold")


def _not_held(hold: Hold) -> Conflict:
    return Conflict("hold_not_held", f"This hold is {hold.state}.", details={"state": hold.state})


def _advance(hold: Hold, to: HoldState, *, reason: str, at: datetime) -> None:
    states.transition(
        hold, machine=HOLD_LIFE, to=to, actor=SYSTEM, reason=reason[:500], at=at, turn=hold.turn + 1
    )
