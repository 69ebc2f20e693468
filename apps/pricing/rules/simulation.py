"""A bakery that was made up, so that accuracy can be compared with the best that is possible.

The decided price of a simulated cake is

    formula x exp(hidden correction) x exp(noise * z),  z normal, rounded to whole units

The hidden correction is this bakery's own: it depends on shape, event, season of the pickup, the
number of tiers, on complexity together with the event, and on time (prices creep up while the
formula's rates stay). Nobody can predict z: the least mean absolute error on the logarithm is
noise x sqrt(2 / pi). Servings follow the chart in the same manner. All numbers here are invented;
nothing of them is a fact about bakeries, and what is learned from them is marked as simulated.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.catalog.states import CakeShape
from apps.pricing.rules.formula import round_up
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.spec import CakeSpec, SpecTier
from apps.pricing.states import EventType

YEARS = 3
NOISE = 0.08
# (event, how often, how many tiers at least and at most, how complex at least and at most)
_EVENTS = (
    (EventType.BIRTHDAY, 40, (1, 2), (1, 4)),
    (EventType.WEDDING, 18, (2, 4), (2, 5)),
    (EventType.BABY, 9, (1, 2), (1, 4)),
    (EventType.ANNIVERSARY, 8, (1, 3), (1, 4)),
    (EventType.CORPORATE, 8, (1, 2), (1, 3)),
    (EventType.GRADUATION, 6, (1, 2), (1, 4)),
    (EventType.HOLIDAY, 6, (1, 1), (1, 3)),
    (EventType.OTHER, 5, (1, 2), (1, 5)),
)
_SHAPES = (
    (CakeShape.ROUND, 62), (CakeShape.SQUARE, 15), (CakeShape.HEART, 8), (CakeShape.SHEET, 8),
    (CakeShape.HEXAGON, 4), (CakeShape.OVAL, 3),
)  # fmt: skip
_SHEETS = ((11, 7), (13, 9), (15, 11), (18, 12))
_OVALS = (("7.75", "5.5"), ("10.75", "7.8"), ("13.5", "9.8"))
_SHAPE_EFFECT = {
    CakeShape.ROUND: 0.0, CakeShape.SQUARE: 0.03, CakeShape.HEART: 0.07, CakeShape.SHEET: -0.10,
    CakeShape.HEXAGON: 0.12, CakeShape.OVAL: 0.05,
}  # fmt: skip
_EVENT_EFFECT = {
    EventType.WEDDING: 0.16, EventType.CORPORATE: 0.07, EventType.ANNIVERSARY: 0.03,
    EventType.BABY: 0.02, EventType.HOLIDAY: 0.04, EventType.BIRTHDAY: -0.04,
    EventType.GRADUATION: -0.02, EventType.OTHER: 0.0,
}  # fmt: skip
_SERVINGS_EFFECT = {
    CakeShape.ROUND: 0.04, CakeShape.SQUARE: -0.05, CakeShape.HEART: 0.10, CakeShape.SHEET: -0.12,
    CakeShape.HEXAGON: -0.08, CakeShape.OVAL: 0.06,
}  # fmt: skip
_CREEP_A_YEAR = 0.04
Formula = Callable[[CakeSpec], Decimal]
Chart = Callable[[CakeSpec], int]


@dataclass(frozen=True, slots=True)
class Bakery:
    """What simulated cakes are priced by: formula, chart, when notice is short, the ``step`` of
    prices; and how far people are from their own habits (``noise``, the logarithm's sigma)."""

    formula: Formula
    chart: Chart
    rush_days: int
    step: Decimal
    noise: float = NOISE


def noise_floor(noise: float) -> float:
    """Return the least mean absolute error on the logarithm that any model can reach."""
    return noise * math.sqrt(2 / math.pi)


def hidden_correction(spec: CakeSpec, years: float) -> float:
    """Return the logarithm of what this bakery charges over the formula, ``years`` after it began.

    Never lower for a cake that has more tiers or is more complex, so that a constrained model can
    be right.
    """
    season = 0.05 * math.cos(2 * math.pi * (spec.month - 6) / 12)
    intricate = 0.06 * max(spec.complexity - 3, 0)
    if spec.event_type == EventType.WEDDING:
        intricate *= 2
    shape = CakeShape(spec.tiers[0].shape)
    return (
        _SHAPE_EFFECT[shape]
        + _EVENT_EFFECT[EventType(spec.event_type)]
        + season
        + intricate
        + 0.04 * max(len(spec.tiers) - 2, 0)
        + _CREEP_A_YEAR * years
    )


def simulate(
    *, n: int, seed: int, until: datetime, bakery: Bakery, after: float = 0.0
) -> list[PastCake]:
    """Return ``n`` decisions over the `YEARS` before ``until``, in order; the same for a seed.

    With ``after`` only of the time that follows this share of it: for decisions to be tried on.
    """
    chance = random.Random(seed)  # noqa: S311 (a simulation, no secret)
    begin = until - timedelta(days=365 * YEARS)
    span = (until - begin).total_seconds()
    moments = sorted((after + (1 - after) * chance.random()) * span for _ in range(n))
    return [
        _decide(f"SIM-{seed}-{index:06d}", begin, timedelta(seconds=seconds), chance, bakery)
        for index, seconds in enumerate(moments, start=1)
    ]


def _decide(
    subject: str, begin: datetime, after: timedelta, chance: random.Random, bakery: Bakery
) -> PastCake:
    at = (begin + after).replace(microsecond=0)
    spec = _cake(at, chance, bakery.rush_days)
    formula = bakery.formula(spec)
    years = after.days / 365
    factor = math.exp(hidden_correction(spec, years) + bakery.noise * chance.gauss(0, 1))
    chart = bakery.chart(spec)
    served = chart * math.exp(
        _SERVINGS_EFFECT[CakeShape(spec.tiers[0].shape)] + bakery.noise / 2 * chance.gauss(0, 1)
    )
    return PastCake(
        subject=subject,
        at=at,
        spec=spec,
        formula_price=round_up(formula, bakery.step),
        exact_formula=formula,
        price=max(Decimal(1), Decimal(round(float(formula) * factor))),
        servings_formula=chart,
        servings=max(Decimal(1), Decimal(round(served))),
    )


def _cake(at: datetime, chance: random.Random, rush_days: int) -> CakeSpec:
    event, _, tiers, complex_ = chance.choices(_EVENTS, [row[1] for row in _EVENTS])[0]
    shape = chance.choices([row[0] for row in _SHAPES], [row[1] for row in _SHAPES])[0]
    stack = _stack(shape, chance.randint(*tiers), chance)
    complexity = chance.randint(*complex_)
    volume = sum(
        float(tier.length_in) * float(tier.width_in or tier.length_in) * float(tier.height_in)
        for tier in stack
    )
    # Weddings are planned months ahead, most others for some weeks.
    middle = 60 if event == EventType.WEDDING else 18
    notice = max(1, min(365, round(middle * math.exp(0.7 * chance.gauss(0, 1)))))
    hours = 0.75 + 0.4 * len(stack) + volume / 700 + 0.6 * (complexity - 1) ** 1.3
    return CakeSpec(
        tiers=stack,
        ingredient_cost=_cents(0.05 * volume * math.exp(0.2 * chance.gauss(0, 1))),
        labour_hours=_cents(hours * math.exp(0.15 * chance.gauss(0, 1))),
        complexity=complexity,
        notice_days=notice,
        is_rush=notice < rush_days,
        event_type=event.value,
        month=(at + timedelta(days=notice)).month,
    )


def _stack(shape: CakeShape, count: int, chance: random.Random) -> tuple[SpecTier, ...]:
    height = Decimal(chance.choice((3, 4, 4, 4, 5, 6)))
    layers = chance.choice((2, 2, 2, 3, 3, 4))
    if shape in (CakeShape.SHEET, CakeShape.OVAL):
        sizes: Sequence[tuple[int | str, int | str]] = (
            _SHEETS if shape == CakeShape.SHEET else _OVALS
        )
        long, wide = chance.choice(sizes)
        return (SpecTier(shape.value, Decimal(long), Decimal(wide), height, layers),)
    top = chance.choice((6, 6, 8, 8, 9, 10)) if count == 1 else 6
    if shape == CakeShape.HEXAGON:
        top = max(6, top - top % 3)
    step = 3 if shape == CakeShape.HEXAGON else 2
    lengths = [top + step * level for level in reversed(range(count))]
    return tuple(SpecTier(shape.value, Decimal(length), None, height, layers) for length in lengths)


def _cents(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
