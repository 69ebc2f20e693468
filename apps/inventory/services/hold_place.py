"""An order's share of a pickup slot: its place, its pieces and its minutes, by one UPDATE."""

from datetime import datetime

from django.db import connection

from apps.inventory.models import Hold, Slot
from apps.inventory.rules.demand import Work
from apps.inventory.states import SlotLimit
from bakery.kernel.errors import Conflict, Invalid

_TAKE = """
UPDATE inventory_slot SET booked = booked + 1, pieces_booked = pieces_booked + %(pieces)s,
 oven_booked = oven_booked + %(oven)s, decorator_booked = decorator_booked + %(decorator)s
WHERE id = %(slot)s AND NOT closed AND starts_at > %(at)s AND booked < capacity
 AND (max_pieces IS NULL OR pieces_booked + %(pieces)s <= max_pieces)
 AND (max_oven_minutes IS NULL OR oven_booked + %(oven)s <= max_oven_minutes)
 AND (max_decorator_minutes IS NULL
      OR decorator_booked + %(decorator)s <= max_decorator_minutes)
"""
_GIVE_BACK = """
UPDATE inventory_slot SET booked = greatest(booked - 1, 0),
 pieces_booked = greatest(pieces_booked - %(pieces)s, 0),
 oven_booked = greatest(oven_booked - %(oven)s, 0),
 decorator_booked = greatest(decorator_booked - %(decorator)s, 0)
WHERE id = %(slot)s
"""
# What shrinks fits always; what grows needs room, in a slot that still takes orders.
_RESIZE = """
UPDATE inventory_slot SET pieces_booked = greatest(pieces_booked + %(pieces)s, 0),
 oven_booked = greatest(oven_booked + %(oven)s, 0),
 decorator_booked = greatest(decorator_booked + %(decorator)s, 0)
WHERE id = %(slot)s
 AND (%(pieces)s <= 0 AND %(oven)s <= 0 AND %(decorator)s <= 0 OR NOT closed AND starts_at > %(at)s)
 AND (%(pieces)s <= 0 OR max_pieces IS NULL OR pieces_booked + %(pieces)s <= max_pieces)
 AND (%(oven)s <= 0 OR max_oven_minutes IS NULL OR oven_booked + %(oven)s <= max_oven_minutes)
 AND (%(decorator)s <= 0 OR max_decorator_minutes IS NULL
      OR decorator_booked + %(decorator)s <= max_decorator_minutes)
"""
_WORDS = {
    SlotLimit.ORDERS: "This pickup time is full. Choose another one.",
    SlotLimit.PIECES: "We cannot make this many for this pickup time. Choose another one.",
    SlotLimit.OVEN: "Our ovens are booked for this pickup time. Choose another one.",
    SlotLimit.DECORATOR: "Our decorators are booked for this pickup time. Choose another one.",
}
_NEVER = "This order is more than one pickup time has room for. Please talk to us."


def take_place(slot_id: int, work: Work, *, at: datetime) -> None:
    """Take one place and ``work`` of the slot, or raise what stands against it.

    `Invalid`: ``slot_unknown``, ``slot_past``. `Conflict`: ``slot_closed``, or ``slot_full`` with
    details ``constraint`` (a `SlotLimit`), ``needed``, ``remaining`` and ``limit``.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {**_amounts(work), "slot": slot_id, "at": at})
        if cursor.rowcount:
            return
    raise _refusal(slot_id, work, places=1, at=at)


def resize_place(hold: Hold, work: Work, *, at: datetime) -> None:
    """Let the hold's share of its slot be ``work``; raise as `take_place` if that is too much."""
    if hold.slot_id is None:
        return
    more = Work(
        work.pieces - hold.pieces,
        work.oven_minutes - hold.oven_minutes,
        work.decorator_minutes - hold.decorator_minutes,
    )
    if more == Work():
        return
    with connection.cursor() as cursor:
        cursor.execute(_RESIZE, {**_amounts(more), "slot": hold.slot_id, "at": at})
        if cursor.rowcount:
            return
    raise _refusal(hold.slot_id, more, places=0, at=at)


def _refusal(slot_id: int, work: Work, *, places: int, at: datetime) -> Conflict | Invalid:
    """Return what stands against taking ``work`` more, and so many places, of the slot."""
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot is None:
        return Invalid("slot_unknown", "There is no such pickup time.")
    if slot.starts_at <= at:
        return Invalid("slot_past", "This pickup time is over. Choose a later one.")
    if slot.closed:
        return Conflict("slot_closed", "This pickup time was closed. Choose another one.")
    return _full(slot, work, places)


def recorded_work(hold: Hold) -> Work:
    """Return what the hold took, whatever its goods would need by now."""
    return Work(hold.pieces, hold.oven_minutes, hold.decorator_minutes)


def give_place_back(hold: Hold) -> None:
    """Give back exactly what the hold took; a slot that says less was booked is left at nothing.

    That cannot be unless somebody wrote to the row by hand, which the proof of ledgers reports.
    """
    if hold.slot_id is None:
        return
    work = recorded_work(hold)
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"slot": hold.slot_id} | _amounts(work))


def _amounts(work: Work) -> dict[str, int]:
    return {
        "pieces": work.pieces,
        "oven": work.oven_minutes,
        "decorator": work.decorator_minutes,
    }


def _full(slot: Slot, work: Work, places: int) -> Conflict:
    limits = (
        (SlotLimit.ORDERS, places, slot.booked, slot.capacity),
        (SlotLimit.PIECES, work.pieces, slot.pieces_booked, slot.max_pieces),
        (SlotLimit.OVEN, work.oven_minutes, slot.oven_booked, slot.max_oven_minutes),
        (
            SlotLimit.DECORATOR,
            work.decorator_minutes,
            slot.decorator_booked,
            slot.max_decorator_minutes,
        ),
    )
    for constraint, needed, booked, limit in limits:
        if needed > 0 and limit is not None and booked + needed > limit:
            details = {
                "constraint": constraint.value,
                "needed": needed,
                "remaining": limit - booked,
                "limit": limit,
            }
            words = _NEVER if needed > limit else _WORDS[constraint]
            return Conflict("slot_full", words, details=details)
    # Somebody gave a place back since the UPDATE: it is there for the next try.
    return Conflict("slot_full", _WORDS[SlotLimit.ORDERS])
