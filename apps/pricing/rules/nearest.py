"""Cakes of the past that are most like one, by all features at once.

Every feature is scaled by its spread in the past; the distance is that of Euclid. What a feature
never differed in says nothing. Not used for the price: people look at it.
"""

from collections.abc import Sequence

from apps.pricing.rules.features import vector
from apps.pricing.rules.past import PastCake

SHOWN = 5


class Neighbourhood:
    """The cakes of the past, measured once."""

    def __init__(self, cakes: Sequence[PastCake]) -> None:
        """Measure ``cakes``; their prices of similar ones are left out."""
        import numpy as np

        self._cakes = cakes
        rows = [vector(cake.spec, formula=float(cake.formula_price)) for cake in cakes]
        self._rows = np.array(rows, dtype=float)
        spread = self._rows.std(axis=0)
        self._scale = np.where(spread > 0, spread, np.inf)

    def nearest(self, values: Sequence[float], *, but: str = "") -> list[PastCake]:
        """Return up to `SHOWN` cakes, the most alike first; one of each subject but ``but``."""
        import numpy as np

        gaps = (self._rows - np.array(values, dtype=float)) / self._scale
        found: dict[str, PastCake] = {}
        for index in np.argsort((gaps**2).sum(axis=1), kind="stable"):
            cake = self._cakes[int(index)]
            if cake.subject != but:
                found.setdefault(cake.subject, cake)
            if len(found) == SHOWN:
                break
        return list(found.values())
