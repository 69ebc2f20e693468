"""What a model sees of a cake: one definition, used in training and in serving.

The direction of a feature is a promise: +1 means that more of it never makes a cake cheaper, -1
that more of it never makes it dearer. Boosters are trained with these constraints.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from apps.catalog.states import CakeShape
from apps.pricing.rules.geometry import measure_stack
from apps.pricing.rules.spec import CakeSpec, SpecTier, check_spec
from apps.pricing.states import EventType


@dataclass(frozen=True, slots=True)
class Feature:
    """A number that a model sees; ``group`` is what its contribution is told under."""

    name: str
    unit: str
    monotone: int
    group: str


# Appended to, never reordered: the artefacts name their columns and are refused when these differ.
_SHAPES: tuple[str, ...] = (
    *("round", "square", "sheet", "heart", "petal", "hexagon"),
    *("oval", "paisley", "diamond", "pillow", "contour"),
)
_EVENTS: tuple[str, ...] = (
    *("birthday", "wedding", "anniversary", "baby"),
    *("graduation", "corporate", "holiday", "other"),
)
_MEASURES: tuple[Feature, ...] = (
    Feature("length_in", "in", 1, "size"),
    Feature("width_in", "in", 1, "size"),
    Feature("height_in", "in", 1, "height"),
    Feature("tiers", "tiers", 1, "tiers"),
    Feature("layers", "layers", 1, "layers"),
    Feature("plan_area", "in2", 1, "size"),
    Feature("volume", "in3", 1, "size"),
)
_SHAPE_FEATURES: tuple[Feature, ...] = tuple(
    Feature(f"shape_{shape}", "0 or 1", 0, "shape") for shape in _SHAPES
)
FEATURES: tuple[Feature, ...] = (
    *_MEASURES,
    Feature("formula", "money", 1, "formula"),
    Feature("ingredient_cost", "money", 1, "ingredients"),
    Feature("labour_hours", "h", 1, "labour"),
    Feature("complexity", "1 to 5", 1, "complexity"),
    Feature("rush", "0 or 1", 1, "rush"),
    Feature("notice_days", "days", -1, "notice"),
    Feature("month_sin", "-1 to 1", 0, "season"),
    Feature("month_cos", "-1 to 1", 0, "season"),
    Feature("similar", "log ratio", 0, "similar"),
    *_SHAPE_FEATURES,
    *(Feature(f"event_{event}", "0 or 1", 0, "event") for event in _EVENTS),
)
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
MONOTONE: tuple[int, ...] = tuple(feature.monotone for feature in FEATURES)
# Servings follow from measures alone.
SERVINGS_FEATURES: tuple[Feature, ...] = (
    *_MEASURES,
    Feature("chart", "servings", 1, "chart"),
    Feature("wedding_slices", "0 or 1", 0, "style"),
    *_SHAPE_FEATURES,
)
SERVINGS_NAMES: tuple[str, ...] = tuple(feature.name for feature in SERVINGS_FEATURES)
SERVINGS_MONOTONE: tuple[int, ...] = tuple(feature.monotone for feature in SERVINGS_FEATURES)
# Every category has its column; a shape or an event without one could only be guessed at.
if set(_SHAPES) != set(CakeShape.values) or set(_EVENTS) != set(EventType.values):
    raise RuntimeError("features do not know every shape and event")


def vector(spec: CakeSpec, *, formula: float, similar: float = 0.0) -> list[float]:
    """Return the values of `FEATURES` in their order.

    ``formula`` is its price in money before rounding, ``similar`` what `rules.similar` says of
    cakes before the moment. Raises `Invalid` for a category that no model knows, and as
    `check_spec` does.
    """
    check_spec(spec)
    angle = 2 * math.pi * (spec.month - 1) / 12
    return [
        *_measures(spec.tiers),
        formula,
        float(spec.ingredient_cost),
        float(spec.labour_hours),
        float(spec.complexity),
        float(spec.is_rush),
        float(spec.notice_days),
        math.sin(angle),
        math.cos(angle),
        similar,
        *_one_hot(_SHAPES, spec.tiers[0].shape),
        *_one_hot(_EVENTS, spec.event_type),
    ]


def servings_vector(spec: CakeSpec, *, chart: float, style: str) -> list[float]:
    """Return the values of `SERVINGS_FEATURES`; ``chart`` is what the chart says of the cake."""
    check_spec(spec)
    return [
        *_measures(spec.tiers),
        chart,
        float(style == "wedding"),
        *_one_hot(_SHAPES, spec.tiers[0].shape),
    ]


@lru_cache(maxsize=1024)
def _measures(tiers: tuple[SpecTier, ...]) -> tuple[float, ...]:
    bottom, all_of_it = tiers[0], measure_stack(tiers)
    sides = (bottom.length_in, bottom.length_in if bottom.width_in is None else bottom.width_in)
    # The longer side first, whichever way round it was written.
    return (
        float(max(sides)),
        float(min(sides)),
        float(sum(tier.height_in for tier in tiers)),
        float(len(tiers)),
        float(sum(tier.layers for tier in tiers)),
        float(all_of_it.plan_area),
        float(all_of_it.volume),
    )


def _one_hot(known: Sequence[str], value: str) -> list[float]:
    return [float(name == value) for name in known]
