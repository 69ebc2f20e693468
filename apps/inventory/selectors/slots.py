"""The pickup calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from apps.inventory.models import Slot
from bakery.kernel import clock


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
