"""Holds: goods and a pickup place, taken together or not at all.

Locks are always taken in the same order (the hold, stock rows of made-to-order goods, other stock
rows, each by variant id, the slot), so that no two of these can wait for each other. Counters
change by one conditional UPDATE each; whoever comes second waits for the row, sees the new numbers
and is refused when nothing is left.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from apps.catalog import selectors as catalog
from apps.inventory.models import Hold, Reservation, Slot, Stock, StockMove
from apps.inventory.rules.quantities import check_quantities
from apps.inventory.selectors import available
from apps.inventory.states import HOLD_LIFE, HoldMove, HoldState
from bakery.kernel import states
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one, sorted_unique
from bakery.kernel.rows import insert, insert_unless_taken

SYSTEM = "system"
_ON_SALE = """
SELECT variant_id, sold_out_at IS NOT NULL FROM inventory_stock
WHERE variant_id = ANY(%s) ORDER BY variant_id FOR SHARE
"""


@dataclass(frozen=True)
class _Effect:
    """What a move of a hold does to each of its stock rows, per piece."""

    reason: HoldMove
    on_hand: int
    reserved: int
    allowed: Callable[[int], Q]


def _free(quantity: int) -> Q:
    return Q(on_hand__gte=F("reserved") + quantity, sold_out_at=None)


def _promised(quantity: int) -> Q:
    return Q(reserved__gte=quantity)


def _always(quantity: int) -> Q:  # noqa: ARG001 - same shape as its siblings
    return Q()


HOLD = _Effect(HoldMove.HOLD, 0, +1, _free)
CONSUME = _Effect(HoldMove.CONSUME, -1, -1, _promised)
RELEASE = _Effect(HoldMove.RELEASE, 0, -1, _promised)
RETAKE = _Effect(HoldMove.RETAKE, -1, 0, _free)
RETURN = _Effect(HoldMove.RETURN, +1, 0, _always)


def place_hold(
    *,
    reference: str,
    quantities: Mapping[int, int],
    slot_id: int,
    expires_at: datetime,
    at: datetime,
) -> Hold:
    """Hold ``quantities`` (pieces by variant id) and one place in the slot.

    Made-to-order variants take no stock. Nothing is kept unless all of it is. Raises `Invalid`
    (``bad_quantity``, ``unknown_variant``, ``slot_unknown``, ``slot_past``) and `Conflict`:
    ``out_of_stock`` with ``details.lines`` of variant_id, requested, available; ``slot_full``;
    ``slot_closed``; ``hold_exists``.
    """
    check_quantities(quantities)
    with transaction.atomic():
        return take_hold(
            reference=reference,
            quantities=quantities,
            slot_id=slot_id,
            made_to_order=catalog.made_to_order(quantities.keys()),
            expires_at=expires_at,
            at=at,
        )


def take_hold(
    *,
    reference: str,
    quantities: Mapping[int, int],
    slot_id: int,
    made_to_order: Mapping[int, bool],
    expires_at: datetime,
    at: datetime,
) -> Hold:
    """Do what `place_hold` does, with its errors, as a step of the caller's transaction.

    The transaction must end with whatever is raised. ``made_to_order`` says, by variant id, what
    of the goods takes no stock, as the catalog told the caller.
    """
    check_quantities(quantities)
    if not connection.in_atomic_block:
        raise RuntimeError("take_hold() outside a transaction could keep a part of a hold")
    stocked = _stocked_part(quantities, made_to_order)
    hold = Hold(reference=reference, slot_id=slot_id, expires_at=expires_at, created_at=at)
    if not insert_unless_taken(hold):
        raise Conflict("hold_exists", "This reference has a hold already.")
    _require_on_sale(quantities, quantities.keys() - stocked.keys())
    _move_stock(hold, stocked, HOLD, at=at)
    insert([Reservation(hold=hold, variant_id=pk, quantity=stocked[pk]) for pk in stocked])
    _take_place(slot_id, at=at)
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
        _move_stock(hold, _kept(hold), CONSUME, at=at)


def release_hold(*, reference: str, reason: str, at: datetime) -> bool:
    """Give held pieces and the place back; return False when that was done before.

    Raises `Conflict` ``hold_not_held`` for a consumed hold.
    """
    with transaction.atomic():
        hold = _lock_hold(reference)
        if hold.state == HoldState.RELEASED:
            return False
        if hold.state != HoldState.HELD:
            raise _not_held(hold)
        _advance(hold, HoldState.RELEASED, reason=reason, at=at)
        _move_stock(hold, _kept(hold), RELEASE, at=at, note=reason)
        _give_place_back(hold)
    return True


def retake_hold(*, reference: str, at: datetime) -> bool:
    """Take a released hold's pieces and place again for a late payment, as consumed.

    Returns False, with nothing changed, when any of it is gone or the slot has begun. Raises
    `Conflict` ``hold_not_released`` for a hold that was not released.
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
                _move_stock(hold, _kept(hold), RETAKE, at=at)
                if hold.slot_id is not None:
                    _take_place(hold.slot_id, at=at)
        except (Conflict, Invalid):
            return False
    return True


def return_hold(*, reference: str, reason: str, at: datetime) -> bool:
    """Put a consumed hold's pieces and place back (cancelled before production).

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
        _move_stock(hold, _kept(hold), RETURN, at=at, note=reason)
        _give_place_back(hold)
    return True


def _stocked_part(quantities: Mapping[int, int], known: Mapping[int, bool]) -> dict[int, int]:
    if unknown := sorted(quantities.keys() - known.keys()):
        raise Invalid(
            "unknown_variant", "Some goods do not exist.", details={"variant_ids": unknown}
        )
    return {pk: quantity for pk, quantity in quantities.items() if not known[pk]}


def _require_on_sale(quantities: Mapping[int, int], unstocked: Collection[int]) -> None:
    """Refuse made-to-order goods that staff marked as sold out; the rest says so by its stock.

    The shared lock makes whoever marks a row wait for the checkouts that saw it on sale.
    """
    if not unstocked:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ON_SALE, [sorted_unique(unstocked)])
        gone = [pk for pk, sold_out in cursor.fetchall() if sold_out]
    if gone:
        raise _out_of_stock(
            quantities,
            short=gone[0],
            unseen=[*gone[1:], *sorted_unique(set(quantities) - set(unstocked))],
        )


def _lock_hold(reference: str) -> Hold:
    return lock_one(Hold.objects.filter(reference=reference), what="hold")


def _not_held(hold: Hold) -> Conflict:
    return Conflict("hold_not_held", f"This hold is {hold.state}.", details={"state": hold.state})


def _advance(hold: Hold, to: HoldState, *, reason: str, at: datetime) -> None:
    states.transition(
        hold, machine=HOLD_LIFE, to=to, actor=SYSTEM, reason=reason[:500], at=at, turn=hold.turn + 1
    )


def _kept(hold: Hold) -> dict[int, int]:
    return dict(hold.reservations.values_list("variant_id", "quantity"))


def _move_stock(
    hold: Hold, quantities: Mapping[int, int], effect: _Effect, *, at: datetime, note: str = ""
) -> None:
    """Apply ``effect`` to each stock row in primary-key order and write the ledger."""
    order = sorted_unique(quantities)
    for index, pk in enumerate(order):
        quantity = quantities[pk]
        changed = Stock.objects.filter(effect.allowed(quantity), pk=pk).update(
            on_hand=F("on_hand") + effect.on_hand * quantity,
            reserved=F("reserved") + effect.reserved * quantity,
        )
        if not changed:
            raise _out_of_stock(quantities, short=pk, unseen=order[index + 1 :])
    moves = [
        StockMove(
            variant_id=pk,
            delta_on_hand=effect.on_hand * quantities[pk],
            delta_reserved=effect.reserved * quantities[pk],
            reason=effect.reason,
            ref=hold.move_ref,
            note=note[:300],
            actor=SYSTEM,
            at=at,
        )
        for pk in order
    ]
    insert(moves)


def _out_of_stock(quantities: Mapping[int, int], *, short: int, unseen: list[int]) -> Conflict:
    """Name every variant that is short, so that a customer mends the cart once."""
    free = available([short, *unseen])
    lines = [
        {"variant_id": pk, "requested": quantities[pk], "available": free.get(pk) or 0}
        for pk in (short, *unseen)
        if pk == short or (free.get(pk) or 0) < quantities[pk]
    ]
    return Conflict("out_of_stock", "Some of it is sold out.", details={"lines": lines})


def _take_place(slot_id: int, *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_slot SET booked = booked + 1"
            " WHERE id = %s AND NOT closed AND starts_at > %s AND booked < capacity",
            (slot_id, at),
        )
        if cursor.rowcount:
            return
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot is None:
        raise Invalid("slot_unknown", "There is no such pickup time.")
    if slot.starts_at <= at:
        raise Invalid("slot_past", "This pickup time is over. Choose a later one.")
    if slot.closed:
        raise Conflict("slot_closed", "This pickup time was closed. Choose another one.")
    raise Conflict("slot_full", "This pickup time is full. Choose another one.")


def _give_place_back(hold: Hold) -> None:
    if hold.slot_id is not None:
        Slot.objects.filter(pk=hold.slot_id, booked__gt=0).update(booked=F("booked") - 1)
