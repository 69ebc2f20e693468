"""Search, the part that needs no database: words of a text, and what a misspelt one meant."""

import re
import unicodedata
from collections.abc import Iterable

MOST_WORDS, LONGEST_WORD = 8, 40
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_TO_CORRECT = 3


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` in small letters, at most `MOST_WORDS`, each once.

    Whatever is no letter or digit parts words and is gone, so a word never holds an operator of
    the database's query language. Accents stay: the database takes them off on both sides.
    """
    plain = unicodedata.normalize("NFKC", text[: MOST_WORDS * (LONGEST_WORD + 1) * 4]).lower()
    found = dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(plain))
    return tuple(found)[:MOST_WORDS]


def without_accents(word: str) -> str:
    """Return ``word`` with letters that differ from others by an accent alone written plainly."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that ``word`` was probably meant to be, or "" for none near enough.

    Near is one slip of the pen in words of up to five letters, two in longer ones; slips as
    `slips` counts them. Of equally near ones the first in ``known`` wins.
    """
    plain = without_accents(word)
    if len(plain) < _SHORTEST_TO_CORRECT or not plain.isalpha():
        return ""
    most = 1 if len(plain) <= 5 else 2
    best, fewest = "", most + 1
    for candidate in known:
        count = slips(plain, candidate, most=most)
        if count < fewest:
            best, fewest = candidate, count
    return best


def slips(left: str, right: str, *, most: int) -> int:
    """Return how many letters are added, left out, changed or swapped with their neighbour.

    The optimal string alignment distance; anything beyond ``most`` is ``most + 1``. Source:
    Boytsov, "Indexing methods for approximate dictionary searching", ACM JEA 16 (2011), section 2.
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        line = [row]
        for column, other in enumerate(right, start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return min(last[-1], most + 1)
