"""Areas and volumes against plane geometry and the published charts."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.rules.servings.charts import WILTON
from apps.catalog.states import CakeShape
from apps.pricing.rules.geometry import Measures, measure_stack, measure_tier
from apps.pricing.rules.spec import SpecTier
from bakery.kernel.errors import Invalid

inches = st.decimals(min_value=1, max_value=40, places=2)
tiers = st.builds(
    SpecTier,
    st.sampled_from(CakeShape.values),
    inches,
    st.one_of(st.none(), inches),
    inches,
    st.integers(1, 8),
)


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (
            SpecTier("round", Decimal(8), None, Decimal(4)),
            Measures(Decimal("50.27"), Decimal("100.53"), Decimal("201.06")),
        ),
        (
            SpecTier("square", Decimal(10), None, Decimal(4)),
            Measures(Decimal(100), Decimal(160), Decimal(400)),
        ),
        (
            SpecTier("sheet", Decimal(13), Decimal(9), Decimal(2)),
            Measures(Decimal(117), Decimal(88), Decimal(234)),
        ),
        (
            SpecTier("hexagon", Decimal(10), None, Decimal(4)),
            Measures(Decimal("86.60"), Decimal("138.56"), Decimal("346.40")),
        ),
    ],
)
def test_known_measures(tier, expected):
    assert measure_tier(tier) == expected


@settings(max_examples=80, deadline=None)
@given(tiers, inches)
def test_every_measure_grows_with_every_side(tier, more):
    here = measure_tier(tier)
    grown = [
        replace(tier, length_in=tier.length_in + more),
        replace(tier, height_in=tier.height_in + more),
        *([replace(tier, width_in=tier.width_in + more)] if tier.width_in is not None else []),
    ]

    for other in map(measure_tier, grown):
        assert other.plan_area >= here.plan_area
        assert other.side_area >= here.side_area
        assert other.volume >= here.volume


@settings(max_examples=40, deadline=None)
@given(tiers)
def test_no_outline_is_shorter_than_that_of_a_circle_of_the_same_area(tier):
    """The isoperimetric inequality, for tiers that are not far from as wide as long."""
    length = tier.length_in
    wide = replace(tier, width_in=None if tier.width_in is None else length * Decimal("0.8"))
    measures = measure_tier(replace(wide, height_in=Decimal(1)))

    edge_squared, circle = measures.side_area**2, 4 * Decimal("3.14159") * measures.plan_area

    assert edge_squared >= circle * Decimal("0.97")


def test_wedding_slices_of_two_square_inches_fit_the_chart_where_the_formula_is_said_to():
    for shape, most in (("square", Decimal("0.001")), ("round", Decimal("0.06"))):
        for row in WILTON.shapes[CakeShape(shape)]:
            if row.length < 8 or row.length > 16:
                continue
            area = measure_tier(SpecTier(shape, row.length, None, Decimal(4))).plan_area
            assert abs(area / 2 - row.wedding) / row.wedding <= most


def test_a_stack_is_the_sum_of_its_tiers():
    stack = tuple(SpecTier("round", Decimal(size), None, Decimal(4)) for size in (10, 8))

    assert measure_stack(stack) == measure_tier(stack[0]) + measure_tier(stack[1])


def test_a_shape_that_nobody_knows_is_refused():
    with pytest.raises(Invalid, match="Shapes") as refusal:
        measure_tier(SpecTier("banana", Decimal(8), None, Decimal(4)))
    assert refusal.value.code == "unknown_shape"
