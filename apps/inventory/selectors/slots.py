"""The pickup calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from apps.inventory.models import Slot
from apps.inventory.rules.promise import Load
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_LOADS = """
SELECT id, starts_at, ends_at, closed, capacity, booked, max_pieces, pieces_booked,
       max_oven_minutes, oven_booked, max_decorator_minutes, decorator_booked
FROM inventory_slot WHERE starts_at > %s AND starts_at < %s ORDER BY starts_at
"""
_AHEAD = timedelta(days=366)
# Most promises are found in the first days; each further statement reads more at once.
_FIRST_READ, _GROWTH = 64, 4


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A pickup slot; both times are UTC, ``remaining`` is the places left."""

    id: int
    starts_at: datetime
    ends_at: datetime
    remaining: int


def open_slots(*, at: datetime, earliest: datetime, days: int) -> list[SlotRow]:
    """Return slots with a place left that start at ``earliest`` or later, in order.

    ``days`` counts the shop's calendar days from the one of ``earliest``, so that "2 days" ends
    with tomorrow's last slot. Slots that began before ``at`` are never offered.
    """
    first = max(at, earliest)
    end = clock.start_of_shop_day(clock.shop_date(first) + timedelta(days=days))
    rows = (
        Slot.objects.filter(
            starts_at__gte=first, starts_at__lt=end, closed=False, booked__lt=F("capacity")
        )
        .order_by("starts_at")
        .values_list("pk", "starts_at", "ends_at", F("capacity") - F("booked"))
    )
    return [SlotRow(*row) for row in rows]


def slot(slot_id: int) -> SlotRow | None:
    """Return one slot, whether it is open or not (a closed one has nothing remaining)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, starts_at, ends_at, CASE WHEN closed THEN 0 ELSE capacity - booked END"
            " FROM inventory_slot WHERE id = %s",
            (slot_id,),
        )
        row = cursor.fetchone()
    return SlotRow(*row) if row else None


def loads(*, after: datetime, before: datetime | None = None) -> list[Load]:
    """Return every pickup time that starts between the two, open or not, with what is taken."""
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [after, before or after + _AHEAD])
        return [Load(*row) for row in cursor.fetchall()]


class PickupTimes:
    """Every pickup time after a moment, open or not, in order, read as far as it is looked at.

    It may be gone through again, for other goods: what was read is not read twice.
    """

    def __init__(self, *, after: datetime) -> None:
        """Read nothing yet."""
        self._after, self._before = after, after + _AHEAD
        self._read: list[Load] = []
        self._limit = _FIRST_READ
        self._is_all = False

    def __iter__(self) -> Iterator[Load]:
        """Return a walk from the first one on."""
        number = 0
        while number < len(self._read) or self._read_more():
            yield self._read[number]
            number += 1

    def _read_more(self) -> bool:
        if self._is_all:
            return False
        with connection.cursor() as cursor:
            cursor.execute(f"{_LOADS} LIMIT %s", [self._after, self._before, self._limit])
            rows = cursor.fetchall()
        self._read += [Load(*row) for row in rows]
        self._is_all = len(rows) < self._limit
        self._limit *= _GROWTH
        if rows:
            self._after = self._read[-1].starts_at  # no two start at once
        return bool(rows)


def slot_at(moment: datetime, *, at: datetime) -> SlotRow:
    """Return the open pickup time that starts at ``moment``.

    Raises `Invalid` ``slot_past``, or ``closed`` when there is none.
    """
    if moment <= at:
        raise Invalid("slot_past", "This pickup time is over.")
    found = Slot.objects.filter(starts_at=moment, closed=False).values_list("pk", flat=True).first()
    row = slot(found) if found else None
    if row is None:
        raise Invalid("closed", "Nothing can be collected then. Choose one of the pickup times.")
    return row
