"""What models see: every category known, directions kept, company that does not depend on size."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.pricing.rules.features import (
    FEATURES,
    MONOTONE,
    NAMES,
    SERVINGS_FEATURES,
    servings_vector,
    vector,
)
from apps.pricing.rules.formula import cost_plus
from apps.pricing.rules.similar import KEPT, WINDOW, SimilarPrices
from apps.pricing.rules.spec import CakeSpec, SpecTier, check_spec, spec_as_json, spec_from_json
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid
from tests.pricing.cakes import RATES, ROUND_8, WEDDING

inches = st.decimals(min_value=3, max_value=30, places=2)
tier_lists = st.lists(
    st.one_of(
        st.builds(
            SpecTier,
            st.sampled_from(["round", "square", "heart", "petal"]),
            inches,
            st.none(),
            inches,
            st.integers(1, 8),
        ),
        st.builds(
            SpecTier, st.sampled_from(["sheet", "oval"]), inches, inches, inches, st.integers(1, 8)
        ),
    ),
    min_size=1,
    max_size=6,
).map(tuple)
specs = st.builds(
    CakeSpec,
    tiers=tier_lists,
    ingredient_cost=st.decimals(min_value=0, max_value=900, places=2),
    labour_hours=st.decimals(min_value=0, max_value=80, places=2),
    complexity=st.integers(1, 5),
    notice_days=st.integers(0, 400),
    is_rush=st.booleans(),
    event_type=st.sampled_from(EventType.values),
    month=st.integers(1, 12),
)
more = st.decimals(min_value=0, max_value=20, places=2)


def values_of(spec):
    return vector(spec, formula=float(cost_plus(spec, RATES).price))


def grown(spec, size, count):
    """Yield the same cake with more of one thing, as a customer would ask for it."""
    first, *others = spec.tiers
    yield replace(spec, tiers=(replace(first, length_in=first.length_in + size), *others))
    yield replace(spec, tiers=(replace(first, height_in=first.height_in + size), *others))
    yield replace(spec, tiers=(replace(first, layers=first.layers + count), *others))
    if first.width_in is not None:
        yield replace(spec, tiers=(replace(first, width_in=first.width_in + size), *others))
    yield replace(spec, tiers=(*spec.tiers, spec.tiers[-1]))
    yield replace(spec, ingredient_cost=spec.ingredient_cost + size)
    yield replace(spec, labour_hours=spec.labour_hours + size)
    yield replace(spec, complexity=min(5, spec.complexity + count))
    yield replace(spec, notice_days=max(0, spec.notice_days - count), is_rush=True)


@settings(max_examples=60, deadline=None)
@given(specs, more, st.integers(1, 9))
def test_a_cake_that_grows_moves_every_feature_in_its_direction_or_not_at_all(spec, size, count):
    here = values_of(spec)
    for other in grown(spec, size, count):
        there = values_of(other)
        for feature, old, new in zip(FEATURES, here, there, strict=True):
            assert (new - old) * feature.monotone >= 0, feature.name
            # What has no direction must not move, or a tree could make the cake cheaper.
            assert feature.monotone or new == old, feature.name


def test_names_are_unique_and_directions_what_was_promised():
    assert len(set(NAMES)) == len(NAMES) == len(values_of(WEDDING))
    assert {name: sign for name, sign in zip(NAMES, MONOTONE, strict=True) if sign < 0} == {
        "notice_days": -1
    }
    chart = servings_vector(WEDDING, chart=100.0, style="wedding")
    assert len(chart) == len(SERVINGS_FEATURES)


def test_a_sheet_is_the_same_whichever_way_round_it_was_written():
    sides = (Decimal(13), Decimal(9))
    one, other = (
        replace(ROUND_8, tiers=(SpecTier("sheet", *order, Decimal(3)),))
        for order in (sides, sides[::-1])
    )

    assert values_of(one) == values_of(other)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"event_type": "funeral"}, "unknown_event", "event_type"),
        ({"month": 13}, "bad_spec", "month"),
        ({"complexity": 6}, "bad_spec", "complexity"),
        ({"notice_days": -1}, "bad_spec", "notice_days"),
        ({"ingredient_cost": Decimal(-1)}, "bad_spec", "ingredient_cost"),
        ({"labour_hours": Decimal("1e9")}, "bad_spec", "labour_hours"),
        ({"tiers": ()}, "bad_spec", "tiers"),
        (
            {"tiers": (SpecTier("banana", Decimal(8), None, Decimal(4)),)},
            "unknown_shape",
            "tiers.0.shape",
        ),
        (
            {"tiers": (SpecTier("round", Decimal("NaN"), None, Decimal(4)),)},
            "bad_spec",
            "tiers.0.length_in",
        ),
        (
            {"tiers": (SpecTier("round", Decimal(8), None, Decimal(4), 0),)},
            "bad_spec",
            "tiers.0.layers",
        ),
        ({"ingredient_cost": Decimal("NaN")}, "bad_spec", "ingredient_cost"),
        ({"labour_hours": Decimal("Infinity")}, "bad_spec", "labour_hours"),
    ],
)
def test_what_no_model_has_seen_is_refused_by_field(change, code, field):
    with pytest.raises(Invalid) as refusal:
        vector(replace(ROUND_8, **change), formula=100.0)
    assert (refusal.value.code, refusal.value.details["field"]) == (code, field)


@settings(max_examples=40, deadline=None)
@given(specs)
def test_a_stored_cake_is_read_back_as_it_was(spec):
    assert spec_from_json(json.loads(json.dumps(spec_as_json(spec)))) == check_spec(spec)


@pytest.mark.parametrize("data", [{}, {"tiers": "x"}, {"tiers": [{"shape": 1}]}, {"tiers": [3]}])
def test_another_shape_of_data_is_refused(data):
    with pytest.raises(Invalid) as refusal:
        spec_from_json({**spec_as_json(ROUND_8), **data} if data else {})
    assert refusal.value.code == "bad_spec"


def test_similar_prices_follow_the_narrowest_company_that_has_something_to_say():
    known = SimilarPrices()
    assert known.ratio_for(ROUND_8) == 0.0
    for _ in range(KEPT):
        known.add(WEDDING, 0.3)

    # 20 of 24 parts of 0.3 in the company of all; then drawn on by each narrower one.
    all_of_them = 20 * 0.3 / 24
    assert known.ratio_for(replace(WEDDING, event_type="birthday")) > 0.2
    assert known.ratio_for(replace(ROUND_8, tiers=WEDDING.tiers[:1])) > all_of_them
    assert 0.29 < known.ratio_for(WEDDING) < 0.3


def test_old_decisions_are_forgotten_in_time():
    known = SimilarPrices()
    known.add(WEDDING, 0.3)
    for _ in range(WINDOW - 1):
        known.add(ROUND_8, 0.0)
    assert known.ratio_for(WEDDING) > 0.0
    known.add(ROUND_8, 0.0)
    assert known.ratio_for(WEDDING) == 0.0


@settings(max_examples=40, deadline=None)
@given(specs, more, st.integers(1, 9))
def test_a_cake_that_grows_keeps_its_company(spec, size, count):
    known = SimilarPrices()
    for cake, ratio in ((WEDDING, 0.2), (ROUND_8, -0.1), (spec, 0.05)):
        known.add(cake, ratio)
    for other in grown(spec, size, count):
        assert known.ratio_for(other) == known.ratio_for(spec)
