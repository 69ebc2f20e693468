"""Turnover and waste by size and category, out of the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.inventory.models import WasteEntry
from apps.inventory.rules.turnover import Figures, Sums, figures
from bakery.kernel import clock

# The balance over time is the one at the start, plus each change for the time that was left; a
# move that was undone counts as if neither had been, wherever in the window it was written.
_SUMS = """
WITH moves AS (
    SELECT m.variant_id, m.at, m.delta_on_hand AS delta, CASE WHEN m.reason = 'undone'
           THEN (SELECT o.reason FROM inventory_stockmove o
                 WHERE o.id = substring(m.ref FROM '^undo-([0-9]+)$')::bigint)
           ELSE m.reason END AS reason
    FROM inventory_stockmove m WHERE m.at < %(until)s AND m.delta_on_hand <> 0
), sums AS (
    SELECT variant_id,
           -sum(delta) FILTER (WHERE at >= %(since)s AND reason IN
               ('consume', 'retake', 'return', 'till_sale', 'till_return')) AS sold,
           sum(delta) FILTER (WHERE at >= %(since)s AND reason IN ('baked', 'received')) AS made,
           -sum(delta) FILTER (WHERE at >= %(since)s AND reason IN ('waste', 'damaged')) AS wasted,
           sum(delta * extract(epoch FROM %(until)s - greatest(at, %(since)s)))
               / extract(epoch FROM %(until)s - %(since)s) AS average
    FROM moves GROUP BY variant_id
)
SELECT c.name, p.name, v.name, v.sku, v.id, coalesce(s.sold, 0)::integer,
       coalesce(s.made, 0)::integer, coalesce(s.wasted, 0)::integer,
       coalesce(s.average, 0)::numeric(14, 4), v.unit_cost
FROM sums s JOIN catalog_variant v ON v.id = s.variant_id
JOIN catalog_product p ON p.id = v.product_id JOIN catalog_category c ON c.id = p.category_id
WHERE s.sold IS NOT NULL OR s.made IS NOT NULL OR s.wasted IS NOT NULL OR s.average <> 0
ORDER BY c.position, c.name, p.name, v.position, v.id
"""
_WASTE = """
SELECT date_trunc(%(unit)s, w.at AT TIME ZONE %(zone)s)::date,
       sum(w.quantity)::integer, coalesce(sum(w.quantity * w.unit_cost), 0)::numeric(14, 2),
       coalesce(sum(w.quantity) FILTER (WHERE w.unit_cost IS NULL), 0)::integer
FROM inventory_wasteentry w WHERE w.at >= %(since)s AND w.at < %(until)s GROUP BY 1
"""
_BAKED = """
SELECT date_trunc(%(unit)s, m.at AT TIME ZONE %(zone)s)::date, sum(m.delta_on_hand)::integer
FROM inventory_stockmove m
WHERE m.at >= %(since)s AND m.at < %(until)s AND m.reason IN ('baked', 'received') GROUP BY 1
"""
UNITS = ("day", "week")


@dataclass(frozen=True)
class TurnoverRow:
    """The figures of one size, or of a category with all of its sizes (``sku`` empty)."""

    category: str
    product: str
    size: str
    sku: str
    variant_id: int | None
    figures: Figures


@dataclass(frozen=True)
class Turnover:
    """A window's figures: everything together, by category, by size."""

    since: datetime
    until: datetime
    total: Figures
    categories: Sequence[TurnoverRow]
    sizes: Sequence[TurnoverRow]


@dataclass(frozen=True)
class WastePeriod:
    """Waste of a day or week of the shop's calendar; ``share`` is of what was baked, 0 to 1.

    ``value`` counts what pieces cost when they were thrown away; ``uncosted`` are not in it.
    """

    starts: date
    pieces: int
    value: Decimal
    uncosted: int
    baked: int

    @property
    def share(self) -> Decimal | None:
        """Return what part of the baked goods this was."""
        part = Decimal(self.pieces) / self.baked if self.baked else None
        return part.quantize(Decimal("0.0001")) if part is not None else None


def turnover(*, since: datetime, until: datetime) -> Turnover:
    """Return the figures of a window that begins at ``since`` and ends before ``until``.

    One query. Formulas: `rules.turnover`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"since": since, "until": until})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    days = Decimal((until - since).total_seconds()) / 86_400
    sums = [(row[:5], Sums(*row[5:])) for row in rows]
    by_category: dict[str, list[Sums]] = defaultdict(list)
    for (category, *_), part in sums:
        by_category[category].append(part)
    return Turnover(
        since=since,
        until=until,
        total=figures([part for _, part in sums], days=days),
        categories=[
            TurnoverRow(name, "", "", "", None, figures(parts, days=days))
            for name, parts in by_category.items()
        ],
        sizes=[TurnoverRow(*[*names, figures([part], days=days)]) for names, part in sums],
    )


def waste_by_period(*, since: datetime, until: datetime, unit: str) -> list[WastePeriod]:
    """Return waste by ``unit`` (day or week) of the shop's calendar, newest first: two queries."""
    params: Any = {"since": since, "until": until, "unit": unit, "zone": clock.shop_zone().key}
    with connection.cursor() as cursor:
        cursor.execute(_BAKED, params)
        baked: dict[Any, int] = dict(cursor.fetchall())
        cursor.execute(_WASTE, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    periods = [WastePeriod(*[*row, baked.get(row[0], 0)]) for row in rows]
    return sorted(periods, key=lambda period: period.starts, reverse=True)


def waste_by_reason(*, since: datetime, until: datetime) -> list[tuple[str, int]]:
    """Return pieces thrown away by reason, the most first."""
    entries = WasteEntry.objects.filter(at__gte=since, at__lt=until).order_by()
    sums: dict[str, int] = defaultdict(int)
    for reason, quantity in entries.values_list("reason", "quantity"):
        sums[reason] += quantity
    return sorted(((key, n) for key, n in sums.items() if n), key=lambda item: -item[1])
