"""Laws of costing: exact, whichever way a recipe is written; unknown rather than too low."""

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps.catalog.rules import costing, units
from apps.catalog.rules.costing import Batch, Kitchen, Line, Worth
from apps.catalog.rules.food_rollup import NOTHING_IN_IT
from bakery.kernel.errors import Invalid

AMOUNTS = st.fractions(min_value=Fraction(1, 1000), max_value=5000, max_denominator=1000)
PRICES = st.fractions(min_value=0, max_value=100, max_denominator=10_000)
LOSSES = st.decimals(min_value=0, max_value=Decimal("99.99"), places=2)

FEWER = settings(max_examples=25)


def bought(cost):
    return Worth(cost, NOTHING_IN_IT, costing.SUITABLE, has_food=True)


@st.composite
def kitchens(draw, *, prices=PRICES):
    """Ingredients 1..n and recipes 1..m, each using ingredients and recipes before it."""
    count = draw(st.integers(1, 4))
    ingredients = {pk: bought(draw(prices)) for pk in range(1, count + 1)}
    batches = {}
    for pk in range(1, draw(st.integers(1, 5)) + 1):
        sources = [("ingredient_id", one) for one in ingredients]
        sources += [("recipe_id", one) for one in batches]
        lines = tuple(
            Line(draw(AMOUNTS), **dict([draw(st.sampled_from(sources))]))
            for _ in range(draw(st.integers(1, 4)))
        )
        batches[pk] = Batch(lines, costing.usable_output(draw(AMOUNTS), draw(LOSSES)))
    return Kitchen(ingredients, batches)


def top_cost(kitchen):
    return costing.work_out(kitchen)[max(kitchen.batches)].cost


def with_price(kitchen, pk, cost):
    return Kitchen({**kitchen.ingredients, pk: bought(cost)}, kitchen.batches)


def by_hand(kitchen, recipe_id):
    """The cost by plain recursion: another way than the one under test."""
    batch = kitchen.batches[recipe_id]
    total = Fraction(0)
    for line in batch.lines:
        if line.ingredient_id is not None:
            total += kitchen.ingredients[line.ingredient_id].cost * line.amount
        else:
            total += by_hand(kitchen, line.recipe_id) * line.amount
    return total / batch.output


@FEWER
@given(kitchens())
def test_cost_is_what_a_walk_by_hand_gives(kitchen):
    worked = costing.work_out(kitchen)
    assert {pk: worth.cost for pk, worth in worked.items()} == {
        pk: by_hand(kitchen, pk) for pk in kitchen.batches
    }


@FEWER
@given(kitchens(), PRICES, PRICES)
def test_cost_is_linear_in_a_price(kitchen, one, other):
    at_zero, at_one, at_other, at_both = (
        top_cost(with_price(kitchen, 1, price)) for price in (Fraction(0), one, other, one + other)
    )
    assert at_both - at_zero == (at_one - at_zero) + (at_other - at_zero)


@FEWER
@given(kitchens(), AMOUNTS)
def test_more_of_anything_never_costs_less(kitchen, more):
    first, *rest = kitchen.batches[1].lines
    heavier = Line(first.amount + more, first.ingredient_id, first.recipe_id)
    batch = Batch((heavier, *rest), kitchen.batches[1].output)
    after = top_cost(Kitchen(kitchen.ingredients, {**kitchen.batches, 1: batch}))
    assert after >= top_cost(kitchen)


@given(AMOUNTS, PRICES, LOSSES, LOSSES)
def test_more_loss_never_costs_less(amount, price, one, other):
    low, high = sorted((one, other))

    def cost(loss):
        batch = Batch((Line(amount, 1),), costing.usable_output(Fraction(100), loss))
        return top_cost(Kitchen({1: bought(price)}, {1: batch}))

    assert cost(high) >= cost(low)


@FEWER
@given(kitchens(), st.randoms(use_true_random=False))
def test_the_order_of_lines_is_irrelevant(kitchen, random):
    shuffled = {}
    for pk, batch in kitchen.batches.items():
        lines = list(batch.lines)
        random.shuffle(lines)
        shuffled[pk] = Batch(tuple(lines), batch.output)
    assert costing.work_out(Kitchen(kitchen.ingredients, shuffled)) == costing.work_out(kitchen)


@FEWER
@given(kitchens())
def test_writing_a_sub_recipe_out_costs_the_same(kitchen):
    last = max(kitchen.batches)
    used = [line for line in kitchen.batches[last].lines if line.recipe_id is not None]
    assume(used)
    sub = kitchen.batches[used[0].recipe_id]
    written_out = tuple(
        Line(line.amount * used[0].amount / sub.output, line.ingredient_id, line.recipe_id)
        for line in sub.lines
    )
    lines = list(kitchen.batches[last].lines)
    lines.remove(used[0])
    batch = Batch((*lines, *written_out), kitchen.batches[last].output)
    inlined = Kitchen(kitchen.ingredients, {**kitchen.batches, last: batch})
    assert top_cost(inlined) == top_cost(kitchen)


@FEWER
@given(kitchens(prices=st.none() | PRICES))
def test_an_unknown_price_makes_everything_above_unknown(kitchen):
    unpriced = {pk for pk, worth in kitchen.ingredients.items() if worth.cost is None}
    worked = costing.work_out(kitchen)

    def reaches(pk):
        return any(
            line.ingredient_id in unpriced
            or (line.recipe_id is not None and reaches(line.recipe_id))
            for line in kitchen.batches[pk].lines
        )

    assert {pk for pk in worked if worked[pk].cost is None} == set(filter(reaches, worked))


def test_a_recipe_without_lines_costs_and_holds_the_unknown():
    worked = costing.work_out(Kitchen({}, {1: Batch((), Fraction(100))}))
    assert worked[1].cost is None
    assert "milk" in worked[1].known.unknown
    assert worked[1].suits == frozenset()


def test_a_chain_of_a_thousand_recipes_is_walked():
    batches = {1: Batch((Line(Fraction(1), ingredient_id=1),), Fraction(1))}
    for pk in range(2, 1500):
        batches[pk] = Batch((Line(Fraction(1), recipe_id=pk - 1),), Fraction(1))
    kitchen = Kitchen({1: bought(Fraction(3))}, batches)
    assert top_cost(kitchen) == 3
    assert costing.recipes_above(costing.recipe_edges(batches), [1]) == set(batches)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=12))
def test_a_circle_is_found_exactly_when_there_is_one(pairs):
    edges = {}
    for above, below in pairs:
        edges.setdefault(above, []).append(below)
    # A recipe is in a circle when it is among what is reached from the recipes that it uses.
    used_by = {pk: [one for one, below in pairs if below == pk] for pk in range(1, 7)}
    reached = {pk: costing.recipes_above(used_by, edges.get(pk, ())) for pk in edges}
    expected = any(pk in found for pk, found in reached.items())
    circle = costing.find_cycle(edges)
    assert (circle is not None) == expected
    if circle:
        assert circle[0] == circle[-1]
        assert all(b in edges[a] for a, b in itertools.pairwise(circle))


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        (Fraction(1, 3), "0.3333"),
        (Fraction(2, 3), "0.6667"),
        (Fraction(5, 100_000), "0.0001"),
        (Fraction(49, 1_000_000), "0.0000"),
        (Fraction(15, 100_000), "0.0002"),
    ],
)
def test_costs_round_half_up_once(exact, shown):
    assert str(costing.rounded_cost(exact)) == shown


@settings(max_examples=50)
@given(st.fractions(min_value=0, max_value=10**12))
def test_rounding_is_at_most_half_a_step_away(exact):
    assert abs(Fraction(costing.rounded_cost(exact)) - exact) <= Fraction(1, 20_000)


def test_ten_percent_loss_leaves_nine_tenths():
    batch = Batch(
        (Line(Fraction(900), ingredient_id=1),),
        costing.usable_output(Fraction(1000), Decimal(10)),
    )
    assert top_cost(Kitchen({1: bought(Fraction(1, 100))}, {1: batch})) == Fraction(9, 900)


@pytest.mark.parametrize(
    ("price", "cost", "margin"),
    [
        ("10.00", "4", "0.6000"),
        ("10.00", None, None),
        ("0.00", "1", None),
        ("2.00", "3", "-0.5000"),
    ],
)
def test_margins(price, cost, margin):
    found = costing.margin_of(Decimal(price), cost and Decimal(cost))
    assert found == (margin and Decimal(margin))


def test_units_keep_weight_volume_and_pieces_apart():
    assert units.in_base(Decimal("1.5"), "kg") == 1500
    with pytest.raises(Invalid, match="cannot be turned"):
        units.require_same_kind("ml", "kg", what="Milk")
    for wrong in (Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(Invalid):
            units.in_base(wrong, "g")
    with pytest.raises(Invalid):
        units.in_base(Decimal(1), "cup")
