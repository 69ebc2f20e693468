"""A text as a person reads it, whatever characters it is spelled with.

"Nut-free" with any hyphen, "n.u.t. f-r-e-e", "NUTFREE", full-width letters, letters with invisible
ones between them and Cyrillic or Greek ones that look Latin all read alike here; every word knows
where it stood.

Sources: Unicode Standard Annex 15 (NFKD) and Unicode Technical Standard 39 (confusables): the
letters of `data/letters.json`.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_DATA = Path(__file__).with_name("data") / "letters.json"
_ALIKE = str.maketrans(json.loads(_DATA.read_text(encoding="utf-8"))["letters"])
# Figures and signs that stand for letters: a 1 is read both as an i and as an l.
_SIGNS = "013457@$€|!"
_AS_LETTERS = (str.maketrans(_SIGNS, "oieastasell"), str.maketrans(_SIGNS, "oleastaseii"))
_SPELLED = re.compile(r"[^\W\d_][013457@$€|!]|[013457@$€|!][^\W\d_]")
_DROPPED = frozenset({"Mn", "Me", "Cf"})
_APOSTROPHES = frozenset("'\u2019\u02bc\u2018`\u00b4")
# A question mark ends no thought: "Nuts? None."
_STOPS = frozenset(".!\n;")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it reads, from ``start`` to before ``end`` of the text, in which sentence."""

    text: str
    start: int
    end: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a reading: the words from ``first`` to ``last``."""

    phrase: str
    first: int
    last: int


Reading = tuple[Word, ...]


def read(text: str) -> Reading:
    """Return the words of ``text``, letters as they look, figures as they stand."""
    return _read(text, None)


def readings(text: str) -> list[Reading]:
    """Return every way in which ``text`` may be read: "gl0ten" and "g1uten" mean a word as well."""
    found = [read(text)]
    if _SPELLED.search(text):
        found += [_read(text, table) for table in _AS_LETTERS]
    return found


def squeezed(phrase: str) -> str:
    """Return a phrase as `find` looks for it: its words without anything between them."""
    return "".join(word.text for word in read(phrase))


def spelled(reading: Reading, longest: int) -> list[Found]:
    """Return all that words of ``reading`` spell together, up to a length: at each start the
    longest first.
    """
    found: list[Found] = []
    for first in range(len(reading)):
        text, ends = "", []
        for last in range(first, len(reading)):
            text += reading[last].text
            if len(text) > longest:
                break
            ends.append(Found(text, first, last))
        found += reversed(ends)
    return found


def find(reading: Reading, phrases: Collection[str], longest: int) -> list[Found]:
    """Return each of ``phrases`` (squeezed, none above ``longest``) that ``reading`` spells."""
    return among(spelled(reading, longest), phrases)


def among(spelled_there: Iterable[Found], phrases: Collection[str]) -> list[Found]:
    """Return what is one of ``phrases``, in the same order."""
    return [found for found in spelled_there if found.phrase in phrases]


def foreign_letters(text: str) -> tuple[int, int] | None:
    """Return where the first letters stand that are not Latin ones, however they look."""
    for at, char in enumerate(text):
        name = unicodedata.name(char, "") if char.isalpha() and ord(char) > 127 else "LATIN"
        if "LATIN" not in name and "ORDINAL" not in name:
            return at, at + 1
    return None


def _read(text: str, table: Mapping[int, int] | None) -> Reading:
    words: list[Word] = []
    letters, start, end, sentence = "", 0, 0, 0
    for at, char in enumerate(f"{text}\n"):
        shown = _shown(char, table)
        if shown is None:
            continue
        if shown:
            start = at if not letters else start
            letters, end = letters + shown, at + 1
            continue
        if letters:
            words.append(Word(letters, start, end, sentence))
            letters = ""
        # A full stop between letters, as in "n.u.t.", is none.
        follows = text[at + 1 : at + 2]
        if char in _STOPS and (char in "\n;" or not follows or follows.isspace()):
            sentence += 1
    return tuple(words)


def _shown(char: str, table: Mapping[int, int] | None) -> str | None:
    """Return the letters that ``char`` looks like: none for a gap, None for what is not seen."""
    if char in _APOSTROPHES:
        return None
    if table is not None and char in _SIGNS:
        return char.translate(table)
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    shown = ""
    for part in unicodedata.normalize("NFKD", char.translate(_ALIKE)):
        if unicodedata.category(part) not in _DROPPED:
            shown += part.translate(_ALIKE).casefold()
        elif not shown:
            return None
    return shown if shown.isalnum() else ""
