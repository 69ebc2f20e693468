"""When a trained version is good enough to be in use, and when a version in use is doubted."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

BETTER, NOT_BETTER, USELESS = "better", "not_better", "useless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds on a day; see `models.ModelPolicy`."""

    least_rows: int
    margin: Decimal
    drift_rows: int
    drift_factor: Decimal
    least_coverage: Decimal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the hold-out says of a version: one of `BETTER`, `NOT_BETTER`, `USELESS`, and why."""

    word: str
    why: str


def judge(metrics: Mapping[str, Any], policy: Policy, *, current: str = "") -> Verdict:
    """Return whether a version with such ``metrics`` may go into use.

    It must be better than the formula and than the version in use (``current`` names it) on the
    same hold-out, by the policy's margin, and by more than chance.
    """
    ours, formula = metrics["ours"]["mae_log"], metrics["formula"]["mae_log"]
    if ours >= formula:
        return Verdict(
            USELESS,
            f"Its error of {_percent(ours)} is not below the formula's {_percent(formula)}.",
        )
    rivals = [("the formula", formula, metrics["gain_on_formula"])]
    if metrics.get("current"):
        rivals.append((current, metrics["current"]["mae_log"], metrics["gain_on_current"]))
    for name, error, gain in rivals:
        if gain["share"] < float(policy.margin) or gain["lower"] <= 0:
            return Verdict(
                NOT_BETTER,
                f"Its error of {_percent(ours)} is not surely"
                f" {_percent(float(policy.margin))} lower than the {_percent(error)} of {name}.",
            )
    names = " and ".join(f"{_percent(error)} of {name}" for name, error, _ in rivals)
    return Verdict(BETTER, f"Its error is {_percent(ours)}, beside {names}.")


def drifted(
    *,
    errors: int,
    mae_log: float,
    promised: float,
    covered: float | None,
    promised_coverage: float,
    policy: Policy,
) -> str:
    """Return in words what is wrong with the newest decisions, "" when nothing is, or too few.

    ``promised`` is the mean absolute error on the logarithm that the version's hold-out showed.
    """
    if errors < policy.drift_rows:
        return ""
    if promised and mae_log > promised * float(policy.drift_factor):
        return (
            f"The last {errors} prices were {_percent(mae_log)} away from what was predicted;"
            f" {_percent(promised)} was promised."
        )
    if covered is not None and covered < float(policy.least_coverage):
        return (
            f"Only {_percent(covered)} of the last {errors} prices were in the predicted range;"
            f" {_percent(promised_coverage)} was promised."
        )
    return ""


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + " %"
