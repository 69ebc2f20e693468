"""How predictions compare with what people decided: over time, by size and by complexity.

Errors are those of `evaluation`: the logarithm of decided over predicted, below zero where the
prediction was too high. A prediction within five per cent counts as right.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from apps.pricing.rules.conformal import group_of
from apps.pricing.rules.evaluation import Accuracy, accuracy

RIGHT_WITHIN = math.log(1.05)
_MOST_WEEKS = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One decision beside its prediction, in money; ``held`` whether it lay in the range.

    ``shadow`` is what the challenger would have said, None where it was not asked.
    """

    at: datetime
    predicted: float
    formula: float
    decided: float
    held: bool
    volume: float
    complexity: int
    version: str
    shadow: float | None = None

    @property
    def error(self) -> float:
        """Return the error on the logarithm."""
        return math.log(self.decided / self.predicted)

    @property
    def formula_error(self) -> float:
        """Return the formula's."""
        return math.log(self.decided / self.formula)

    @property
    def shadow_error(self) -> float:
        """Return the challenger's, 0.0 where it was not asked."""
        return math.log(self.decided / self.shadow) if self.shadow else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a group of decisions came to; ``covered`` and the others are shares of its rows."""

    name: str
    ours: Accuracy
    formula: Accuracy
    covered: float
    too_low: float
    too_high: float

    @property
    def right(self) -> float:
        """Return the share that was predicted within five per cent."""
        return max(0.0, 1 - self.too_low - self.too_high)


def line_of(name: str, rows: Sequence[Judged]) -> Line:
    """Return what ``rows``, of which there is one at least, came to."""
    count = len(rows)
    errors = [row.error for row in rows]
    return Line(
        name=name,
        ours=accuracy(errors),
        formula=accuracy([row.formula_error for row in rows]),
        covered=sum(row.held for row in rows) / count,
        too_low=sum(error > RIGHT_WITHIN for error in errors) / count,
        too_high=sum(error < -RIGHT_WITHIN for error in errors) / count,
    )


def by_size(rows: Iterable[Judged]) -> list[Line]:
    """Return a line for each group of sizes, the smallest first."""
    order = {"small": 0, "medium": 1, "large": 2}
    return _lines(rows, lambda row: (order[group_of(row.volume)], group_of(row.volume)))


def by_complexity(rows: Iterable[Judged]) -> list[Line]:
    """Return a line for each complexity."""
    return _lines(rows, lambda row: (row.complexity, str(row.complexity)))


def by_version(rows: Iterable[Judged]) -> list[Line]:
    """Return a line for each version that predicted, the formula's last."""
    return _lines(rows, lambda row: (0 if row.version else 1, row.version or "the formula alone"))


def over_time(rows: Sequence[Judged], zone: tzinfo) -> list[Line]:
    """Return a line for each week in which something was decided, or each month of a long time."""
    if not rows:
        return []
    moments = [row.at for row in rows]
    weekly = (max(moments) - min(moments)).days <= 7 * _MOST_WEEKS

    def key(row: Judged) -> tuple[int, str]:
        day = row.at.astimezone(zone).date()
        if weekly:
            monday = day.toordinal() - day.weekday()
            return monday, f"{day.fromordinal(monday):%Y-%m-%d}"
        return day.year * 12 + day.month, f"{day:%Y-%m}"

    return _lines(rows, key)


def _lines(rows: Iterable[Judged], key: Callable[[Judged], tuple[int, str]]) -> list[Line]:
    ordered = sorted(rows, key=key)
    return [line_of(name, list(group)) for (_, name), group in groupby(ordered, key=key)]
