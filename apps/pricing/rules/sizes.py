"""A size of the range as its price depends on it: what its columns say, and what they leave open.

A size states measures, cost and minutes; layers, complexity and people's hours follow from them by
dated figures (`data/size_work.json`). Occasion, season and notice are those of an ordinary day:
a price on the shelf holds for all of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from apps.catalog.selectors import Tier
from apps.pricing.rules.spec import CakeSpec, SpecTier

_DATA = Path(__file__).with_name("data") / "size_work.json"
_HOURS = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeWork:
    """Figures in force from a day on; ``complexity`` rows are (up to minutes a tier, level)."""

    effective_from: date
    source: str
    tended_share_of_oven: Decimal
    complexity: tuple[tuple[int | None, int], ...]
    inches_a_layer: Decimal

    def complexity_of(self, minutes_a_tier: Decimal) -> int:
        """Return the level from 1 to 5 that so many decorator's minutes a tier speak for."""
        return next(
            level for up_to, level in self.complexity if up_to is None or minutes_a_tier <= up_to
        )

    def layers_of(self, height: Decimal) -> int:
        """Return how many layers of sponge are in a tier of ``height`` inches."""
        layers = (height / self.inches_a_layer).to_integral_value(rounding=ROUND_HALF_UP)
        return max(1, int(layers))


@cache
def all_size_work() -> tuple[SizeWork, ...]:
    """Return every set of figures on file, the oldest first."""
    rows = [_read(entry) for entry in json.loads(_DATA.read_text())]
    return tuple(sorted(rows, key=lambda row: row.effective_from))


def size_work_at(on: date) -> SizeWork:
    """Return the figures that count on a day; before the first of them, the first."""
    begun = [row for row in all_size_work() if row.effective_from <= on]
    return begun[-1] if begun else all_size_work()[0]


def missing_of(
    tiers: Sequence[Tier], unit_cost: Decimal | None, decorator_minutes: int, oven_minutes: int
) -> tuple[str, ...]:
    """Return what has to be stated of a size before its price can be predicted, in words."""
    found = {
        "shape and measures": not tiers,
        "what one costs: its recipe's parts, or a cost by hand": unit_cost is None,
        "minutes of the oven or of decorating": decorator_minutes + oven_minutes == 0,
    }
    return tuple(what for what, is_missing in found.items() if is_missing)


def complexity_of_size(tiers: Sequence[Tier], decorator_minutes: int, work: SizeWork) -> int:
    """Return how intricate a size is by its minutes of decorating, spread over its tiers."""
    return work.complexity_of(Decimal(decorator_minutes) / max(1, len(tiers)))


def people_hours(decorator_minutes: int, oven_minutes: int, work: SizeWork) -> Decimal:
    """Return the hours of people that a size is estimated to take: decorating, and at the oven."""
    return (decorator_minutes + oven_minutes * work.tended_share_of_oven) / 60


def size_spec(
    *,
    tiers: Sequence[Tier],
    unit_cost: Decimal,
    decorator_minutes: int,
    oven_minutes: int,
    work: SizeWork,
    factor: Decimal = Decimal(1),
) -> CakeSpec:
    """Return the spec of a size; ``factor`` is actual over estimated labour of its complexity."""
    hours = people_hours(decorator_minutes, oven_minutes, work)
    return CakeSpec(
        tiers=tuple(
            SpecTier(tier.shape, tier.length, tier.width, tier.height, work.layers_of(tier.height))
            for tier in tiers
        ),
        ingredient_cost=unit_cost,
        labour_hours=(hours * factor).quantize(_HOURS, rounding=ROUND_HALF_UP),
        complexity=complexity_of_size(tiers, decorator_minutes, work),
    )


def _read(row: dict[str, Any]) -> SizeWork:
    return SizeWork(
        effective_from=date.fromisoformat(row["effective_from"]),
        source=row["source"],
        tended_share_of_oven=Decimal(row["tended_share_of_oven"]),
        complexity=tuple((rule["up_to_minutes"], rule["is"]) for rule in row["complexity"]),
        inches_a_layer=Decimal(row["inches_a_layer"]),
    )
