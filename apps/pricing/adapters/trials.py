"""How well models do on simulated decisions, where the best that is possible is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.pricing.adapters.learning import Learned, learn
from apps.pricing.adapters.training import best_rounds, fit, predict
from apps.pricing.rules import conformal
from apps.pricing.rules.evaluation import Accuracy, accuracy, coverage
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.tables import Table, table_of
from apps.pricing.states import ModelKind

_STOP, _CALIBRATE, _HOLD_OUT = 0.55, 0.65, 0.80
# What a model without the formula cannot know.
_FORMULAS_OWN = ("formula", "similar")


@dataclass(frozen=True, slots=True)
class Trial:
    """Accuracies on the same fresh decisions; ``covered`` is the share of them in the interval."""

    learned: Learned
    formula: Accuracy
    plain: Accuracy
    ours: Accuracy
    covered: float


def compare(past: Sequence[PastCake], fresh: Sequence[PastCake]) -> Trial:
    """Learn from ``past`` and predict ``fresh``, which are decisions of the time of its hold-out.

    Beside the formula, and beside XGBoost with the same settings that knows nothing of the formula.
    What is similar to a fresh cake is taken from the decisions before it.
    """
    learned = learn(table_of(ModelKind.PRICE, past))
    known = past[: int(len(past) * _HOLD_OUT)]
    whole = table_of(ModelKind.PRICE, [*known, *fresh])
    test = whole.part(len(known), len(whole))
    errors = test.residuals(predict(learned.fitted.booster, test))
    widths = [conformal.width_for(learned.quantiles, volume) for volume in test.volumes]
    return Trial(
        learned=learned,
        formula=accuracy(test.residuals(test.base)),
        plain=accuracy(_plain(whole, len(known))),
        ours=accuracy(errors),
        covered=coverage(errors, widths) or math.nan,
    )


def _plain(whole: Table, known: int) -> list[float]:
    """Return the errors of a booster that starts from the mean price."""
    kept = [no for no, name in enumerate(whole.names) if name not in _FORMULAS_OWN]
    mean = sum(whole.target[:known]) / known
    table = Table(
        names=tuple(whole.names[no] for no in kept),
        monotone=tuple(whole.monotone[no] for no in kept),
        matrix=[[row[no] for no in kept] for row in whole.matrix],
        base=[mean] * len(whole),
        target=whole.target,
        volumes=whole.volumes,
        complexities=whole.complexities,
    )
    stop, calibrate = (int(known / _HOLD_OUT * share) for share in (_STOP, _CALIBRATE))
    rounds = best_rounds(table.part(0, stop), table.part(stop, calibrate))
    fitted = fit(table.part(0, known), rounds)
    test = table.part(known, len(table))
    return test.residuals(predict(fitted.booster, test))
