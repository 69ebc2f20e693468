"""Servings after the published charts: golden figures, laws, and suggestions for guests."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.rules.servings import PARTY, STYLES, WEDDING, Tier, estimate, suggest
from apps.catalog.rules.servings.charts import OTHERS, STACKS, WILTON
from apps.catalog.rules.servings.estimate import TWO_MEASURES
from bakery.kernel.errors import Invalid

D = Decimal
SHAPES = sorted(WILTON.shapes)
inches = st.decimals(min_value=3, max_value=40, places=2)
heights = st.decimals(min_value=1, max_value=24, places=2)


def rounds(*sizes: int) -> list[Tier]:
    """A stack of rounds, given from the top as bakers say it."""
    return [Tier("round", D(size)) for size in reversed(sizes)]


@st.composite
def tiers(draw: st.DrawFn) -> Tier:
    shape = draw(st.sampled_from(SHAPES))
    width = draw(inches) if shape in TWO_MEASURES else None
    return Tier(shape, draw(inches), width, draw(heights))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_printed_size_serves_what_is_printed(shape):
    for row in WILTON.shapes[shape]:
        tier = Tier(shape, row.length, row.width)
        assert estimate([tier], style=PARTY).servings == row.party
        assert estimate([tier], style=WEDDING).servings == row.wedding


@pytest.mark.parametrize(
    ("sizes", "servings"),
    [((6, 8), 36), ((6, 8, 10), 74), ((6, 9, 12), 100), ((8, 10, 12), 118), ((6, 8, 10, 12), 130)],
)
def test_stacks_serve_the_sum_of_their_tiers(sizes, servings):
    assert estimate(rounds(*sizes), style=WEDDING).servings == servings


def test_the_top_tier_may_be_kept():
    kept = estimate(rounds(6, 8, 10), style=WEDDING, keep_top=True)
    assert kept.servings == 74 - 12
    assert [row.kept for row in kept.tiers] == [False, False, True]


def test_the_chart_is_named_and_the_range_covers_the_charts_that_disagree():
    answer = estimate(rounds(8), style=WEDDING)
    assert (answer.chart, answer.servings) == ("Wilton", 24)
    assert (answer.least, answer.most) == (20, 29)
    assert estimate([Tier("square", D(8))], style=WEDDING).least <= 24
    assert {chart.name for chart in OTHERS} == {"Bake with Sarah", "Pastry Wiz", "Earlene's"}


@pytest.mark.parametrize(
    ("height", "servings"), [("2.99", 12), ("3", 24), ("4", 24), ("6", 24), ("8", 24), ("12", 48)]
)
def test_height_halves_keeps_or_doubles(height, servings):
    answer = estimate([Tier("round", D(8), None, D(height))], style=WEDDING)
    assert answer.servings == servings
    assert bool(answer.notes) == (not 3 <= D(height) <= 6)


@given(tier=tiers(), style=st.sampled_from(sorted(STYLES)), grow=st.decimals(0, 10, places=2))
def test_a_cake_that_grows_in_any_direction_never_serves_fewer(tier, style, grow):
    def larger(value: Decimal, top: int) -> Decimal:
        return min(value + grow, D(top))

    answer = estimate([tier], style=style)
    grown = [
        Tier(tier.shape, larger(tier.length, 40), tier.width, tier.height),
        Tier(tier.shape, tier.length, tier.width, larger(tier.height, 24)),
    ]
    if tier.width is not None:
        grown.append(Tier(tier.shape, tier.length, larger(tier.width, 40), tier.height))
    for cake in grown:
        bigger = estimate([cake], style=style)
        assert bigger.servings >= answer.servings
        assert bigger.least >= answer.least
        assert bigger.most >= answer.most


@given(stack=st.lists(tiers(), min_size=1, max_size=5), style=st.sampled_from(sorted(STYLES)))
def test_a_stack_is_its_tiers_and_one_more_tier_never_serves_fewer(stack, style):
    answer = estimate(stack, style=style)
    assert answer.least <= answer.servings <= answer.most
    assert answer.servings == sum(estimate([tier], style=style).servings for tier in stack)
    assert estimate([*stack, Tier("round", D(4))], style=style).servings > answer.servings
    if len(stack) > 1:
        assert estimate(stack, style=style, keep_top=True).servings < answer.servings


@given(tier=tiers())
def test_small_slices_serve_at_least_as_many(tier):
    assert estimate([tier], style=WEDDING).servings >= estimate([tier], style=PARTY).servings


@given(
    guests=st.integers(1, 2000),
    style=st.sampled_from(sorted(STYLES)),
    keep_top=st.booleans(),
    attendance=st.integers(50, 100),
)
def test_every_suggestion_serves_everybody_who_eats(guests, style, keep_top, attendance):
    found = suggest(guests, style=style, keep_top=keep_top, attendance=attendance)
    assert found
    for row in found:
        assert row.servings * 100 >= guests * attendance
        assert row.spare == row.servings - -(-guests * attendance // 100)
        if not row.sheets:
            assert estimate(row.tiers, style=style, keep_top=keep_top).servings == row.servings
        if keep_top:
            assert len(row.tiers) > 1
    assert [row.sheets for row in found] == sorted(row.sheets for row in found)


def test_suggestions_for_thirty_guests_name_sizes_from_the_chart():
    names = [row.name for row in suggest(30)]
    assert names[0] == "10 inch square"
    assert "12 inch round" in names
    assert "6 + 8 inch round" in names


def test_beyond_the_largest_stack_sheet_cakes_complete_it():
    found = suggest(900, style=WEDDING)
    assert all(row.sheets for row in found)
    assert "sheet cakes from the kitchen" in found[0].name
    assert max(len(sizes) for sizes in STACKS) == len(found[0].tiers)


@pytest.mark.parametrize(
    ("tier", "code"),
    [
        (Tier("star", D(8)), "unknown_shape"),
        (Tier("sheet", D(13)), "width_missing"),
        (Tier("round", D(8), D(9)), "width_not_used"),
        (Tier("round", D("2.9")), "bad_size"),
        (Tier("round", D("40.1")), "bad_size"),
        (Tier("round", D(8), None, D("0.5")), "bad_size"),
        (Tier("sheet", D(13), D(50)), "bad_size"),
    ],
)
def test_impossible_cakes_are_refused(tier, code):
    with pytest.raises(Invalid) as caught:
        estimate([tier])
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"tiers": []}, "bad_tiers"),
        ({"tiers": rounds(8) * 11}, "bad_tiers"),
        ({"tiers": rounds(8), "keep_top": True}, "bad_tiers"),
        ({"tiers": rounds(8), "style": "buffet"}, "unknown_style"),
    ],
)
def test_impossible_questions_are_refused(arguments, code):
    with pytest.raises(Invalid) as caught:
        estimate(**arguments)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("guests", "attendance", "code"),
    [(0, 100, "bad_guests"), (2001, 100, "bad_guests"), (10, 49, "bad_attendance")],
)
def test_impossible_parties_are_refused(guests, attendance, code):
    with pytest.raises(Invalid) as caught:
        suggest(guests, attendance=attendance)
    assert caught.value.code == code
