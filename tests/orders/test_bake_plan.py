"""From pieces to bowls and purchases: the rule alone."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orders.rules.bake_plan import packs_to_buy, plan_bakes

FLOUR, BUTTER, BOX = 1, 2, 3
DOUGH, CREAM, TART = 10, 11, 12


@dataclass(frozen=True)
class Part:
    amount: Fraction
    ingredient_id: int | None = None
    recipe_id: int | None = None


@dataclass(frozen=True)
class Recipe:
    lines: tuple[Part, ...]
    output: Fraction
    unit: str = "g"


@dataclass(frozen=True)
class Ingredient:
    unit: str = "g"
    is_food: bool = True


INGREDIENTS = {FLOUR: Ingredient(), BUTTER: Ingredient(), BOX: Ingredient("piece", is_food=False)}
# 600 g of flour and 400 g of butter give 900 g of dough; 500 g of dough and 100 g of butter a tart
# mix of 600 g.
RECIPES = {
    DOUGH: Recipe((Part(Fraction(600), FLOUR), Part(Fraction(400), BUTTER)), Fraction(900)),
    TART: Recipe(
        (Part(Fraction(500), recipe_id=DOUGH), Part(Fraction(100), BUTTER)), Fraction(600)
    ),
}
PARTS = {7: (Part(Fraction(300), recipe_id=TART), Part(Fraction(1), BOX))}


def plan(pieces, *, bowls=None, buffer=Fraction(0), parts=PARTS, recipes=RECIPES):
    return plan_bakes(
        pieces,
        parts=parts,
        recipes=recipes,
        ingredients=INGREDIENTS,
        bowls=bowls or {},
        buffer=buffer,
    )


def test_amounts_follow_recipes_down_with_their_losses():
    found = plan({7: 6})
    dough, tart = found.mixes
    assert (dough.recipe_id, tart.recipe_id) == (DOUGH, TART)
    assert (tart.output, tart.weight) == (1800, 1800)
    # 1,500 g of dough are wanted, so that 5/3 of the written batch is mixed.
    assert (dough.output, dough.weight) == (1500, Fraction(5000, 3))
    assert found.needed == {FLOUR: 1000, BUTTER: Fraction(2000, 3) + 300, BOX: 6}


def test_the_buffer_grows_food_once_and_boxes_not_at_all():
    plain, grown = plan({7: 6}), plan({7: 6}, buffer=Fraction(1, 10))
    assert grown.needed[FLOUR] == plain.needed[FLOUR] * Fraction(11, 10)
    assert grown.needed[BUTTER] == plain.needed[BUTTER] * Fraction(11, 10)
    assert grown.needed[BOX] == 6


@pytest.mark.parametrize(("capacity", "bowls"), [(1800, 1), (1799, 2), (900, 2), (899, 3)])
def test_a_mix_is_split_where_the_bowl_is_full(capacity, bowls):
    tart = plan({7: 6}, bowls={TART: Fraction(capacity)}).mixes[-1]
    assert (tart.bowls, tart.bowl_weight) == (bowls, Fraction(1800, bowls))
    assert tart.portions[0].amount * bowls == 1500


def test_what_has_no_recipe_is_named():
    found = plan({7: 1, 8: 2, 9: 0})
    assert found.without_recipe == (8,)


def test_nothing_ordered_is_an_empty_plan():
    assert plan({}) == plan({7: 0})
    assert plan({}).mixes == ()


@pytest.mark.parametrize(
    ("needed", "on_hand", "packs"), [(100, 0, 1), (100, 100, 0), (101, 0, 2), (100, 250, 0)]
)
def test_whole_packs_are_bought(needed, on_hand, packs):
    assert packs_to_buy(Fraction(needed), on_hand=Fraction(on_hand), pack=Fraction(100)) == packs


amounts = st.integers(1, 900).map(Fraction)


@st.composite
def kitchens(draw):
    """Recipes of which each uses some below it, sizes that use recipes and ingredients."""
    recipes = {}
    for pk in range(10, 10 + draw(st.integers(1, 5))):
        lines = [Part(draw(amounts), draw(st.sampled_from([FLOUR, BUTTER])))]
        lines += [
            Part(draw(amounts), recipe_id=below)
            for below in draw(
                st.sets(st.sampled_from(list(recipes)), max_size=2) if recipes else st.just(set())
            )
        ]
        recipes[pk] = Recipe(tuple(lines), draw(amounts))
    parts = {
        size: tuple(
            Part(draw(amounts), recipe_id=pk)
            for pk in sorted(draw(st.sets(st.sampled_from(list(recipes)), min_size=1)))
        )
        for size in range(draw(st.integers(1, 3)))
    }
    pieces = {size: draw(st.integers(0, 40)) for size in parts}
    bowls = {pk: draw(amounts) for pk in draw(st.sets(st.sampled_from(list(recipes))))}
    return recipes, parts, pieces, bowls


@given(kitchens(), st.integers(0, 50))
def test_purchases_equal_a_walk_over_every_piece_and_no_bowl_runs_over(kitchen, percent):
    recipes, parts, pieces, bowls = kitchen
    buffer = Fraction(percent, 100)
    walked = defaultdict(Fraction)

    def walk(part, amount):
        if part.ingredient_id is not None:
            walked[part.ingredient_id] += amount
            return
        recipe = recipes[part.recipe_id]
        for line in recipe.lines:
            walk(line, line.amount * amount / recipe.output)

    for size, count in pieces.items():
        for part in parts[size]:
            walk(part, part.amount * count * (1 + buffer))
    found = plan(pieces, bowls=bowls, buffer=buffer, parts=parts, recipes=recipes)
    assert {pk: amount for pk, amount in found.needed.items() if amount} == {
        pk: amount for pk, amount in walked.items() if amount
    }
    made = []
    for mix in found.mixes:
        assert {p.recipe_id for p in mix.portions if p.recipe_id} <= set(made)
        made.append(mix.recipe_id)
        assert sum(p.amount for p in mix.portions) == mix.bowl_weight
        if capacity := bowls.get(mix.recipe_id):
            assert mix.bowl_weight <= capacity
            assert mix.bowls == 1 or mix.weight / (mix.bowls - 1) > capacity
