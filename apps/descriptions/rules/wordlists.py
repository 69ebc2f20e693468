"""The words that the check goes by, as dated data; the lists and their sources are in ``data``.

A list counts from its day until the next of its kind. English and French lie in one list: a text
is checked against both, so that a claim does not pass for being made in the other language.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from apps.descriptions.rules.reading import squeezed

_DATA = Path(__file__).with_name("data")
_LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Group:
    """Words for one thing that is eaten, and the allergens it brings or names."""

    words: frozenset[str]
    allergens: frozenset[str]
    # Whether it is the allergen's own name ("nut", "gluten") and not that of something to eat.
    is_name: bool
    # What it is made of: where that is in a cake, it may be.
    made_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WordLists:
    """All lists of a day; every phrase squeezed, as `reading.find` looks for it."""

    by_kind: dict[str, frozenset[str]]
    groups: dict[str, Group]
    supported: dict[str, frozenset[str]]
    longest: int

    @property
    def allergen_words(self) -> frozenset[str]:
        """Words that name an allergen or something that brings one."""
        return frozenset(word for word, group in self.groups.items() if group.allergens)


@cache
def lists_at(on: date) -> WordLists:
    """Return the lists in force on a day; before the first, the first."""
    by_kind: dict[str, frozenset[str]] = {}
    for row in _in_force("claims.json", on, key="kind"):
        words = [word for language in _LANGUAGES for word in row.get(language, [])]
        by_kind[row["kind"]] = frozenset(map(squeezed, words))
    (food,) = _in_force("ingredients.json", on, key="kind")
    groups: dict[str, Group] = {}
    for name in ("ingredients", "allergen_names"):
        for row in food[name]:
            group = Group(
                words=frozenset(map(squeezed, row["words"])),
                allergens=frozenset(row["allergens"]),
                is_name=name == "allergen_names",
                made_of=frozenset(map(squeezed, row.get("made_of", []))),
            )
            groups |= dict.fromkeys(group.words, group)
    supported = {
        claim: frozenset(map(squeezed, words)) for claim, words in food["supported"].items()
    }
    every = [*groups, *(word for words in by_kind.values() for word in words)]
    return WordLists(by_kind, groups, supported, longest=max(map(len, every)))


def _in_force(name: str, on: date, *, key: str) -> list[dict[str, Any]]:
    """Return the newest row of each kind that counts on a day."""
    found: dict[str, dict[str, Any]] = {}
    rows = json.loads((_DATA / name).read_text(encoding="utf-8"))
    for row in sorted(rows, key=lambda row: str(row["effective_from"])):
        kind = row.get(key, "")
        if kind not in found or date.fromisoformat(row["effective_from"]) <= on:
            found[kind] = row
    return list(found.values())
