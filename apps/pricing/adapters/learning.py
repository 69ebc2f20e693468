"""From past decisions to a model that was measured on decisions it has not seen.

Rows are in the order of time and split by it: the first 55 % are learned from while the next 10 %
say when to stop; the following 15 % calibrate an interval whose coverage the last 20 % show. The
model that goes into the file learns from the first 80 % with as many trees, is measured on the
same last 20 %, and then takes the width of its interval from them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.pricing.adapters.training import Fitted, best_rounds, fit, predict, same_columns
from apps.pricing.rules import conformal
from apps.pricing.rules.artefact import Artefact
from apps.pricing.rules.evaluation import Accuracy, Gain, accuracy, coverage, gain
from apps.pricing.rules.tables import Table

_STOP, _CALIBRATE, _HOLD_OUT = 0.55, 0.65, 0.80


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted model with its interval; all accuracies are those of the same hold-out.

    ``against`` is that of the version in use, None where there is none that could be asked.
    ``covered`` is the share of the hold-out in intervals calibrated before it.
    """

    fitted: Fitted
    quantiles: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    ours: Accuracy
    formula: Accuracy
    against: Accuracy | None
    gain_on_formula: Gain
    gain_on_current: Gain | None
    covered: float
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the metrics of a version."""
        return {
            "ours": self.ours.as_json(),
            "formula": self.formula.as_json(),
            "current": self.against.as_json() if self.against else None,
            "gain_on_formula": _gain(self.gain_on_formula),
            "gain_on_current": _gain(self.gain_on_current) if self.gain_on_current else None,
            "coverage": round(self.covered, 4),
            "rounds": self.fitted.rounds,
            "seconds": round(self.seconds, 2),
        }


def learn(table: Table, *, current: Artefact | None = None) -> Learned:
    """Fit, calibrate and measure a model on ``table``, beside the formula and ``current``."""
    # One thread's CPU: the clock on the wall tells about others as well.
    begun = time.thread_time()
    stop, calibrate, held_out = (int(len(table) * s) for s in (_STOP, _CALIBRATE, _HOLD_OUT))
    rounds = best_rounds(table.part(0, stop), table.part(stop, calibrate))
    test = table.part(held_out, len(table))
    covered = _covered(fit(table.part(0, calibrate), rounds), table.part(calibrate, held_out), test)
    fitted = fit(table.part(0, held_out), rounds)
    seconds = time.thread_time() - begun
    errors = test.residuals(predict(fitted.booster, test))
    formula = test.residuals(test.base)
    theirs: list[float] | None = None
    if current is not None and same_columns(current.features, test):
        theirs = test.residuals(predict(current.booster, test))
    return Learned(
        fitted=fitted,
        quantiles=_widths(test.volumes, errors),
        ranges=table.part(0, held_out).ranges(),
        ours=accuracy(errors),
        formula=accuracy(formula),
        against=accuracy(theirs) if theirs is not None else None,
        gain_on_formula=gain(errors, formula),
        gain_on_current=gain(errors, theirs) if theirs is not None else None,
        covered=covered,
        seconds=seconds,
    )


def _covered(fitted: Fitted, calibrate: Table, test: Table) -> float:
    widths = _widths(calibrate.volumes, calibrate.residuals(predict(fitted.booster, calibrate)))
    errors = test.residuals(predict(fitted.booster, test))
    found = coverage(errors, [conformal.width_for(widths, volume) for volume in test.volumes])
    return found or 0.0


def _widths(volumes: Sequence[float], errors: Sequence[float]) -> dict[str, float]:
    rows = [(volume, abs(error)) for volume, error in zip(volumes, errors, strict=True)]
    return conformal.calibrate(rows) or {"": conformal.DEFAULT_WIDTH}


def _gain(found: Gain) -> dict[str, float]:
    return {"share": round(found.share, 4), "lower": round(found.lower, 5)}
