"""The range: what share of prices it holds, and when it is wider."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.pricing.rules import conformal


def test_the_quantile_is_that_of_finite_samples():
    # ceil((n + 1) x 0.9): the 9th of 9, the 18th of 19; with 8 there is none.
    assert conformal.quantile([float(no) for no in range(1, 10)]) == 9.0
    assert conformal.quantile([float(no) for no in range(1, 20)]) == 18.0
    assert conformal.quantile([1.0] * 8) == math.inf


def test_nine_of_ten_fresh_residuals_lie_within():
    chance = random.Random(3)
    shares = []
    for _ in range(40):
        width = conformal.quantile([abs(chance.gauss(0, 0.1)) for _ in range(200)])
        shares.append(sum(abs(chance.gauss(0, 0.1)) <= width for _ in range(500)) / 500)

    assert 0.89 < sum(shares) / len(shares) < 0.92


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 2), min_size=20, max_size=80))
def test_at_least_nine_of_ten_of_its_own_residuals_lie_within(residuals):
    width = conformal.quantile(residuals)

    assert sum(residual <= width for residual in residuals) >= 0.9 * len(residuals)


def test_groups_of_sizes_have_widths_of_their_own_once_they_have_the_decisions():
    small = [(100.0, 0.05)] * conformal.FEWEST_IN_GROUP
    large = [(900.0, 0.40)] * (conformal.FEWEST_IN_GROUP - 1)

    widths = conformal.calibrate(small + large)

    assert widths == {"": 0.40, "small": 0.05}
    assert conformal.width_for(widths, 100.0) == 0.05
    assert conformal.width_for(widths, 900.0) == 0.40
    assert conformal.calibrate(small[: conformal.FEWEST - 1]) == {}
    assert conformal.width_for({}, 900.0) == conformal.DEFAULT_WIDTH


@pytest.mark.parametrize(
    ("height", "factor", "outside"),
    [
        (3.0, 1.0, ()),
        (10.0, 1.0, ()),
        (10.5, 1.25 + 0.5 / 7, ("height_in",)),
        (400.0, 3.0, ("height_in",)),
    ],
)
def test_outside_of_what_was_learned_from_the_range_is_wider(height, factor, outside):
    found = conformal.widening({"height_in": height, "tiers": 1.0}, {"height_in": (3.0, 10.0)})

    assert found[0] == pytest.approx(factor)
    assert found[1] == outside


def test_a_shape_that_was_never_learned_from_is_outside():
    factor, outside = conformal.widening({"shape_heart": 1.0}, {"shape_heart": (0.0, 0.0)})

    assert (factor, outside) == (3.0, ("shape_heart",))
