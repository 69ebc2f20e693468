"""The pickup calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
    row = Slot.objects.filter(pk=slot_id).first()
    if row is None:
        return None
    remaining = 0 if row.closed else row.capacity - row.booked
    return SlotRow(row.pk, row.starts_at, row.ends_at, remaining)
