"""What sells and what does not, size by size, from paid orders."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from apps.catalog.states import ProductStatus
from apps.orders.states import OrderStatus

# Sold is what was paid and not given back; a line's total may have its tax in it.
_SOLD = (OrderStatus.PAID, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED)
_SELLERS = """
WITH sold AS (
    SELECT l.variant_id, sum(l.quantity) AS units,
           sum(l.line_total - CASE WHEN o.prices_include_tax THEN l.tax ELSE 0 END) AS revenue
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s AND o.status = ANY(%(sold)s)
    GROUP BY l.variant_id
)
SELECT v.id, v.sku, p.name, v.name, coalesce(p.published_at, p.created_at),
       coalesce(s.units, 0)::integer, coalesce(s.revenue, 0)
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN sold s ON s.variant_id = v.id
WHERE p.status = %(published)s AND v.archived_at IS NULL
"""
BEST, LOW = "best", "low"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seller:
    """A size on sale; ``revenue`` is without tax, ``days`` is how long it could sell.

    ``days`` counts within the window only, so that what is new is not taken for slow.
    """

    variant_id: int
    sku: str
    product: str
    size: str
    days: int
    units: int
    revenue: Decimal
    units_a_week: Decimal


def sellers(
    *, since: datetime, until: datetime, which: str = BEST, min_days: int = 0
) -> list[Seller]:
    """Return sizes on sale by what was paid from ``since`` to ``until``: one statement.

    ``which`` is `BEST` (most units a week first) or `LOW` (fewest first, what sold nothing too).
    Sizes on sale for fewer than ``min_days`` days of the window are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SELLERS,
            {
                "since": since,
                "until": until,
                "sold": [str(status) for status in _SOLD],
                "published": ProductStatus.PUBLISHED,
            },
        )
        rows = [_seller(row, since=since, until=until) for row in cursor.fetchall()]
    sign = 1 if which == LOW else -1
    found = [row for row in rows if row.days >= min_days and (which == LOW or row.units)]
    return sorted(found, key=lambda row: (sign * row.units_a_week, sign * row.revenue, row.sku))


def _seller(row: tuple, *, since: datetime, until: datetime) -> Seller:  # type: ignore[type-arg]
    pk, sku, product, size, on_sale_since, units, revenue = row
    span = max(until - max(since, on_sale_since), timedelta())
    weeks = Decimal(max(span, timedelta(days=1)) / _WEEK)
    rate = (units / weeks).quantize(Decimal("0.01"))
    return Seller(pk, sku, product, size, span.days, units, revenue, rate)
