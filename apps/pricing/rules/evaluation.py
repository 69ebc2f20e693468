"""How far predictions are from what people decided, on the logarithm: shares, not amounts.

An error of 0.05 is five per cent of the price, of a small cake as of a large one. The error is
above zero where people decided on more than was predicted.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DRAWS = 1000
_LOWER = 0.05


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of ``rows`` predictions: the mean absolute error on the logarithm, the mean absolute error
    in per cent of what was decided, and the mean error (above zero: predicted too low)."""

    rows: int
    mae_log: float
    mape: float
    bias: float

    def as_json(self) -> dict[str, Any]:
        """Return it as metrics of a version keep it."""
        return {
            "rows": self.rows,
            "mae_log": round(self.mae_log, 5),
            "mape": round(self.mape, 3),
            "bias": round(self.bias, 5),
        }


@dataclass(frozen=True, slots=True)
class Gain:
    """How much lower an error is than another: as a share, and the difference's lower bound.

    ``lower`` is the 5 % point of the paired bootstrap of the mean difference: above zero, the gain
    is hardly chance.
    """

    share: float
    lower: float

    def is_sure(self, margin: float) -> bool:
        """Tell whether the gain is at least ``margin`` and hardly chance."""
        return self.share >= margin and self.lower > 0


def accuracy(errors: Sequence[float]) -> Accuracy:
    """Return what ``errors`` (log decided - log predicted) come to; zeros without any."""
    if not errors:
        return Accuracy(0, 0.0, 0.0, 0.0)
    count = len(errors)
    return Accuracy(
        rows=count,
        mae_log=sum(map(abs, errors)) / count,
        # |predicted - decided| / decided.
        mape=100 * sum(abs(math.exp(-error) - 1) for error in errors) / count,
        bias=sum(errors) / count,
    )


def gain(ours: Sequence[float], theirs: Sequence[float]) -> Gain:
    """Return how much lower the absolute errors of ``ours`` are, row by row. Deterministic."""
    differences = [abs(b) - abs(a) for a, b in zip(ours, theirs, strict=True)]
    count = len(differences)
    if not count:
        return Gain(0.0, 0.0)
    base = sum(map(abs, theirs))
    chance = random.Random(0)  # noqa: S311 (a bootstrap, no secret)
    means = sorted(sum(chance.choices(differences, k=count)) / count for _ in range(_DRAWS))
    share = sum(differences) / base if base else 0.0
    return Gain(share, means[int(_LOWER * _DRAWS)])


def coverage(errors: Sequence[float], widths: Sequence[float]) -> float | None:
    """Return which share of decisions lay in their interval; None without any."""
    if not errors:
        return None
    held = sum(abs(error) <= width for error, width in zip(errors, widths, strict=True))
    return held / len(errors)
