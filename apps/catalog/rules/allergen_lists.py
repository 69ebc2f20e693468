"""Allergens one by one, and the lists of the authorities that name them, as dated data.

Ingredients are recorded by *atom* (almond, rye), because lists differ in what they put together:
coconut was a tree nut for the FDA until 2025 and never was one in Canada.
`data/allergen_lists.json` holds each list with the day from which it counts and its source.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bakery.kernel.errors import Invalid

_DATA = Path(__file__).with_name("data") / "allergen_lists.json"

ATOMS: dict[str, str] = {
    "wheat": "Wheat",
    "spelt": "Spelt",
    "khorasan": "Khorasan wheat",
    "triticale": "Triticale",
    "rye": "Rye",
    "barley": "Barley",
    "oats": "Oats",
    "almond": "Almond",
    "beech_nut": "Beech nut",
    "black_walnut": "Black walnut",
    "brazil_nut": "Brazil nut",
    "butternut": "Butternut",
    "california_walnut": "California walnut",
    "cashew": "Cashew",
    "chestnut": "Chestnut",
    "chinquapin": "Chinquapin",
    "coconut": "Coconut",
    "ginkgo": "Ginkgo nut",
    "hazelnut": "Hazelnut",
    "heartnut": "Heartnut",
    "hickory": "Hickory nut",
    "lychee": "Lychee nut",
    "macadamia": "Macadamia",
    "pecan": "Pecan",
    "pili_nut": "Pili nut",
    "pine_nut": "Pine nut",
    "pistachio": "Pistachio",
    "shea_nut": "Shea nut",
    "walnut": "Walnut",
    "peanut": "Peanut",
    "milk": "Milk",
    "egg": "Egg",
    "fish": "Fish",
    "crustaceans": "Crustaceans",
    "molluscs": "Molluscs",
    "soy": "Soy",
    "sesame": "Sesame",
    "mustard": "Mustard",
    "celery": "Celery",
    "lupin": "Lupin",
    "sulphites": "Sulphites",
}
_CEREALS = frozenset({"wheat", "spelt", "khorasan", "triticale", "rye", "barley", "oats"})
# What is known only as a kind: any of its members may be the one.
GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "tree_nuts": (
        "Tree nuts, not said which",
        frozenset(list(ATOMS)[list(ATOMS).index("almond") : list(ATOMS).index("peanut")]),
    ),
    "any_wheat": (
        "Wheat, not said which",
        frozenset({"wheat", "spelt", "khorasan", "triticale"}),
    ),
    "other_gluten": (
        "Barley, oats or rye, not said which",
        frozenset({"barley", "oats", "rye"}),
    ),
    "gluten_cereals": ("Gluten, not said from what", _CEREALS),
}
CODES: dict[str, str] = {**ATOMS, **{code: label for code, (label, _) in GROUPS.items()}}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list: the atoms it means, and the unnamed kind that counts as naming it."""

    code: str
    label: str
    atoms: frozenset[str]
    group: str = ""


@dataclass(frozen=True, slots=True)
class AllergenList:
    """What an authority wants to be named, from a day on until its next list."""

    jurisdiction: str
    name: str
    effective_from: date
    source: str
    items: tuple[Item, ...]


@cache
def all_lists() -> tuple[AllergenList, ...]:
    """Return every list on file, the oldest first."""
    lists = [
        AllergenList(
            jurisdiction=entry["jurisdiction"],
            name=entry["name"],
            effective_from=date.fromisoformat(entry["effective_from"]),
            source=entry["source"],
            items=tuple(
                Item(
                    code=item["code"],
                    label=item["label"],
                    atoms=frozenset(item["atoms"]),
                    group=item.get("group", ""),
                )
                for item in entry["items"]
            ),
        )
        for entry in json.loads(_DATA.read_text())
    ]
    return tuple(sorted(lists, key=lambda one: one.effective_from))


def jurisdictions() -> dict[str, str]:
    """Return the jurisdictions that have lists: code and name."""
    return {one.jurisdiction: one.name for one in all_lists()}


@cache
def list_at(jurisdiction: str, on: date) -> AllergenList:
    """Return the list that counts in ``jurisdiction`` on a day.

    Raises `Invalid` ``unknown_jurisdiction``, or ``no_list_yet`` before its first list.
    """
    known = [one for one in all_lists() if one.jurisdiction == jurisdiction]
    if not known:
        raise Invalid(
            "unknown_jurisdiction",
            f"Lists are kept for: {', '.join(jurisdictions())}.",
            details={"field": "jurisdiction", "known": list(jurisdictions())},
        )
    in_force = [one for one in known if one.effective_from <= on]
    if not in_force:
        raise Invalid(
            "no_list_yet",
            f"The first list on file counts from {known[0].effective_from}.",
            details={"field": "on", "first": known[0].effective_from.isoformat()},
        )
    return in_force[-1]


def expand(codes: Iterable[str]) -> frozenset[str]:
    """Return the atoms that ``codes`` may mean: themselves, or all members of a kind."""
    atoms: set[str] = set()
    for code in codes:
        atoms |= GROUPS[code][1] if code in GROUPS else {code}
    return frozenset(atoms)
