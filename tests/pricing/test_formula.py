"""The transparent formula: its figures, its parts, and that more never costs less."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.pricing.rules.formula import (
    corrected_price,
    cost_plus,
    explain_formula,
    floor_price,
    round_up,
)
from tests.pricing.cakes import RATES, ROUND_8

money = st.decimals(min_value=0, max_value=500, places=2)
hours = st.decimals(min_value=0, max_value=60, places=2)
steps = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1), Decimal("2.50"), Decimal(5)])
rates = st.builds(
    lambda hourly, waste, overhead, target, floor, rush, step: replace(
        RATES,
        hourly_rate=hourly,
        waste_percent=waste,
        overhead_percent=overhead,
        target_margin=max(target, floor),
        floor_margin=min(target, floor),
        rush_percent=rush,
        price_step=step,
    ),
    st.decimals(min_value=1, max_value=90, places=2),
    st.decimals(min_value=0, max_value=40, places=1),
    st.decimals(min_value=0, max_value=80, places=1),
    st.decimals(min_value=0, max_value="0.8", places=2),
    st.decimals(min_value=0, max_value="0.8", places=2),
    st.decimals(min_value=0, max_value=100, places=1),
    steps,
)
specs = st.builds(
    lambda cost, work, rush: replace(
        ROUND_8, ingredient_cost=cost, labour_hours=work, is_rush=rush
    ),
    money,
    hours,
    st.booleans(),
)


def price_of(spec, held):
    return round_up(cost_plus(spec, held).price, held.price_step)


def test_an_example_reckoned_by_hand():
    parts = cost_plus(ROUND_8, RATES)

    # 12.00 x 1.05 = 12.60; 2.5 x 28 = 70.00; 15 % of 82.60 = 12.39; 94.99 / 0.65 = 146.138...
    assert (parts.ingredients, parts.labour, parts.overhead) == (
        Decimal("12.60"),
        Decimal("70.00"),
        Decimal("12.39"),
    )
    assert price_of(ROUND_8, RATES) == Decimal(147)
    # A quarter more: 182.67...
    assert price_of(replace(ROUND_8, is_rush=True), RATES) == Decimal(183)
    # 94.99 / 0.85 = 111.75...
    assert floor_price(parts.cost, RATES) == Decimal(112)


@settings(max_examples=60, deadline=None)
@given(specs, rates, money, hours)
def test_more_of_anything_is_never_cheaper(spec, held, dearer, more_work):
    price = price_of(spec, held)

    assert price_of(replace(spec, ingredient_cost=spec.ingredient_cost + dearer), held) >= price
    assert price_of(replace(spec, labour_hours=spec.labour_hours + more_work), held) >= price
    assert price_of(replace(spec, is_rush=True), held) >= price


@settings(max_examples=60, deadline=None)
@given(specs, rates)
def test_a_price_is_a_multiple_of_the_step_that_keeps_the_margins(spec, held):
    parts, price = cost_plus(spec, held), price_of(spec, held)

    assert price % held.price_step == 0
    assert price >= held.price_step
    # To the grain to which floating point is forgiven.
    grain = Decimal("0.000001")
    assert price * (1 - held.target_margin) >= parts.cost - grain
    assert price >= floor_price(parts.cost, held)


@settings(max_examples=60, deadline=None)
@given(specs, rates)
def test_the_parts_in_words_sum_up_to_the_price(spec, held):
    parts, price = cost_plus(spec, held), price_of(spec, held)

    reasons = explain_formula(parts, spec, held, price=price, currency="CAD")

    assert sum(reason.amount for reason in reasons) == price
    assert any("Rush" in reason.text for reason in reasons) == spec.is_rush


@settings(max_examples=60, deadline=None)
@given(specs, rates, st.floats(-1, 1), st.floats(0, 1))
def test_a_higher_correction_is_never_cheaper_and_none_is_below_the_floor(spec, held, low, more):
    parts = cost_plus(spec, held)

    price = corrected_price(parts, held, low)

    assert corrected_price(parts, held, low + more) >= price >= floor_price(parts.cost, held)
    assert corrected_price(parts, held, 0.0) == price_of(spec, held)


@pytest.mark.parametrize(("notice", "is_rush"), [(0, True), (6, True), (7, False), (90, False)])
def test_a_rush_is_less_notice_than_the_rates_say(notice, is_rush):
    assert RATES.is_rush(notice) is is_rush
