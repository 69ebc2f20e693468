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
from apps.pricing.rules.similar import FURTHEST, SimilarPrices, log_ratio
from apps.pricing.states import ModelKind


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


def table_of(kind: ModelKind, rows: Sequence[PastCake]) -> Table:
    """Return the table of ``rows``, which are in order; those that a kind cannot use are left out.

    Similar prices of a row are those decided before its own price was asked for, as in serving:
    never its own, nor those of the same stroke, nor later ones.
    """
    return _price_table(rows) if kind == ModelKind.PRICE else _servings_table(rows)


def _price_table(rows: Sequence[PastCake]) -> Table:
    table = Table(NAMES, MONOTONE, [], [], [], [], [])
    priced = [row for row in rows if row.base > 0 and row.price > 0]
    for row, similar in zip(priced, _similar_to(priced), strict=True):
        features = vector(row.spec, formula=float(row.base), similar=similar)
        _append(table, row, features, float(row.base), float(row.price))
    return table


def _similar_to(rows: Sequence[PastCake]) -> list[float]:
    """Return what was known of similar prices when each row's was asked for."""
    found, known, decided = [0.0] * len(rows), SimilarPrices(), 0
    for no in sorted(range(len(rows)), key=lambda no: rows[no].asked):
        while decided < len(rows) and rows[decided].at < rows[no].asked:
            known.add(rows[decided].spec, log_ratio(rows[decided]))
            decided += 1
        found[no] = known.ratio_for(rows[no].spec)
    return found


def _servings_table(rows: Sequence[PastCake]) -> Table:
    table = Table(SERVINGS_NAMES, SERVINGS_MONOTONE, [], [], [], [], [])
    for row in rows:
        if not row.servings_formula or not row.servings:
            continue
        chart = float(row.servings_formula)
        features = servings_vector(row.eaten, chart=chart, style=row.style)
        _append(table, row, features, chart, float(row.servings))
    return table


def _append(
    table: Table, row: PastCake, features: list[float], formula: float, decided: float
) -> None:
    base = math.log(formula)
    apart = min(max(math.log(decided) - base, -FURTHEST), FURTHEST)
    table.matrix.append(features)
    table.base.append(base)
    table.target.append(base + apart)
    table.volumes.append(float(measure_stack(row.spec.tiers).volume))
    table.complexities.append(row.spec.complexity)
