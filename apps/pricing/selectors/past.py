"""Cakes of the past with what people decided: the newest, kept by each process while they hold."""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from django.core.cache import cache

from apps.pricing.rules.conformal import calibrate
from apps.pricing.rules.geometry import measure_stack
from apps.pricing.rules.nearest import Neighbourhood
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.similar import WINDOW, SimilarPrices, log_ratio
from apps.pricing.selectors.decisions import decided_cakes
from apps.pricing.states import ModelKind
from bakery.kernel.remembering import remember

_KEY, _SECONDS = "pricing:past:1", 60


class Past:
    """The newest `WINDOW` decisions, oldest first, and what follows from them."""

    def __init__(self, cakes: Sequence[PastCake]) -> None:
        """Remember ``cakes``, oldest first."""
        self.cakes = cakes
        self.similar = SimilarPrices()
        for cake in cakes:
            self.similar.add(cake.spec, log_ratio(cake))

    def before(self, moment: datetime) -> "Past":
        """Return what was known before ``moment``."""
        upto = bisect_left(self.cakes, moment, key=lambda cake: cake.at)
        return self if upto == len(self.cakes) else Past(self.cakes[:upto])

    def without(self, subject: str) -> "Past":
        """Return the past of all other subjects; what was measured of it is not measured again."""
        others = [cake for cake in self.cakes if cake.subject != subject]
        return self if len(others) == len(self.cakes) else _Others(others, self, subject)

    def widths(self) -> dict[str, float]:
        """Return how far the formula was off, as `conformal.calibrate`; {} of too few."""
        return self._widths

    def nearest(self, values: Sequence[float]) -> list[PastCake]:
        """Return the cakes that are most like that with the features ``values``."""
        return self.neighbourhood.nearest(values) if self.cakes else []

    @cached_property
    def residuals(self) -> list[tuple[float, float]]:
        """Return the volume of each cake, and how far the formula was off."""
        return [
            (float(measure_stack(cake.spec.tiers).volume), abs(log_ratio(cake)))
            for cake in self.cakes
        ]

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """Return the cakes, measured to be compared with another one."""
        return Neighbourhood(self.cakes)

    @cached_property
    def _widths(self) -> dict[str, float]:
        return calibrate(self.residuals)


class _Others(Past):
    """A past without one subject: asked for with each estimate of what was decided about before."""

    def __init__(self, cakes: Sequence[PastCake], whole: Past, but: str) -> None:
        super().__init__(cakes)
        self._whole, self._but = whole, but

    def nearest(self, values: Sequence[float]) -> list[PastCake]:
        return self._whole.neighbourhood.nearest(values, but=self._but) if self.cakes else []

    @cached_property
    def residuals(self) -> list[tuple[float, float]]:
        pairs = zip(self._whole.cakes, self._whole.residuals, strict=True)
        return [row for cake, row in pairs if cake.subject != self._but]


class _Kept:
    """What this process has read, and under which mark."""

    held: tuple[str, Past] | None = None


def past_before(moment: datetime) -> Past:
    """Return the newest decisions before ``moment``, from all processes.

    No query while no decision was made since the last call; else one.
    """
    mark = remember(_KEY, seconds=_SECONDS, make=lambda: uuid.uuid4().hex)
    held = _Kept.held
    if held is None or held[0] != mark:
        held = _Kept.held = (mark, Past(_read()))
    return held[1].before(moment)


def forget_past() -> None:
    """Let the next estimate see a decision; call it in the change and after its commit."""
    cache.delete(_KEY)


def _read() -> list[PastCake]:
    return decided_cakes(ModelKind.PRICE, newest=WINDOW)
