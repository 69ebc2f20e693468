"""Lots, and the way of their pieces: from a delivery to orders, and from an order back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from apps.catalog.models import Ingredient
from apps.inventory.models import Lot
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

# The lots that a lot went into, over any number of steps: flour, dough, croissant.
_MADE_OF = """
WITH RECURSIVE made(id) AS (
    SELECT unnest(%s::bigint[])
    UNION SELECT u.lot_id FROM inventory_lotuse u JOIN made ON u.used_id = made.id
) SELECT id FROM made
"""
_MADE_FROM = """
WITH RECURSIVE made(id) AS (
    SELECT unnest(%s::bigint[])
    UNION SELECT u.used_id FROM inventory_lotuse u JOIN made ON u.lot_id = made.id
) SELECT id FROM made
"""
# Who has pieces: what was drawn for a hold and not given back, what was baked for one order, and
# for goods that are counted by day everybody who took some of that day's.
_HOLDERS = """
SELECT d.lot_id, d.reference, sum(d.quantity)::integer
FROM inventory_lotdraw d JOIN inventory_hold h ON h.reference = d.reference
WHERE d.lot_id = ANY(%(lots)s) GROUP BY 1, 2 HAVING sum(d.quantity) > 0
UNION ALL
SELECT l.id, l.reference, l.pieces FROM inventory_lot l
WHERE l.id = ANY(%(lots)s) AND l.reference <> ''
UNION ALL
SELECT l.id, h.reference, r.quantity FROM inventory_lot l
JOIN inventory_reservation r ON r.variant_id = l.variant_id AND r.day = l.day
JOIN inventory_hold h ON h.id = r.hold_id AND h.state = 'consumed'
WHERE l.id = ANY(%(lots)s)
ORDER BY 1, 2
"""
_LOTS_OF = """
SELECT lot_id FROM inventory_lotdraw WHERE reference = %(reference)s AND lot_id IS NOT NULL
GROUP BY lot_id HAVING sum(quantity) > 0
UNION SELECT id FROM inventory_lot WHERE reference = %(reference)s
UNION SELECT l.id FROM inventory_hold h
JOIN inventory_reservation r ON r.hold_id = h.id AND r.day IS NOT NULL
JOIN inventory_lot l ON l.variant_id = r.variant_id AND l.day = r.day
WHERE h.reference = %(reference)s AND h.state = 'consumed'
"""
# Where pieces went that no order took: counter sales, waste, samples.
_ELSEWHERE = """
SELECT d.lot_id, m.reason, sum(d.quantity)::integer
FROM inventory_lotdraw d JOIN inventory_stockmove m ON m.id = d.move_id
WHERE d.lot_id = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM inventory_hold h WHERE h.reference = d.reference)
GROUP BY 1, 2 HAVING sum(d.quantity) <> 0 ORDER BY 1, 2
"""
_DIFFERENCES = """
SELECT 'lots', s.variant_id, ARRAY[s.on_hand], ARRAY[coalesce(sum(l.left), 0)::integer]
FROM inventory_stock s
JOIN inventory_lotbook b ON b.variant_id = s.variant_id
LEFT JOIN inventory_lot l ON l.variant_id = s.variant_id
WHERE NOT EXISTS (SELECT 1 FROM inventory_stockmove m WHERE m.variant_id = s.variant_id
                  AND m.id > b.last_move AND m.delta_on_hand <> 0)
GROUP BY s.variant_id, s.on_hand HAVING s.on_hand <> coalesce(sum(l.left), 0) ORDER BY 2
"""


@dataclass(frozen=True)
class Buyer:
    """Who ordered: what somebody needs to call them. Empty where nobody answers for orders."""

    reference: str
    number: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    pickup: datetime | None = None


@dataclass(frozen=True)
class Holding:
    """Pieces of one lot that one order has."""

    lot: Lot
    quantity: int
    buyer: Buyer


@dataclass(frozen=True)
class Elsewhere:
    """Pieces of one lot that left without an order, by the ledger's reason."""

    lot: Lot
    reason: str
    quantity: int


@dataclass(frozen=True)
class Trace:
    """What became of a lot: the bakes it went into, who has of them, where the rest is."""

    lot: Lot
    bakes: Sequence[Lot]
    holdings: Sequence[Holding]
    elsewhere: Sequence[Elsewhere]

    @property
    def left(self) -> int:
        """Pieces that are still here."""
        return sum(bake.left for bake in self.bakes)


Answer = Callable[[Collection[str]], Mapping[str, Buyer]]
_answers: list[Answer] = []


def answer_buyers_with(answer: Answer) -> None:
    """Let ``answer`` say who is behind references of holds; orders lie above and register it."""
    _answers[:] = [answer]


def _buyers(references: Collection[str]) -> dict[str, Buyer]:
    known = dict(_answers[0](references)) if _answers and references else {}
    return {reference: known.get(reference, Buyer(reference)) for reference in references}


def _rows(statement: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def any_lot(lot_id: int) -> Lot:
    """Return a lot; raise `NotFound` ``lot_not_found``."""
    lot = _lots().filter(pk=lot_id).first()
    if lot is None:
        raise NotFound("lot_not_found", "There is no such lot.")
    return lot


def _lots() -> QuerySet[Lot]:
    return Lot.objects.select_related("variant__product", "ingredient")


def ingredient_exists(ingredient_id: int) -> bool:
    """Tell whether there is such an ingredient."""
    return Ingredient.objects.filter(pk=ingredient_id).exists()


def lots_made_of(lot_ids: Collection[int]) -> set[int]:
    """Return the lots named and every lot they went into, over any number of steps."""
    return {pk for (pk,) in _rows(_MADE_OF, [list(lot_ids)])}


def trace_forward(lot_id: int) -> Trace:
    """Return what became of a lot; six queries, whatever it went into. Raises `NotFound`."""
    lot = any_lot(lot_id)
    lots = {row.pk: row for row in _lots().filter(pk__in=lots_made_of([lot_id])).order_by("pk")}
    holders = _rows(_HOLDERS, {"lots": list(lots)})
    buyers = _buyers({reference for _, reference, _ in holders})
    return Trace(
        lot=lot,
        bakes=[row for row in lots.values() if row.variant_id is not None],
        holdings=[Holding(lots[pk], quantity, buyers[ref]) for pk, ref, quantity in holders],
        elsewhere=[Elsewhere(lots[pk], *rest) for pk, *rest in _rows(_ELSEWHERE, [list(lots)])],
    )


@dataclass(frozen=True)
class Origin:
    """A lot behind an order: a bake it has pieces of, or what went into one."""

    lot: Lot
    into: Sequence[str]


def trace_back(reference: str) -> list[Origin]:
    """Return every lot behind the order whose hold is ``reference``, bakes first; [] if unknown."""
    baked = [pk for (pk,) in _rows(_LOTS_OF, {"reference": reference})]
    if not baked:
        return []
    ids = [pk for (pk,) in _rows(_MADE_FROM, [baked])]
    rows = _lots().filter(pk__in=ids).prefetch_related("bakes__lot")
    origins = [
        Origin(row, [use.lot.code for use in row.bakes.all() if use.lot_id in ids]) for row in rows
    ]
    return sorted(origins, key=lambda origin: (origin.lot.pk not in baked, origin.lot.code))


def lot_differences() -> list[tuple[int, int, int]]:
    """Return (variant, on hand, left in lots) where the two differ though all moves are walked."""
    return [(pk, hand[0], left[0]) for _, pk, hand, left in _rows(_DIFFERENCES, [])]


def lots_to_mark_down(*, at: datetime, days: int) -> QuerySet[Lot]:
    """Return lots with pieces left whose best-before date is at most ``days`` days away."""
    until: date = clock.shop_date(at) + timedelta(days=days)
    return (
        _lots()
        .filter(left__gt=0, best_before__lte=until)
        .order_by(F("best_before").asc(nulls_last=True), "pk")
    )
