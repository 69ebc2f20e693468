"""Figures in a text, in digits and in words, that the data do not have."""

import json
from collections.abc import Iterator
from pathlib import Path

from apps.descriptions.rules.facts import Facts
from apps.descriptions.rules.reading import Reading

_DATA = Path(__file__).with_name("data") / "numbers.json"
_TABLE = json.loads(_DATA.read_text(encoding="utf-8"))
_WORDS: dict[str, int] = _TABLE["words"]
# What a number counts when it is a promise; "two flavours" is none.
_COUNTED: frozenset[str] = frozenset(_TABLE["counted"])
_REACH = 3


def known(own: Reading, facts: Facts) -> frozenset[int]:
    """Return the figures that may be named: of the sizes, and of what is said in the data."""
    said = {_value(word.text) for word in own}
    given = {_value(number) for number in facts.numbers}
    return frozenset(
        value
        for value in {*facts.servings, facts.tiers, *said, *given}
        if value is not None and value > 0
    )


def strangers(reading: Reading, figures: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield where a text has a figure that is not among ``figures``."""
    for at, word in enumerate(reading):
        is_digits = any(char.isdecimal() for char in word.text)
        if not is_digits and not (word.text in _WORDS and _counts(reading, at)):
            continue
        value = _value(word.text)
        if value is None or value not in figures:
            yield word.start, word.end


def _counts(reading: Reading, at: int) -> bool:
    around = reading[max(0, at - _REACH) : at + _REACH + 1]
    return any(word.text in _COUNTED and word.sentence == reading[at].sentence for word in around)


def _value(text: str) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return _WORDS.get(text)
