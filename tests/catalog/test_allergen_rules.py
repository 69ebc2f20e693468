"""Allergen lists as dated data, and the roll-up: never "free from" where there is any doubt."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.rules import costing, food_facts, food_rollup
from apps.catalog.rules.allergen_lists import (
    ATOMS,
    CODES,
    GROUPS,
    all_lists,
    expand,
    jurisdictions,
    list_at,
)
from apps.catalog.rules.costing import Batch, Kitchen, Line, Worth
from apps.catalog.rules.food_rollup import Known, known_as_stated, known_of_ingredient
from bakery.kernel.errors import Invalid

TODAY = date(2026, 6, 1)
HOME = list_at("ca", TODAY)
SUBSETS = st.sets(st.sampled_from(list(CODES)), max_size=4)


def items_of(jurisdiction, on=TODAY):
    return {item.code: item for item in list_at(jurisdiction, on).items}


def test_how_many_each_authority_names():
    counts = {place: len(items_of(place)) for place in jurisdictions()}
    # Canada's eleven, with crustaceans apart from molluscs, and gluten.
    assert counts == {"us": 9, "eu": 14, "uk": 14, "ca": 13}
    assert len(items_of("us")["tree_nuts"].atoms) == 12


def test_coconut_left_the_list_in_january_2025_and_sesame_came_in_2023():
    before, after = items_of("us", date(2025, 1, 5)), items_of("us", date(2025, 1, 6))
    assert "coconut" in before["tree_nuts"].atoms
    assert "coconut" not in after["tree_nuts"].atoms
    assert "sesame" not in items_of("us", date(2022, 12, 31))
    assert "sesame" in items_of("us", date(2023, 1, 1))


def test_places_differ_in_nuts():
    assert "pine_nut" in items_of("ca")["tree_nuts"].atoms
    assert "pine_nut" not in items_of("eu")["tree_nuts"].atoms
    assert "coconut" not in expand(["tree_nuts"]) & items_of("ca")["tree_nuts"].atoms


@pytest.mark.parametrize(("place", "on"), [("xx", TODAY), ("us", date(1999, 1, 1))])
def test_no_list_is_said(place, on):
    with pytest.raises(Invalid) as refused:
        list_at(place, on)
    assert refused.value.code in {"unknown_jurisdiction", "no_list_yet"}


def test_lists_are_whole():
    for one in all_lists():
        assert one.source
        assert all(item.atoms and item.atoms <= ATOMS.keys() for item in one.items)
        assert all(item.group in GROUPS for item in one.items if len(item.atoms) > 1)
    assert {item.code: item.label for item in HOME.items} == food_facts.ALLERGENS


def test_a_claim_rules_out_what_any_list_in_force_means_by_it():
    """Claims are made in Canada's words; they must hold wherever the cake is taken."""
    alike = {"gluten_free": {"gluten", "wheat"}, "nut_free": {"tree_nuts", "peanut"}}
    canada = items_of("ca")
    for diet, codes in alike.items():
        ruled_out = set().union(*(canada[code].atoms for code in codes))
        for place in jurisdictions():
            items = items_of(place)
            meant = set().union(*(items[code].atoms for code in codes & items.keys()))
            assert meant <= ruled_out, (diet, place)


@st.composite
def parts(draw):
    named = draw(SUBSETS)
    return (named, draw(SUBSETS) - named, draw(st.booleans()))


def known(part):
    contains, may_contain, complete = part
    return known_of_ingredient(contains, may_contain, complete=complete)


def is_surely_absent(atom, part):
    """Whether a person who reads an ingredient's record would swear that ``atom`` is not in it."""
    contains, may_contain, complete = part
    if not complete or atom in contains or atom in may_contain:
        return False
    return not any(atom in expand([code]) for code in contains | may_contain)


@st.composite
def trees(draw):
    """An ingredient, or a recipe of trees; an empty recipe is one that nobody wrote down."""
    leaf = parts().map(lambda part: ("ingredient", part))
    return draw(
        st.recursive(leaf, lambda inner: st.tuples(st.just("recipe"), st.lists(inner, max_size=4)))
    )


def kitchen_of(tree, ingredients, batches):
    """Write ``tree`` down as ingredients and recipes; return the line that asks for it."""
    kind, content = tree
    if kind == "ingredient":
        pk = len(ingredients) + 1
        ingredients[pk] = Worth(Fraction(1), known(content), frozenset(), has_food=True)
        return Line(Fraction(1), ingredient_id=pk)
    lines = tuple(kitchen_of(inner, ingredients, batches) for inner in content)
    pk = len(batches) + 1
    batches[pk] = Batch(lines, costing.usable_output(Fraction(2), Decimal("12.5")))
    return Line(Fraction(1), recipe_id=pk)


def absent_in_tree(atom, tree):
    """The independent walk: absent only when every leaf swears so, and nothing is left blank."""
    kind, content = tree
    if kind == "ingredient":
        return is_surely_absent(atom, content)
    return bool(content) and all(absent_in_tree(atom, inner) for inner in content)


def named_in_tree(code, tree):
    kind, content = tree
    if kind == "ingredient":
        return code in content[0]
    return any(named_in_tree(code, inner) for inner in content)


@given(trees(), st.sampled_from(all_lists()))
def test_free_from_agrees_with_a_walk_over_the_tree(tree, in_force):
    ingredients, batches = {}, {}
    line = kitchen_of(tree, ingredients, batches)
    recipes = costing.work_out(Kitchen(ingredients, batches))
    worth = costing.add_up([line], ingredients, recipes)
    verdict = food_rollup.judge(worth.known, in_force)
    expected = {
        item.code
        for item in in_force.items
        if all(absent_in_tree(atom, tree) for atom in item.atoms)
    }
    assert set(verdict.free_from) == expected
    for item in in_force.items:
        if any(named_in_tree(atom, tree) for atom in item.atoms):
            assert item.code in verdict.contains


@given(parts(), parts(), st.sampled_from(all_lists()))
def test_one_more_part_never_clears_anything(one, other, in_force):
    before = food_rollup.judge(known(one), in_force)
    after = food_rollup.judge(known(one) | known(other), in_force)
    assert set(after.free_from) <= set(before.free_from)
    assert set(before.contains) <= set(after.contains)


@given(parts(), st.sampled_from(all_lists()))
def test_every_item_is_judged(part, in_force):
    verdict = food_rollup.judge(known(part), in_force)
    sure = [*verdict.contains, *verdict.free_from]
    doubtful = {*verdict.may_contain, *verdict.unknown}
    assert not doubtful & set(sure)
    assert sorted([*sure, *doubtful]) == sorted(item.code for item in in_force.items)


def test_unnamed_nuts_are_contained_as_nuts_and_none_of_them_is_ruled_out():
    praline = known_of_ingredient(["tree_nuts"], [], complete=True)
    for one in all_lists():
        verdict = food_rollup.judge(praline, one)
        assert "tree_nuts" in verdict.contains
        assert "milk" in verdict.free_from
    assert GROUPS["tree_nuts"][1] <= praline.unknown


def test_gluten_without_a_cereal_leaves_wheat_open():
    verdict = food_rollup.judge(known_of_ingredient(["gluten_cereals"], [], complete=True), HOME)
    assert {"wheat", "gluten"} <= set(verdict.unknown)
    assert verdict.contains == ()


def test_unknown_and_traces_are_both_told():
    together = known_of_ingredient([], [], complete=False) | known_of_ingredient(
        [], ["milk"], complete=True
    )
    verdict = food_rollup.judge(together, HOME)
    assert "milk" in verdict.may_contain
    assert "milk" in verdict.unknown
    assert verdict.free_from == ()


def test_a_statement_says_nothing_of_what_its_list_leaves_out():
    stated = known_as_stated({"contains": ["wheat"], "may_contain": []}, HOME)
    verdict = food_rollup.judge(stated, list_at("eu", TODAY))
    assert {"celery", "lupin"} <= set(verdict.unknown)
    assert "milk" in verdict.free_from


STATED = st.fixed_dictionaries(
    {
        "contains": st.lists(st.sampled_from(list(food_facts.ALLERGENS)), unique=True),
        "may_contain": st.lists(st.sampled_from(list(food_facts.ALLERGENS)), unique=True),
    }
)


@given(parts(), st.none() | STATED)
def test_a_statement_adds_and_never_clears(part, told):
    told = food_facts.clean_allergens(told)
    worth = Worth(Fraction(1), known(part), frozenset(), has_food=True)
    alone = food_facts.facts_of_recipe(worth, None, HOME)
    both = food_facts.facts_of_recipe(worth, told, HOME)
    assert set(both["free_from"]) <= set(alone["free_from"])
    assert set(alone["contains"]) <= set(both["contains"])
    if told:
        assert set(told["contains"]) <= set(both["contains"])
        assert not {*told["contains"], *told["may_contain"]} & set(both["free_from"])


@given(STATED)
def test_what_is_stated_reads_the_same_stored_and_worked_out(told):
    told = food_facts.clean_allergens(told)
    facts = food_facts.facts_as_stated(told)
    verdict = food_rollup.judge(food_facts.known_of_size(facts, HOME), HOME)
    assert set(facts["free_from"]) == set(verdict.free_from)
    assert set(facts["contains"]) == set(verdict.contains)


@given(parts())
def test_facts_survive_storage(part):
    assert food_rollup.from_json(food_rollup.to_json(known(part))) == known(part)


@given(st.lists(parts(), min_size=1, max_size=3), st.sampled_from(list(food_facts.DIETS)))
def test_a_claim_stands_only_on_facts(many, diet):
    whole = Known()
    for part in many:
        whole |= known(part)
    suits = frozenset({"vegan", "vegetarian"})
    facts = food_facts.facts_of_recipe(Worth(None, whole, suits, has_food=True), None, HOME)
    needed = {
        "gluten_free": ("wheat", "gluten"),
        "dairy_free": ("milk",),
        "egg_free": ("egg",),
        "nut_free": ("peanut", "tree_nuts"),
    }
    if food_facts.claim_problem(diet, facts) is None:
        assert set(needed.get(diet, ())) <= set(facts["free_from"])
        assert diet in needed or diet in suits


def test_what_is_told_of_a_size():
    nothing = food_facts.facts_of_recipe(
        Worth(None, food_rollup.NOTHING_KNOWN, frozenset(), has_food=True), None, HOME
    )
    assert food_facts.allergens_of_size(nothing, None) is None
    assert food_facts.allergens_of_size(None, None) is None
    stated = {"contains": ["milk"], "may_contain": []}
    assert food_facts.allergens_of_size(None, stated) == stated
    partly = known_of_ingredient(["egg"], [], complete=False)
    facts = food_facts.facts_of_recipe(Worth(None, partly, frozenset(), has_food=True), None, HOME)
    told = food_facts.allergens_of_size(facts, stated)
    assert told["contains"] == ["egg"]
    assert "milk" in told["unknown"]


@pytest.mark.parametrize("suits", [["vegan"], ["vegetarian"]])
def test_an_ingredient_cannot_suit_what_it_contains(suits):
    with pytest.raises(Invalid, match="contradicted"):
        food_facts.clean_suits(suits, ["fish"])


def test_vegan_is_vegetarian():
    assert food_facts.clean_suits(["vegan"], []) == ["vegetarian", "vegan"]
    assert food_facts.clean_suits(None, ["milk"]) is None


@pytest.mark.parametrize("wrong", ["milk", [1], [["milk"]], ["unobtainium"], {"milk": 1}, None])
def test_codes_that_are_none(wrong):
    with pytest.raises(Invalid):
        food_facts.clean_codes(wrong, field="contains")
