"""Diet tags and allergen facts: closed vocabularies, and what may be claimed from them.

Absent facts are unknown, never "free from": a person's health hangs on the difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.catalog.rules.allergen_lists import CODES, AllergenList
from apps.catalog.rules.costing import SUITABLE, Worth
from apps.catalog.rules.food_rollup import (
    NOTHING_KNOWN,
    Known,
    from_json,
    judge,
    known_as_stated,
    to_json,
    with_stated,
)
from bakery.kernel.errors import Invalid

# Health Canada's priority allergens, with gluten sources beside wheat and triticale:
# https://www.canada.ca/en/health-canada/services/food-allergies-intolerances.html
ALLERGENS: dict[str, str] = {
    "wheat": "Wheat",
    "gluten": "Other gluten (barley, oats, rye)",
    "egg": "Egg",
    "milk": "Milk",
    "soy": "Soy",
    "sesame": "Sesame",
    "peanut": "Peanut",
    "tree_nuts": "Tree nuts",
    "mustard": "Mustard",
    "sulphites": "Sulphites",
    "fish": "Fish",
    "crustaceans": "Crustaceans",
    "molluscs": "Molluscs",
}
DIETS: dict[str, str] = {
    "vegetarian": "Vegetarian",
    "vegan": "Vegan",
    "halal": "Halal",
    "kosher": "Kosher",
    "gluten_free": "Gluten-free",
    "dairy_free": "Dairy-free",
    "egg_free": "Egg-free",
    "nut_free": "Nut-free",
}
# A claim on the left cannot stand beside an allergen on the right, contained or possible.
_RULED_OUT: dict[str, frozenset[str]] = {
    "gluten_free": frozenset({"wheat", "gluten"}),
    "dairy_free": frozenset({"milk"}),
    "egg_free": frozenset({"egg"}),
    "nut_free": frozenset({"peanut", "tree_nuts"}),
}
# A vegan recipe has none of these, though traces from the same room do not undo it.
_NOT_VEGAN = frozenset({"egg", "milk", "fish", "crustaceans", "molluscs"})
_NOT_VEGETARIAN = frozenset({"fish", "crustaceans", "molluscs"})
_LISTS = ("contains", "may_contain", "free_from", "unknown")


def clean_diets(tags: Iterable[str]) -> list[str]:
    """Return known tags once each, in the vocabulary's order; raise `Invalid` for unknown ones."""
    given = set(tags)
    if unknown := given - DIETS.keys():
        raise Invalid(
            "unknown_diet_tag",
            f"Unknown diet tags: {', '.join(sorted(map(str, unknown)))}.",
            details={"field": "diet_tags", "known": list(DIETS)},
        )
    return [tag for tag in DIETS if tag in given]


def clean_allergens(facts: Any) -> dict[str, list[str]] | None:
    """Return allergen facts in canonical form, or None when they are unknown.

    Facts are ``{"contains": [...], "may_contain": [...]}`` with both keys, since a list left out
    would read as "none". Raises `Invalid` for another shape or an unknown allergen.
    """
    if facts is None:
        return None
    if not isinstance(facts, Mapping) or set(facts) != {"contains", "may_contain"}:
        raise Invalid(
            "bad_allergens",
            "Allergen facts have exactly the lists contains and may_contain, or are null.",
            details={"field": "allergens"},
        )
    contains, may_contain = (_known(facts[key]) for key in ("contains", "may_contain"))
    return {
        "contains": [name for name in ALLERGENS if name in contains],
        "may_contain": [name for name in ALLERGENS if name in may_contain - contains],
    }


def _known(names: Any) -> set[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid("bad_allergens", "Allergens come as lists.", details={"field": "allergens"})
    if unknown := set(names) - ALLERGENS.keys():
        raise Invalid(
            "unknown_allergen",
            f"Unknown allergens: {', '.join(sorted(unknown))}.",
            details={"field": "allergens", "known": list(ALLERGENS)},
        )
    return set(names)


def facts_as_stated(allergens: Mapping[str, list[str]] | None) -> dict[str, Any] | None:
    """Return a size's facts when only a person's word is there; None when there is not even that.

    Both lists of a statement are complete, so what is in neither is absent.
    """
    if allergens is None:
        return None
    named = {*allergens["contains"], *allergens["may_contain"]}
    return {
        "contains": list(allergens["contains"]),
        "may_contain": list(allergens["may_contain"]),
        "free_from": [name for name in ALLERGENS if name not in named],
        "unknown": [],
        "source": "stated",
    }


def facts_of_recipe(
    worth: Worth, allergens: Mapping[str, list[str]] | None, in_force: AllergenList
) -> dict[str, Any]:
    """Return a size's facts by its recipe; what a person stated adds to them, never clears."""
    known = worth.known
    if allergens is not None:
        known = with_stated(known, known_as_stated(allergens, in_force))
    return {
        **_lists_of(known, in_force),
        "source": "recipe",
        "suits": sorted(worth.suits),
        "atoms": to_json(known),
    }


def facts_beside_things(
    worth: Worth, allergens: Mapping[str, list[str]] | None, in_force: AllergenList
) -> dict[str, Any] | None:
    """Return the facts of a size of which only the box is recorded: stated, and the box's own."""
    if allergens is None:
        return None
    known = known_as_stated(allergens, in_force) | worth.known
    return {**_lists_of(known, in_force), "source": "stated", "atoms": to_json(known)}


def _lists_of(known: Known, in_force: AllergenList) -> dict[str, list[str]]:
    verdict = judge(known, in_force)
    return {name: [*getattr(verdict, name)] for name in _LISTS}


def known_of_size(facts: Mapping[str, Any] | None, in_force: AllergenList) -> Known:
    """Return what a size's stored facts say atom by atom; ``in_force`` is the shop's own list."""
    if facts is None:
        return NOTHING_KNOWN
    return from_json(facts["atoms"]) if "atoms" in facts else known_as_stated(facts, in_force)


def allergens_of_size(
    facts: Mapping[str, Any] | None, stated: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return what is told and frozen of a size: ``contains``, ``may_contain``, and ``unknown``.

    ``unknown`` is there only when it names something. None: nothing at all is known. ``stated`` is
    the product's statement, for a size whose facts were not worked out yet.
    """
    facts = facts or facts_as_stated(stated)
    if facts is None:
        return None
    told = {name: facts[name] for name in ("contains", "may_contain", "unknown") if facts[name]}
    if "unknown" in told and len(told) == 1 and not facts["free_from"]:
        return None
    return {"contains": [], "may_contain": [], **told}


def free_of_all(sizes: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """Return the allergens that every size is known to be free of."""
    free = set(ALLERGENS)
    for facts in sizes:
        free &= set(facts["free_from"]) if facts else set()
    return [name for name in ALLERGENS if name in free]


def claim_problem(diet: str, facts: Mapping[str, Any] | None) -> Invalid | None:
    """Return why a claim cannot stand on a size's (or a statement's) facts; None when it can.

    A recipe also says which diets all of its ingredients suit; a statement says nothing of that,
    so there a person's word counts for the diets that allergens do not decide.
    """
    contains = set(facts["contains"]) if facts else set()
    possible = contains | (set(facts["may_contain"]) if facts else set())
    ruled_out = _RULED_OUT.get(diet, frozenset())
    against = possible & ruled_out
    if diet == "vegan":
        against |= contains & _NOT_VEGAN
    if against:
        named = ", ".join(ALLERGENS[name].lower() for name in ALLERGENS if name in against)
        return Invalid(
            "claim_contradicted",
            f"{DIETS[diet]} is contradicted by: {named}.",
            details={"field": "diet_tags", "allergens": sorted(against)},
        )
    doubted = facts is None or ruled_out & set(facts.get("unknown", ()))
    if ruled_out and doubted:
        return Invalid(
            "claim_without_facts",
            f"{DIETS[diet]} needs allergen facts: unknown is not free from.",
            details={"field": "diet_tags"},
        )
    suits = facts.get("suits") if facts else None
    if diet in SUITABLE and suits is not None and diet not in suits:
        return Invalid(
            "claim_not_proven",
            f"{DIETS[diet]}: not every ingredient of the recipe is recorded as {diet}.",
            details={"field": "diet_tags"},
        )
    return None


def check_claims(
    diets: Iterable[str],
    allergens: Mapping[str, Any] | None,
    sizes: Iterable[Mapping[str, Any] | None] = (),
) -> None:
    """Raise `Invalid` for a claim that the facts contradict or cannot support.

    It must stand on every one of ``sizes``; without any, on what is stated of the product.
    """
    every = list(sizes) or [facts_as_stated(allergens)]
    for diet in diets:
        for facts in every:
            if problem := claim_problem(diet, facts):
                raise problem


def clean_codes(codes: Any, *, field: str) -> list[str]:
    """Return an ingredient's allergen codes once each, in order; raise `Invalid` for others."""
    if not isinstance(codes, list | tuple) or not all(isinstance(code, str) for code in codes):
        raise Invalid("bad_allergens", "Allergens come as lists.", details={"field": field})
    if unknown := set(codes) - CODES.keys():
        raise Invalid(
            "unknown_allergen",
            f"Unknown allergens: {', '.join(sorted(unknown))[:200]}.",
            details={"field": field, "known": list(CODES)},
        )
    return [code for code in CODES if code in codes]


def clean_suits(diets: Any, contains: Iterable[str]) -> list[str] | None:
    """Return the diets that an ingredient suits, vegan being vegetarian too; None: not known.

    Raises `Invalid` ``diet_contradicted`` for, say, a vegan ingredient that contains milk.
    """
    if diets is None:
        return None
    if not isinstance(diets, list | tuple) or not all(isinstance(diet, str) for diet in diets):
        raise Invalid("bad_diets", "Diets come as a list or null.", details={"field": "suits"})
    given = set(diets) | ({"vegetarian"} if "vegan" in diets else set())
    if unknown := given - SUITABLE:
        raise Invalid(
            "unknown_diet_tag",
            f"An ingredient suits some of: {', '.join(sorted(SUITABLE))}.",
            details={"field": "suits", "unknown": sorted(unknown)},
        )
    for diet, never in (("vegan", _NOT_VEGAN), ("vegetarian", _NOT_VEGETARIAN)):
        if diet in given and (against := never & set(contains)):
            raise Invalid(
                "diet_contradicted",
                f"{DIETS[diet]} is contradicted by: {', '.join(sorted(against))}.",
                details={"field": "suits"},
            )
    return [diet for diet in DIETS if diet in given]
