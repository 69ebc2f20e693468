"""Making and changing pickup slots."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from apps.inventory.models import Slot
from apps.inventory.rules.hours import MAX_CAPACITY, MAX_MINUTES
from apps.inventory.services.fitting import lock_calendar
from apps.inventory.states import SlotLimit
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import locked

_MAX_SLOTS_A_DAY = 288
_COLUMNS = {
    SlotLimit.ORDERS: ("capacity", "booked"),
    SlotLimit.PIECES: ("max_pieces", "pieces_booked"),
    SlotLimit.OVEN: ("max_oven_minutes", "oven_booked"),
    SlotLimit.DECORATOR: ("max_decorator_minutes", "decorator_booked"),
}


def open_slots_for(
    *,
    day: date,
    from_: time,
    to: time,
    minutes: int,
    capacity: int,
    at: datetime,
    actor: str = "system",
) -> int:
    """Cut the shop's wall time ``from_`` to ``to`` of ``day`` into slots; return how many are new.

    They count as set by hand. A slot that exists is left as it is, so that running it again
    changes nothing; a remainder too short for a slot is dropped. Raises `Invalid`: ``bad_hours``,
    ``bad_capacity``, and those of `clock.resolve_local` when a slot would start where the clocks
    change.
    """
    if not 1 <= capacity <= MAX_CAPACITY:
        raise Invalid("bad_capacity", f"A slot takes 1 to {MAX_CAPACITY} orders.")
    start, end = datetime.combine(day, from_), datetime.combine(day, to)
    if not 5 <= minutes <= 24 * 60 or start + timedelta(minutes=minutes) > end:
        raise Invalid("bad_hours", "The hours must hold at least one slot of 5 minutes or more.")
    length = timedelta(minutes=minutes)
    count = min((end - start) // length, _MAX_SLOTS_A_DAY)
    starts = [clock.resolve_local(start + length * index) for index in range(count)]
    with transaction.atomic():
        lock_calendar()
        existing = set(
            Slot.objects.filter(starts_at__in=starts).values_list("starts_at", flat=True)
        )
        rows = [
            Slot(starts_at=moment, ends_at=moment + length, capacity=capacity, by_hand=True)
            for moment in starts
            if moment not in existing
        ]
        Slot.objects.bulk_create(rows, ignore_conflicts=True)
        if rows:
            audit.record(
                actor=actor,
                action="open_slots",
                object_type="inventory.slot",
                object_id=day.isoformat(),
                changes={"slots": [0, len(rows)], "capacity": [None, capacity]},
                at=at,
            )
    return len(rows)


def set_slot(
    *,
    slot_id: int,
    actor: str,
    at: datetime,
    capacity: int | None = None,
    closed: bool | None = None,
    limits: Mapping[SlotLimit, int | None] | None = None,
) -> Slot:
    """Change what a slot takes, or close or reopen it; orders that have a place keep it.

    ``limits`` are in pieces and minutes, by the limit; None lifts one, and those not named stay.
    Raises `Invalid` (``bad_capacity``, ``bad_limit``) and `Conflict` ``slot_booked_beyond`` for
    less than is booked, with ``details.constraint`` and ``booked``.
    """
    changes: dict[str, Any] = {_COLUMNS[limit][0]: value for limit, value in (limits or {}).items()}
    changes |= {
        name: value
        for name, value in {"capacity": capacity, "closed": closed}.items()
        if value is not None
    }
    _check_limits(changes)
    with transaction.atomic():
        lock_calendar()
        before = locked(Slot.objects.filter(pk=slot_id)).first()
        if before is None:
            raise NotFound("slot_not_found", "There is no such slot.")
        _check_booked(before, changes)
        if not changes:
            return before
        Slot.objects.filter(pk=slot_id).update(**changes, by_hand=True, closed_by_calendar=False)
        audit.record(
            actor=actor,
            action="set_slot",
            object_type="inventory.slot",
            object_id=slot_id,
            changes={name: [getattr(before, name), value] for name, value in changes.items()},
            at=at,
        )
    return Slot.objects.get(pk=slot_id)


def _check_limits(changes: Mapping[str, Any]) -> None:
    if "capacity" in changes and not 1 <= changes["capacity"] <= MAX_CAPACITY:
        raise Invalid("bad_capacity", f"A slot takes 1 to {MAX_CAPACITY} orders.")
    for limit, (column, _) in _COLUMNS.items():
        value = changes.get(column)
        if limit != SlotLimit.ORDERS and value is not None and not 0 <= value <= MAX_MINUTES:
            raise Invalid(
                "bad_limit",
                f"A limit is a number from 0 to {MAX_MINUTES}, or none.",
                details={"field": column},
            )


def _check_booked(slot: Slot, changes: Mapping[str, Any]) -> None:
    for limit, (column, counter) in _COLUMNS.items():
        value, booked = changes.get(column), getattr(slot, counter)
        if value is not None and value < booked:
            raise Conflict(
                "slot_booked_beyond",
                f"{booked} {limit.label.lower()} are booked in this slot already.",
                details={"constraint": limit.value, "booked": booked},
            )
