"""Whether a text says only what the data say.

High recall comes first: a text may name an allergen only where the cake has it, never beside a
word that denies it, and may claim a diet only in the words of a claim that people put on the
product. What is refused without cause costs a person a minute; what passes could cost a life.
Limits are in docs/adr/0044.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from apps.descriptions.rules import numbers
from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.reading import (
    Found,
    Reading,
    Word,
    among,
    find,
    foreign_letters,
    read,
    readings,
    spelled,
    squeezed,
)
from apps.descriptions.rules.texts import LIMITS, Texts
from apps.descriptions.rules.wordlists import Group, WordLists, lists_at

# What no reason of a person outweighs.
BINDING = frozenset({"allergen", "diet", "length", "markup", "script"})
# In the order in which they are told where they overlap.
MESSAGES: dict[str, str] = {
    "allergen": "says something about allergens that only the food facts may say",
    "diet": "claims a diet that is not on the product",
    "length": "is longer than its place",
    "markup": "is markup and not text",
    "script": "has letters of another script, which may read otherwise than they look",
    "link": "is an address",
    "health": "is a claim about health or nutrition",
    "price": "speaks of the price, which changes without the text",
    "instruction": "is no description",
    "claim": "claims what is not in the data",
    "number": "is a figure that is not in the data",
    "ingredient": "names an ingredient that is not in this cake",
    "empty": "is missing",
}
_LISTED = ("diet", "health", "price", "instruction", "claim")
# How far a weak denial reaches forward, and a misspelt allergen's to either side.
_WEAK_REACH, _NEAR = 5, 2
_MISSPELT_FROM = 5
_MARKUP = re.compile(r"<[A-Za-z/!?][^>]*>?|\]\(|```|\*\*|&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8});|[{}]")
_LINK = re.compile(
    r"\b(?:https?|ftp|javascript|data)\s*:\S*|\bwww\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|"
    r"\b[\w-]+\.(?:com|ca|org|net|fr|io|shop|example)\b|(?<!\d)\+?\d[\d ().-]{7,}\d",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[$€£¥]\s?\d[\d.,]*|\d[\d.,]*\s?[$€£¥%]|[$€£¥]")
_JOINED = re.compile(r"(?:free|less|frei)$|free|^(?:non|no|sans|anti)")


@dataclass(frozen=True, slots=True)
class Problem:
    """A stretch of a text (``start`` to before ``end``) that does not follow from the data."""

    field: str
    kind: str
    words: str
    start: int
    end: int

    @property
    def message(self) -> str:
        """What is wrong, to be read behind the words."""
        return MESSAGES[self.kind]

    @property
    def is_binding(self) -> bool:
        """Whether nobody may publish it."""
        return self.kind in BINDING

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored and sent."""
        return {**asdict(self), "message": self.message, "binding": self.is_binding}


@dataclass(frozen=True, slots=True)
class _Known:
    """What a text may name: groups of food that are in the data, figures, claims."""

    lists: WordLists
    groups: frozenset[Group]
    phrases: frozenset[str]
    foreign: frozenset[str]
    figures: frozenset[int]
    allowed: frozenset[str]
    contains: frozenset[str]


def check(texts: Texts, facts: Facts, *, on: date) -> tuple[Problem, ...]:
    """Return what ``texts`` say that ``facts`` do not, by the lists of a day; () is all right."""
    known = _known(facts, on)
    found: list[Problem] = []
    for field, text in texts.as_json().items():
        found += check_text(field, text, known)
    return tuple(found)


def check_text(field: str, text: str, known: _Known) -> list[Problem]:
    """Return the problems of one text, in its order, none within another."""
    if not text.strip():
        return [Problem(field, "empty", "", 0, 0)]
    spans = list(_by_letters(field, text))
    for reading in readings(text):
        spans += _by_words(reading, known)
    spans += [("number", start, end) for start, end in numbers.strangers(read(text), known.figures)]
    order = list(MESSAGES)
    spans.sort(key=lambda span: (order.index(span[0]), span[1] - span[2]))
    kept: list[tuple[str, int, int]] = []
    for kind, start, end in spans:
        if all(end <= other[1] or start >= other[2] for other in kept):
            kept.append((kind, start, end))
    kept.sort(key=lambda span: span[1])
    return [Problem(field, kind, text[start:end], start, end) for kind, start, end in kept]


def own_words(facts: Facts) -> str:
    """Return everything that is said of the cake in its data, one thing a line."""
    parts = (facts.name, facts.flavour, facts.decoration, facts.category, facts.said)
    return "\n".join([*parts, *facts.ingredients, *facts.sizes])


@lru_cache(maxsize=32)
def _known(facts: Facts, on: date) -> _Known:
    lists = lists_at(on)
    own = read(own_words(facts))
    phrases = frozenset(found.phrase for found in find(own, lists.groups.keys(), lists.longest))
    spoken = frozenset(found.phrase for found in find(own, lists.by_kind["claim"], lists.longest))
    mine = {word.text for word in own}
    contains = frozenset(facts.contains)
    groups = {lists.groups[phrase] for phrase in phrases}
    groups |= {
        group
        for group in lists.groups.values()
        if (group.is_name and group.allergens & contains) or group.made_of & phrases
    }
    others = frozenset(
        name
        for name in map(squeezed, facts.others)
        if len(name) > 2 and name not in lists.groups and not _is_among(name, mine)
    )
    return _Known(
        lists=lists,
        groups=frozenset(groups),
        phrases=spoken,
        foreign=others,
        figures=numbers.known(own, facts),
        allowed=frozenset(
            phrase for claim in facts.claims for phrase in lists.supported.get(claim, ())
        ),
        contains=contains,
    )


def _is_among(name: str, mine: set[str]) -> bool:
    return bool({name, f"{name}s", name.removesuffix("s")} & mine)


def _by_letters(field: str, text: str) -> Iterator[tuple[str, int, int]]:
    """What is wrong with the letters, whatever they mean."""
    if len(text) > LIMITS[field]:
        yield "length", LIMITS[field], len(text)
    for kind, pattern in (("markup", _MARKUP), ("link", _LINK), ("price", _MONEY)):
        for match in pattern.finditer(text):
            yield kind, match.start(), match.end()
    if strange := foreign_letters(text):
        yield "script", *strange


def _by_words(reading: Reading, known: _Known) -> Iterator[tuple[str, int, int]]:
    """What is wrong with what the words say."""
    reading = _without_allowed(reading, known)
    lists = known.lists
    there = spelled(reading, lists.longest)
    for kind in _LISTED:
        for found in among(there, lists.by_kind[kind]):
            if kind != "claim" or found.phrase not in known.phrases:
                yield kind, *_span(reading, found.first, found.last)
    for found in among(there, lists.by_kind["allergen"]):
        yield "allergen", *_span(reading, found.first, found.last)
    yield from _by_food(reading, there, known)
    if known.foreign:
        for found in find(reading, known.foreign, max(map(len, known.foreign))):
            yield "ingredient", *_span(reading, found.first, found.last)


def _by_food(reading: Reading, there: list[Found], known: _Known) -> Iterator[tuple[str, int, int]]:
    """Food that is not in the cake, and what denies an allergen."""
    lists = known.lists
    absent = {
        name: among(there, lists.by_kind[name])
        for name in ("absence", "weak_absence", "far_absence")
    }
    taken: set[int] = set()
    for found in among(there, lists.groups.keys()):
        group = lists.groups[found.phrase]
        denial = _denial(reading, found, absent, lists) if group.allergens else None
        if denial is not None:
            first, last = min(found.first, denial.first), max(found.last, denial.last)
            yield "allergen", *_span(reading, first, last)
        words = set(range(found.first, found.last + 1))
        # Within a longer name ("cream" of "cream cheese") it is that which was judged.
        if not taken >= words and group not in known.groups:
            kind = "allergen" if group.is_name else "ingredient"
            yield kind, *_span(reading, found.first, found.last)
        taken |= words
    yield from _joined(reading, lists)
    yield from _misspelt(reading, lists, absent["absence"])


def _denial(
    reading: Reading, food: Found, absent: dict[str, list[Found]], lists: WordLists
) -> Found | None:
    """Return the words that deny ``food``, if any do."""
    sentence = reading[food.first].sentence
    after = food.last + 1
    if after < len(reading) and reading[after].text in lists.by_kind["after"]:
        return Found(reading[after].text, after, after)
    for found in absent["absence"]:
        if reading[found.first].sentence == sentence and not _overlap(found, food):
            return found
    for found in absent["weak_absence"]:
        if reading[found.first].sentence == sentence and 0 < food.first - found.last <= _WEAK_REACH:
            return found
    for found in absent["far_absence"]:
        if reading[found.first].sentence - sentence in {0, 1} and found.first > food.last:
            return found
    return None


def _overlap(one: Found, other: Found) -> bool:
    return one.first <= other.last and other.first <= one.last


def _joined(reading: Reading, lists: WordLists) -> Iterator[tuple[str, int, int]]:
    """Denials in one word: "eggless", "nutfree", "nondairy", "totallyglutenfree"."""
    for word in reading:
        if not _JOINED.search(word.text):
            continue
        for name in lists.allergen_words:
            text = word.text
            ends = text.endswith((f"{name}less", f"{name}frei"))
            denies = f"{name}free" in text or ends or text in {f"non{name}", f"no{name}"}
            if denies:
                yield "allergen", word.start, word.end
                break


def _misspelt(
    reading: Reading, lists: WordLists, absent: list[Found]
) -> Iterator[tuple[str, int, int]]:
    """Names of allergens with a letter wrong, close to a denial: "glutin-free"."""
    near = {
        at
        for found in absent
        for at in range(found.first - _NEAR, found.last + _NEAR + 1)
        if 0 <= at < len(reading) and reading[at].sentence == reading[found.first].sentence
    }
    for at in sorted(near):
        if _is_misspelt(reading[at], lists):
            yield "allergen", reading[at].start, reading[at].end


def _is_misspelt(word: Word, lists: WordLists) -> bool:
    text = word.text
    if len(text) < _MISSPELT_FROM or text in lists.groups:
        return False
    return any(
        len(name) >= _MISSPELT_FROM and _one_apart(text, name) for name in lists.allergen_words
    )


def _one_apart(one: str, other: str) -> bool:
    """Tell whether one letter put in, left out or mistaken makes ``one`` of ``other``."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    rest = {
        len(one) == len(other): one[at + 1 :] == other[at + 1 :],
        len(one) > len(other): one[at + 1 :] == other[at:],
        len(one) < len(other): one[at:] == other[at + 1 :],
    }
    return rest[True]


def _without_allowed(reading: Reading, known: _Known) -> Reading:
    """Leave out claims that the data make, unless more is claimed than of the cake."""
    if not known.allowed:
        return reading
    lists = known.lists
    beyond = {
        reading[found.first].sentence
        for found in find(reading, lists.by_kind["beyond"], lists.longest)
    }
    gone: set[int] = set()
    for found in find(reading, known.allowed, lists.longest):
        if reading[found.first].sentence not in beyond:
            gone |= set(range(found.first, found.last + 1))
    return tuple(word for at, word in enumerate(reading) if at not in gone)


def _span(reading: Reading, first: int, last: int) -> tuple[int, int]:
    return reading[first].start, reading[last].end
