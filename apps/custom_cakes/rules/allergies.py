"""What a customer wrote about allergies, held against what is known to be in a cake. Pure.

It errs on one side only: what is unknown speaks against the cake, and so do words that nobody
here understands, because a person has to read them. It never says that a cake is safe.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from apps.catalog import selectors as catalog
from bakery.kernel.wording import DEFAULT, language_of

_DATA = Path(__file__).with_name("data") / "allergy_words.json"
CONTAINS, MAY_CONTAIN, UNKNOWN, NOT_UNDERSTOOD = "contains", "may_contain", "unknown", "not_read"
_TEXTS = {
    "en": {
        CONTAINS: "{what}: this cake contains it.",
        MAY_CONTAIN: "{what}: this cake may contain traces of it.",
        UNKNOWN: "{what}: we do not know whether this cake is free from it.",
        NOT_UNDERSTOOD: "What was written about allergies has to be read by a person: {what}",
    },
    "fr": {
        CONTAINS: "{what} : ce gâteau en contient.",
        MAY_CONTAIN: "{what} : ce gâteau peut en contenir des traces.",
        UNKNOWN: "{what} : nous ne savons pas si ce gâteau en est exempt.",
        NOT_UNDERSTOOD: "Ce qui est écrit sur les allergies doit être lu par une personne : {what}",
    },
}


@dataclass(frozen=True, slots=True)
class Concern:
    """One allergen that was named; ``says`` is the worst that applies. ``code`` "": the text."""

    code: str
    name: str
    says: str

    def text_in(self, language: str = DEFAULT) -> str:
        """Return it as a sentence; ``name`` is the word that the customer used."""
        return _TEXTS[language_of(language)][self.says].format(what=self.name)


def conflicts_of(text: str, facts: Mapping[str, Any] | None) -> list[Concern]:
    """Return what in ``text`` speaks against a cake with ``facts`` (food facts of a size).

    Empty for no text, for one that says "none", and when all of it is understood and every
    allergen that it names is known to be absent. What is not understood is a concern by itself.
    """
    plain = _plain(text)
    if not plain or plain in _words().none:
        return []
    named = _named(plain)
    known = (
        catalog.known_from_json(facts["atoms"])
        if facts and "atoms" in facts
        else catalog.NOTHING_KNOWN
    )
    found = [
        Concern(code, word, says)
        for code, word in named.items()
        if (says := _worst(code, known)) is not None
    ]
    told = _worst_of_each_word(found)
    if not _is_understood(plain):
        told.append(Concern("", " ".join(text.split())[:200], NOT_UNDERSTOOD))
    return told


def named_in(text: str) -> list[str]:
    """Return the codes of allergens that ``text`` names, in the vocabulary's order."""
    named = _named(_plain(text))
    return [code for code in catalog.ALLERGEN_CODES if code in named]


@dataclass(frozen=True, slots=True)
class _Words:
    none: frozenset[str]
    filler: frozenset[str]
    codes: dict[str, tuple[str, ...]]


@cache
def _words() -> _Words:
    data = json.loads(_DATA.read_text())
    return _Words(
        none=frozenset(map(_plain, data["none"])),
        filler=frozenset(map(_plain, data["filler"])),
        codes={code: tuple(map(_plain, words)) for code, words in data["words"].items()},
    )


def _named(plain: str) -> dict[str, str]:
    """Return the first word of ``plain`` that names each code."""
    found = {}
    for code, words in _words().codes.items():
        for word in words:
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain):
                found[code] = word
                break
    return found


def _is_understood(plain: str) -> bool:
    """Tell whether ``plain`` is made of names of allergens and of words that add nothing."""
    rest = plain
    names = {word for words in _words().codes.values() for word in words}
    for word in sorted(names, key=len, reverse=True):
        rest = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", rest)
    left = set(re.findall(r"\w+", rest)) - _words().filler
    return not left


def _worst(code: str, known: catalog.Known) -> str | None:
    atoms = catalog.expand_allergens([code])
    if atoms & known.contains or _same_kind(atoms, known.contains):
        return CONTAINS
    if atoms & known.unknown:
        return UNKNOWN
    if atoms & catalog.expand_allergens(known.may_contain):
        return MAY_CONTAIN
    return None


def _same_kind(atoms: frozenset[str], codes: frozenset[str]) -> bool:
    """Tell whether a kind that is contained without a name lies within ``atoms``."""
    groups = catalog.ALLERGEN_GROUPS
    return any(code in groups and groups[code][1] <= atoms for code in codes)


def _worst_of_each_word(concerns: list[Concern]) -> list[Concern]:
    """Say one thing a word: "nuts" names fifteen allergens, of which the worst counts."""
    order = (CONTAINS, UNKNOWN, MAY_CONTAIN)
    best: dict[str, Concern] = {}
    for concern in concerns:
        held = best.get(concern.name)
        if held is None or order.index(concern.says) < order.index(held.says):
            best[concern.name] = concern
    return list(best.values())


def _plain(text: str) -> str:
    """Return ``text`` in small letters without accents, ligatures or double spaces."""
    spelt = text.casefold().replace("œ", "oe").replace("\u2019", "'")
    letters = unicodedata.normalize("NFKD", spelt)
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.split()).strip(" .!")
