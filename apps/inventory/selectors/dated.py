"""Stock by day, and what no pickup time has room for."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from apps.catalog.models import Variant
from apps.catalog.states import ProductStatus
from apps.inventory.models import DatedStock

# Slots of one limit are many: the highest of each kind ahead, and whether any has none of it.
_NEVER = """
WITH room AS (
  SELECT count(*) AS slots,
         CASE WHEN bool_or(max_pieces IS NULL) THEN NULL ELSE max(max_pieces) END AS pieces,
         CASE WHEN bool_or(max_oven_minutes IS NULL) THEN NULL ELSE max(max_oven_minutes) END
           AS oven,
         CASE WHEN bool_or(max_decorator_minutes IS NULL) THEN NULL
              ELSE max(max_decorator_minutes) END AS decorator
  FROM inventory_slot WHERE NOT closed AND starts_at > %s
)
SELECT v.id, p.name, v.name, v.sku, v.pieces, room.pieces, v.oven_minutes, room.oven,
       v.decorator_minutes, room.decorator
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id, room
WHERE room.slots > 0 AND v.archived_at IS NULL AND p.status = %s
  AND (v.pieces > room.pieces OR v.oven_minutes > room.oven
       OR v.decorator_minutes > room.decorator)
ORDER BY p.name, v.position, v.id LIMIT 20
"""
_KINDS = ("pieces", "oven minutes", "decorator minutes")


@dataclass(frozen=True, slots=True)
class NeverFits:
    """A size on sale of which not even one fits any open pickup time ahead; ``why`` in words."""

    variant_id: int
    product_name: str
    name: str
    sku: str
    why: str


@dataclass(frozen=True, slots=True)
class DayCell:
    """The stock of one variant and day."""

    day: date
    on_hand: int
    reserved: int
    is_open: bool

    @property
    def free(self) -> int:
        """Pieces that may still be ordered."""
        return self.on_hand - self.reserved if self.is_open else 0


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A size and its days; a day without stock of its own is left out of ``cells``."""

    variant_id: int
    product_name: str
    name: str
    sku: str
    made_to_order: bool
    cells: dict[date, DayCell] = field(default_factory=dict)


def dated_week(first: date, *, days: int = 7, everything: bool = False) -> list[DatedRow]:
    """Return the sizes with stock of some of ``days`` days from ``first`` on: two statements.

    ``everything`` lists all sizes on sale, with or without such stock, up to 300.
    """
    last = first + timedelta(days=days - 1)
    there = DatedStock.objects.filter(day__range=(first, last))
    named = Exists(there.filter(variant=OuterRef("pk")))
    wanted = Q(named)
    if everything:
        wanted |= Q(archived_at=None, product__status=ProductStatus.PUBLISHED)
    variants = (
        Variant.objects.filter(wanted)
        .order_by("product__name", "position", "pk")
        .values_list("pk", "product__name", "name", "sku", "made_to_order")[:300]
    )
    rows = {row[0]: DatedRow(*row) for row in variants}
    cells = there.values_list("variant_id", "day", "on_hand", "reserved", "closed_at")
    for pk, day, on_hand, reserved, closed_at in cells:
        if pk in rows:
            rows[pk].cells[day] = DayCell(day, on_hand, reserved, closed_at is None)
    return list(rows.values())


def sizes_that_never_fit(*, at: datetime) -> list[NeverFits]:
    """Return sizes on sale that are too much work for every open pickup time after ``at``.

    At most 20, for people to look at: such a size cannot be ordered until a limit is raised.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEVER, [at, ProductStatus.PUBLISHED.value])
        rows = cursor.fetchall()
    return [
        NeverFits(pk, product, name, sku, _why(tuple(amounts)))
        for pk, product, name, sku, *amounts in rows
    ]


def _why(amounts: tuple[int | None, ...]) -> str:
    pairs = zip(_KINDS, amounts[::2], amounts[1::2], strict=True)
    parts = [
        f"needs {needed} {kind}, the largest pickup time has {limit}"
        for kind, needed, limit in pairs
        if limit is not None and needed is not None and needed > limit
    ]
    return f"{'; '.join(parts)}. Nobody can order it."
