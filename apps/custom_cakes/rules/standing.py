"""What the shop reckons with when nothing better is known, as dated data with its source.

`data/needs.json` holds a row for each day from which other figures count.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data") / "needs.json"
_DECIMALS = (
    "bench_minutes", "bench_minutes_per_tier", "decorator_minutes", "decorator_minutes_per_tier",
    "stacking_minutes", "cost_of_piece",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """Up to ``up_to_servings`` (None: any more): the usual notice, and what is the least."""

    up_to_servings: int | None
    usual_days: int
    least_working_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Figures in force from a day on.

    Minutes of people: ``bench`` for mixing, baking and packing, ``decorator`` for filling and
    finishing, ``stacking`` for each tier that stands on another. ``oven`` are (diameter in inches,
    minutes of one pan), the last without a limit; ``pans_at_once`` are baked together.
    ``cost_per_gram`` by kind of option, and ``cost_of_piece`` of a decoration, stand in for what
    no recipe tells; in the shop's currency before tax.
    """

    effective_from: date
    source: str
    bench_minutes: Decimal
    bench_minutes_per_tier: Decimal
    decorator_minutes: Decimal
    decorator_minutes_per_tier: Decimal
    stacking_minutes: Decimal
    pans_at_once: int
    oven: tuple[tuple[Decimal | None, int], ...]
    notice: tuple[Notice, ...]
    cost_per_gram: dict[str, Decimal]
    cost_of_piece: Decimal

    def oven_minutes(self, diameter: Decimal) -> int:
        """Return what a pan of ``diameter`` inches bakes."""
        return next(minutes for up_to, minutes in self.oven if up_to is None or diameter <= up_to)

    def notice_for(self, servings: int) -> Notice:
        """Return the notice that a cake for so many needs."""
        return next(
            row
            for row in self.notice
            if row.up_to_servings is None or servings <= row.up_to_servings
        )


@cache
def all_standing() -> tuple[Standing, ...]:
    """Return every set of figures on file, the oldest first."""
    rows = [_read(entry) for entry in json.loads(_DATA.read_text())]
    return tuple(sorted(rows, key=lambda row: row.effective_from))


def standing_at(on: date) -> Standing:
    """Return the figures that count on a day; before the first of them, the first."""
    begun = [row for row in all_standing() if row.effective_from <= on]
    return begun[-1] if begun else all_standing()[0]


def _read(row: dict[str, Any]) -> Standing:
    return Standing(
        effective_from=date.fromisoformat(row["effective_from"]),
        source=row["source"],
        **{name: Decimal(row[name]) for name in _DECIMALS},
        pans_at_once=row["pans_at_once"],
        oven=tuple(
            (None if pan["up_to_in"] is None else Decimal(pan["up_to_in"]), pan["minutes"])
            for pan in row["oven"]
        ),
        notice=tuple(Notice(**rule) for rule in row["notice"]),
        cost_per_gram={kind: Decimal(cost) for kind, cost in row["cost_per_gram"].items()},
    )
