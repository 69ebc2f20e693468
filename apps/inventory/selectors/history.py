"""How the stock of one size came to be what it is, and which sizes run low."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from apps.inventory.models import Stock
from apps.inventory.states import StockReason

# Newest first; the balance after each move is today's less everything that came later.
_HISTORY = """
SELECT m.*, EXISTS (SELECT 1 FROM inventory_stockmove u WHERE u.variant_id = %(variant)s
                    AND u.reason = 'undone' AND u.ref = 'undo-' || m.id)
FROM (
    SELECT m.id, m.at, m.delta_on_hand, m.delta_reserved, m.reason, m.ref, m.note, m.actor,
           s.on_hand - coalesce(sum(m.delta_on_hand) OVER later, 0),
           s.reserved - coalesce(sum(m.delta_reserved) OVER later, 0)
    FROM inventory_stockmove m JOIN inventory_stock s ON s.variant_id = m.variant_id
    WHERE m.variant_id = %(variant)s
    WINDOW later AS (ORDER BY m.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) m WHERE m.at >= %(since)s ORDER BY m.id DESC LIMIT %(limit)s
"""
MAX_HISTORY = 1000


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A move with the balances after it."""

    id: int
    at: datetime
    delta_on_hand: int
    delta_reserved: int
    reason: str
    ref: str
    note: str
    actor: str
    on_hand: int
    reserved: int
    undone: bool

    @property
    def can_be_undone(self) -> bool:
        """Tell whether a person wrote it and nobody took it back."""
        return self.reason in StockReason.values and not self.undone


def stock_history(
    variant_id: int, *, since: datetime, limit: int = MAX_HISTORY
) -> Sequence[HistoryRow]:
    """Return the moves of a size since ``since``, newest first, at most ``limit``: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HISTORY,
            {"variant": variant_id, "since": since, "limit": min(limit, MAX_HISTORY)},
        )
        return [HistoryRow(*row) for row in cursor.fetchall()]


def low_stock() -> QuerySet[Stock]:
    """Return what is low, the longest first, with its free pieces as ``free``."""
    return _with_free().filter(low_since__isnull=False).order_by("low_since")


def stock_of(variant_id: int) -> Stock | None:
    """Return the stock of a size with its names, None if it never had any."""
    return _with_free().filter(pk=variant_id).first()


def _with_free() -> QuerySet[Any]:
    rows = Stock.objects.select_related("variant__product")
    return rows.annotate(free=F("on_hand") - F("reserved"))
