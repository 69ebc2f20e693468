"""Search: words as a query of the database, and what to look for when nothing is found.

A product is found when it has every word: as it is written up to where it was typed
("choc" finds "chocolate"), or in another form ("cakes" finds "cake"), with or without accents.
Where a word stands decides the rank: name before short description before description before
category, diets and further words (PostgreSQL's `ts_rank` with its weights 1.0, 0.4, 0.2, 0.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from apps.catalog.rules.search_words import closest, without_accents, words_of
from apps.catalog.selectors.shelf_filter import ShelfFilter

_CANDIDATES = 12
_FOUND = """
SELECT EXISTS (SELECT 1 FROM catalog_product p WHERE p.status = 'published' AND p.search @@ {query})
"""
# The nearest words by shared trigrams, by index; of those, the ones that find something.
_NEAR = """
SELECT typed.n,
       EXISTS (SELECT 1 FROM catalog_product p WHERE p.status = 'published' AND p.search @@
               (plainto_tsquery('public.shop_english'::regconfig, typed.word)
                || to_tsquery('public.shop_plain'::regconfig, typed.word || ':*'))),
       ARRAY(SELECT near.word FROM
               (SELECT s.word, s.word <-> typed.word AS distance FROM catalog_searchword s
                ORDER BY s.word <-> typed.word LIMIT %s) near
             WHERE EXISTS (SELECT 1 FROM catalog_product p WHERE p.status = 'published' AND
                   p.search @@ plainto_tsquery('public.shop_plain'::regconfig, near.word))
             ORDER BY near.distance, near.word)
FROM unnest(%s::text[]) WITH ORDINALITY AS typed(word, n) ORDER BY typed.n
"""


@dataclass(frozen=True, slots=True)
class Understood:
    """A filter as it is carried out; ``corrected`` is the text that stands in for what was typed.

    ``corrected`` is empty when the text was taken as it is.
    """

    wanted: ShelfFilter
    corrected: str


def understand(wanted: ShelfFilter) -> Understood:
    """Return ``wanted`` with misspelt words put right, if as typed it finds nothing in the shop.

    Words are put right one by one; when one of them cannot be, nothing is changed: words are never
    dropped, since "cake without nuts" is not "cake". No statement without a text, one for words
    that find something, two else.
    """
    words = words_of(wanted.text)
    if not words or _finds_something(words):
        return Understood(wanted, "")
    corrected = _corrected(words)
    if not corrected or corrected == words or not _finds_something(corrected):
        return Understood(wanted, "")
    text = " ".join(corrected)
    return Understood(replace(wanted, text=text), text)


def query_of(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the text query for ``words`` as an SQL expression with its parameters."""
    parts, params = [], []
    for word in words:
        parts.append(
            "(plainto_tsquery('public.shop_english'::regconfig, %s)"
            " || to_tsquery('public.shop_plain'::regconfig, %s))"
        )
        params += [word, f"{word}:*"]
    return f"({' && '.join(parts)})", params


def _finds_something(words: Sequence[str]) -> bool:
    query, params = query_of(words)
    return bool(_rows(_FOUND.format(query=query), params)[0][0])


def _corrected(words: Sequence[str]) -> tuple[str, ...]:
    plain = [without_accents(word) for word in words]
    found = []
    for number, is_known, near in _rows(_NEAR, [_CANDIDATES, plain]):
        word = words[number - 1]
        found.append(word if is_known else closest(word, near))
    return tuple(found) if all(found) else ()


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
