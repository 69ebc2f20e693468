"""Diet tags and allergen facts: closed vocabularies, and what may be claimed from them.

Absent facts are unknown, never "free from": a person's health hangs on the difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

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


def check_claims(diets: Iterable[str], allergens: Mapping[str, list[str]] | None) -> None:
    """Raise `Invalid` for a claim that the allergen facts contradict or cannot support."""
    contains = set(allergens["contains"]) if allergens else set()
    possible = contains | (set(allergens["may_contain"]) if allergens else set())
    for diet in diets:
        if diet in _RULED_OUT and allergens is None:
            raise Invalid(
                "claim_without_facts",
                f"{DIETS[diet]} needs allergen facts: unknown is not free from.",
                details={"field": "diet_tags"},
            )
        against = possible & _RULED_OUT.get(diet, frozenset())
        if diet == "vegan":
            against |= contains & _NOT_VEGAN
        if against:
            named = ", ".join(ALLERGENS[name].lower() for name in ALLERGENS if name in against)
            raise Invalid(
                "claim_contradicted",
                f"{DIETS[diet]} is contradicted by: {named}.",
                details={"field": "diet_tags", "allergens": sorted(against)},
            )
