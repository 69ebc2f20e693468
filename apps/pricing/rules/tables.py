"""Past cakes as numbers: one row of features each, what the formula said, what people decided."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.pricing.rules.features import (
    MONOTONE,
    NAMES,
    SERVINGS_MONOTONE,
    SERVINGS_NAMES,
    servings_vector,
    vector,
)
from apps.pricing.rules.geometry import measure_stack
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.similar import SimilarPrices, log_ratio
from apps.pricing.states import ModelKind

# A decision on four times the formula or a quarter of it counts as that: one slip of the finger
# must not move all others.
_FURTHEST = math.log(4)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order of time. ``base`` is the logarithm of the formula, ``target`` that of the
    decision; ``volumes`` (in3) and ``complexities`` tell rows apart when errors are looked at."""

    names: tuple[str, ...]
    monotone: tuple[int, ...]
    matrix: list[list[float]]
    base: list[float]
    target: list[float]
    volumes: list[float]
    complexities: list[int]

    def __len__(self) -> int:
        return len(self.base)

    def part(self, first: int, last: int) -> "Table":
        """Return rows ``first`` to before ``last``."""
        return Table(
            self.names,
            self.monotone,
            self.matrix[first:last],
            self.base[first:last],
            self.target[first:last],
            self.volumes[first:last],
            self.complexities[first:last],
        )

    def residuals(self, predicted: Sequence[float]) -> list[float]:
        """Return decided less predicted, on the logarithm."""
        return [target - value for target, value in zip(self.target, predicted, strict=True)]

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the lowest and highest value of each feature."""
        columns = zip(*self.matrix, strict=True)
        return {
            name: (min(column), max(column))
            for name, column in zip(self.names, columns, strict=True)
        }


def table_of(kind: ModelKind, rows: Sequence[PastCake], *, style: str = "party") -> Table:
    """Return the table of ``rows``, which are in order; those that a kind cannot use are left out.

    Similar prices of a row are those of the rows before it, never its own or later ones.
    """
    return _price_table(rows) if kind == ModelKind.PRICE else _servings_table(rows, style)


def _price_table(rows: Sequence[PastCake]) -> Table:
    table = Table(NAMES, MONOTONE, [], [], [], [], [])
    similar = SimilarPrices()
    for row in rows:
        if row.base <= 0 or row.price <= 0:
            continue
        features = vector(row.spec, formula=float(row.base), similar=similar.ratio_for(row.spec))
        _append(table, row, features, float(row.base), float(row.price))
        similar.add(row.spec, log_ratio(row))
    return table


def _servings_table(rows: Sequence[PastCake], style: str) -> Table:
    table = Table(SERVINGS_NAMES, SERVINGS_MONOTONE, [], [], [], [], [])
    for row in rows:
        if not row.servings_formula or not row.servings:
            continue
        chart = float(row.servings_formula)
        features = servings_vector(row.spec, chart=chart, style=style)
        _append(table, row, features, chart, float(row.servings))
    return table


def _append(
    table: Table, row: PastCake, features: list[float], formula: float, decided: float
) -> None:
    base = math.log(formula)
    apart = min(max(math.log(decided) - base, -_FURTHEST), _FURTHEST)
    table.matrix.append(features)
    table.base.append(base)
    table.target.append(base + apart)
    table.volumes.append(float(measure_stack(row.spec.tiers).volume))
    table.complexities.append(row.spec.complexity)
