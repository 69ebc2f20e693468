"""What tills reported, what is open with them, and what they may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from apps.inventory.models import Till, TillDelta
from apps.inventory.rules.till import missing_ranges
from apps.inventory.states import TillState

MAX_CHANGES = 500
_CHANGES = """
SELECT c.id, v.sku, m.delta_on_hand, m.reason, m.ref, m.at, s.on_hand, s.reserved
FROM inventory_tillchange c JOIN inventory_stockmove m ON m.id = c.move_id
JOIN catalog_variant v ON v.id = c.variant_id JOIN inventory_stock s ON s.variant_id = c.variant_id
WHERE c.id > %s ORDER BY c.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of stock as tills read it; ``on_hand`` and ``reserved`` are of now."""

    id: int
    sku: str
    delta: int
    reason: str
    ref: str
    at: datetime
    on_hand: int
    reserved: int


def changes_after(number: int, *, limit: int = MAX_CHANGES) -> Sequence[ChangeRow]:
    """Return published changes after ``number``, in order; publish first to see the newest."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, [number, min(limit, MAX_CHANGES)])
        return [ChangeRow(*row) for row in cursor.fetchall()]


def open_conflicts() -> QuerySet[TillDelta]:
    """Return what waits for a person, the oldest first."""
    rows = TillDelta.objects.filter(state=TillState.CONFLICT)
    return rows.select_related("till").order_by("pk")


def gaps_of(till: Till) -> list[list[int]]:
    """Return [first, last] of every gap in a till's numbers."""
    later = TillDelta.objects.filter(till=till, seq__gt=till.received_up_to).order_by("seq")
    return missing_ranges(
        list(later.values_list("seq", flat=True)[:5000]), after=till.received_up_to
    )
