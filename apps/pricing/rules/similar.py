"""What cakes of the past were sold for, as a ratio to what the formula said of them.

Which past cakes count as similar is decided by shape, event and season alone. None of these has a
direction, so a cake that grows keeps its company, and the model stays monotone to the end.
"""

import math
from collections import deque

from apps.pricing.rules.past import PastCake
from apps.pricing.rules.spec import CakeSpec

# Of each kind of company the newest so many count, and nothing older than WINDOW decisions ago.
KEPT, WINDOW = 20, 2000
# A decision on four times the formula or a quarter of it counts as that: one slip of the finger
# must not move all others.
FURTHEST = math.log(4)
# A company of so many decisions speaks as loudly as the wider one around it.
_WEIGHT = 4.0
_Key = tuple[str, ...]


class SimilarPrices:
    """A running memory of decisions, oldest first; the same in training and in serving."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._kept: dict[_Key, deque[tuple[int, float]]] = {}
        self._count = 0

    def add(self, spec: CakeSpec, log_ratio: float) -> None:
        """Remember one decision: the logarithm of its final price over the formula's."""
        for key in _companies(spec):
            self._kept.setdefault(key, deque(maxlen=KEPT)).append((self._count, log_ratio))
        self._count += 1

    def ratio_for(self, spec: CakeSpec) -> float:
        """Return the logarithm of the usual ratio for such a cake; 0.0 when nothing is known.

        From the widest company (all cakes) to the narrowest (this shape, event and season) each
        mean is drawn to the one before it, the more the fewer decisions it has.
        """
        usual = 0.0
        for key in _companies(spec):
            ratios = [ratio for no, ratio in self._kept.get(key, ()) if no >= self._count - WINDOW]
            usual = (sum(ratios) + _WEIGHT * usual) / (len(ratios) + _WEIGHT)
        return usual


def log_ratio(cake: PastCake) -> float:
    """Return the logarithm of what a cake was sold for over what the formula said; 0.0 of none.

    Four times the formula at most, and a quarter at least.
    """
    if cake.formula_price <= 0 or cake.price <= 0:
        return 0.0
    return min(max(math.log(cake.price / cake.formula_price), -FURTHEST), FURTHEST)


def _companies(spec: CakeSpec) -> tuple[_Key, ...]:
    shape, event, season = spec.tiers[0].shape, spec.event_type, str(spec.month % 12 // 3)
    return (), (shape,), (shape, event), (shape, event, season)
