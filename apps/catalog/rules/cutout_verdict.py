"""Whether a cut-out may be trusted: limits on what was measured of it, and words for staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

# Chosen on the synthetic scenes of `benchmarks/cake_scenes.py` with u2netp: each lies between
# what cuts of IoU >= 0.9 on a distinguishable ground measure and what worse ones do.
LIMITS_SINCE = date(2026, 11, 22)
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "unsure": 0.04,
        "unstable": 0.03,
        "faint_edge": 0.20,
        "scattered": 0.05,
        "holes": 0.05,
        "cut_by_frame": 0.02,
        "too_small": 1.0,
        "too_large": 1.0,
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "unsure": "Parts of the picture could be cake or background.",
        "unstable": "Mirrored, the same picture gives another outline.",
        "faint_edge": "The cake has nearly the colour of what is behind it.",
        "scattered": "The result is in several pieces.",
        "holes": "The result has holes.",
        "cut_by_frame": "The cake runs out of the picture.",
        "too_small": "Very little of the picture was kept.",
        "too_large": "Nearly the whole picture was kept.",
    }
)
FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "model_missing": "The model for cutting out is not installed here; see the runbook.",
        "model_not_verified": "The model's file is not the one that was vouched for.",
        "model_broken": "The model could not be started; the log of the worker says more.",
        "nothing_found": "Nothing in the picture stands out from its background.",
        "picture_missing": "The original file is gone from the storage.",
        "picture_unreadable": "The original file could not be read as a picture.",
        "storage_unavailable": "The file storage did not answer, several times over.",
        "worker_died": "The worker stopped in the middle, several times over.",
        "failed": "Something went wrong; the log of the worker says more.",
    }
)
# A score of at least this passes; by the definition of the score it means "within all limits".
PASSING = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """``score`` from 0 to 1, and the codes of `REASONS` that apply, the gravest first."""

    score: float
    reasons: tuple[str, ...]


def judge(measures: Mapping[str, float]) -> Verdict:
    """Hold ``measures`` (the keys of `LIMITS`, each 0 when perfect) against the limits.

    The score is 1 / (1 + worst), where worst is the largest measure as a share of its limit: 1
    for a perfect cut, 0.5 exactly at a limit, towards 0 beyond. Worse in any measure never
    scores higher. Raises KeyError for a measure that is missing.
    """
    shares = {name: max(0.0, measures[name]) / limit for name, limit in LIMITS.items()}
    broken = sorted((name for name in shares if shares[name] > 1), key=lambda n: -shares[n])
    return Verdict(round(1 / (1 + max(shares.values())), 3), tuple(broken))
