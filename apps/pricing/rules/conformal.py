"""How wide a range must be to hold a stated share of final prices: split-conformal prediction.

Residuals are |log(final / predicted)| of decisions that the model did not learn from. Their
finite-sample quantile, the ceil((n + 1) x coverage)-th smallest (Vovk; Lei et al. 2018), covers at
least the stated share of cakes that come from where these came from. The interval is symmetric on
the logarithm, so a factor up and down; its bounds are not promised to be monotone, only the price
is: groups of sizes have widths of their own.
"""

import math
from collections.abc import Mapping, Sequence

COVERAGE = 0.90
# Without a past there is nothing to calibrate by: a stated thirty per cent up and down.
DEFAULT_WIDTH = math.log(1.30)
# Fewer decisions than this give a quantile that one of them decides.
FEWEST, FEWEST_IN_GROUP = 20, 60
# By volume: up to an 8 inch round 4 inches high; up to its stack with a 10 inch one.
_GROUPS: tuple[tuple[str, float], ...] = (("small", 205.0), ("medium", 520.0))
_LARGEST_GROUP = "large"
# How much wider for a cake outside of what was learned from, and at the most.
_WIDER_AT_ONCE, _WIDEST = 1.25, 3.0


def group_of(volume: float) -> str:
    """Return the name of the group of sizes that a cake of ``volume`` (in3) belongs to."""
    return next((name for name, upto in _GROUPS if volume <= upto), _LARGEST_GROUP)


def quantile(residuals: Sequence[float], coverage: float = COVERAGE) -> float:
    """Return the conformal quantile of absolute ``residuals``; infinite when they are too few."""
    rank = math.ceil((len(residuals) + 1) * coverage)
    return math.inf if rank > len(residuals) else sorted(residuals)[rank - 1]


def calibrate(rows: Sequence[tuple[float, float]], coverage: float = COVERAGE) -> dict[str, float]:
    """Return half-widths by group of sizes, and under "" for all, from (volume, residual) rows.

    A group with too few decisions has none of its own. {} with too few altogether.
    """
    if len(rows) < FEWEST:
        return {}
    widths = {"": quantile([residual for _, residual in rows], coverage)}
    for name in (*(name for name, _ in _GROUPS), _LARGEST_GROUP):
        residuals = [residual for volume, residual in rows if group_of(volume) == name]
        if len(residuals) >= FEWEST_IN_GROUP:
            widths[name] = quantile(residuals, coverage)
    return widths


def width_for(widths: Mapping[str, float], volume: float) -> float:
    """Return the half-width for a cake of ``volume``: its group's, or that of all."""
    return widths.get(group_of(volume), widths.get("", DEFAULT_WIDTH))


def widening(
    values: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]
) -> tuple[float, tuple[str, ...]]:
    """Return by which factor the range grows, and which features lie outside of ``ranges``.

    1.0 inside. Outside a quarter at once, and then in proportion to how far.
    """
    factor, outside = 1.0, []
    for name, (lowest, highest) in ranges.items():
        value = values.get(name)
        if value is None or lowest <= value <= highest:
            continue
        span = max(highest - lowest, abs(highest) * 0.1, 1e-9)
        excess = (lowest - value if value < lowest else value - highest) / span
        factor = max(factor, _WIDER_AT_ONCE) + excess
        outside.append(name)
    return min(factor, _WIDEST), tuple(outside)
