"""Bigger, taller, more layers, tiers, work, dearer, more intricate, in a rush: never cheaper.

Over a grid of more than 50,000 cakes, through everything that makes a price: formula, features,
the booster, rounding and the floor. The range around a price is not promised to be monotone.
"""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest

from apps.pricing.adapters import booster
from apps.pricing.rules.features import vector
from apps.pricing.rules.formula import corrected_price, cost_plus
from apps.pricing.rules.spec import CakeSpec, SpecTier
from tests.pricing.cakes import RATES, trained

# Every axis but the first has a direction. Each is in the order in which prices may only rise.
AXES = {
    "shape": ("round", "square", "heart"),
    "length": (5, 6, 8, 9, 12),
    "height": ("2.5", "4", "5", "7"),
    "tiers": (1, 2, 3),
    "layers": (1, 2, 4),
    "ingredients": ("8.00", "31.50", "90.00"),
    "hours": ("1.5", "4", "11.25"),
    "complexity": (1, 3, 5),
    "notice": (40, 12, 7, 2),
}
# What has no direction goes along with the shape, so that every branch of the trees is visited.
COMPANY = {"round": ("wedding", 6), "square": ("birthday", 12), "heart": ("other", 2)}


def stacks():
    for shape, length, height, tiers, layers in product(*list(AXES.values())[:5]):
        yield tuple(
            SpecTier(shape, Decimal(length + 2 * (tiers - 1 - no)), None, Decimal(height), layers)
            for no in range(tiers)
        )


def grid():
    making = list(product(*list(AXES.values())[5:]))
    for tiers in stacks():
        event, month = COMPANY[tiers[0].shape]
        for ingredients, hours, complexity, notice in making:
            yield CakeSpec(
                tiers=tiers,
                ingredient_cost=Decimal(ingredients),
                labour_hours=Decimal(hours),
                complexity=complexity,
                notice_days=notice,
                is_rush=RATES.is_rush(notice),
                event_type=event,
                month=month,
            )


def prices_of(artefact, specs):
    """Return prices as `estimate_price` makes them, for all at once."""
    parts = [cost_plus(spec, RATES) for spec in specs]
    rows = [
        vector(spec, formula=float(part.price), similar=0.08)
        for spec, part in zip(specs, parts, strict=True)
    ]
    found = booster.corrections(artefact, rows).tolist()
    return np.array(
        [
            float(corrected_price(part, RATES, correction))
            for part, correction in zip(parts, found, strict=True)
        ]
    )


def violations(artefact, specs, axes):
    prices = prices_of(artefact, specs).reshape([len(values) for values in axes.values()])
    return {
        name: int((np.diff(prices, axis=no) < 0).sum())
        for no, name in enumerate(axes)
        if name != "shape"
    }


def test_no_price_of_fifty_thousand_falls_when_a_cake_grows():
    specs = list(grid())

    assert len(specs) > 50_000
    assert violations(trained(), specs, AXES) == dict.fromkeys(list(AXES)[1:], 0)


@pytest.mark.control
def test_control_without_constraints_prices_fall():
    axes = {**AXES, "shape": ("round",), "height": ("4",), "layers": (2,)}
    specs = [
        spec
        for spec in grid()
        if spec.tiers[0].shape == "round"
        and spec.tiers[0].height_in == 4
        and spec.tiers[0].layers == 2
    ]

    found = violations(trained(is_constrained=False), specs, axes)

    assert sum(found.values()) > 100
