"""How many products each further choice would leave: the numbers beside the shop's filters.

A count is what a visitor gets who makes that choice on top of the others. Where choices of one
filter exclude each other (category, kind, price, size), its counts leave its own present choice
out; where they add up (diets, free from), they keep it. "Free from" counts `Product.free_from`,
which holds only what is known, so a product of unknown facts is in none of these numbers.

Counting is one statement over the products that words, diets and allergens leave, grouped once per
filter; the present choices of the other filters are counted by FILTER. Only the counts of the whole
shelf read everything there is; they are kept for a few seconds. See ADR 0013.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from apps.catalog.rules.facet_steps import PRICE_STEPS, SERVINGS_STEPS, PriceStep
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.selectors.shelf_filter import (
    SERVES,
    ShelfFilter,
    price_condition,
    servings_condition,
)
from apps.catalog.selectors.shelf_page import shelf_condition
from apps.catalog.states import ProductKind
from bakery.kernel.remembering import remember

_COUNTS = """
WITH found AS (
  SELECT p.category_id, p.kind, p.diet_tags, p.free_from,
         coalesce(bit_or({price_bits}) FILTER (WHERE {servings}), 0) AS price_bits,
         coalesce(max({serves}) FILTER (WHERE {price}), 0) AS serves,
         {fits} AS fits,
         coalesce(p.category_id = (SELECT id FROM catalog_category WHERE slug = %s), %s) AS is_here,
         coalesce(p.kind = nullif(%s, ''), true) AS is_kind
  FROM catalog_product p
  LEFT JOIN catalog_variant v ON v.product_id = p.id AND v.archived_at IS NULL
  WHERE p.status = 'published' AND {where}
  GROUP BY p.id
)
SELECT grouping(category_id, kind, diet_tags, free_from, price_bits, serves),
       category_id, kind, diet_tags::text, free_from::text, price_bits, serves,
       count(*) FILTER (WHERE is_kind AND fits),
       count(*) FILTER (WHERE is_here AND fits),
       count(*) FILTER (WHERE is_here AND is_kind),
       count(*) FILTER (WHERE is_here AND is_kind AND fits)
FROM found
GROUP BY GROUPING SETS
  ((category_id), (kind), (diet_tags), (free_from), (price_bits), (serves), ())
"""
_CATEGORIES = """
SELECT c.id, c.slug, c.name FROM catalog_category c
WHERE EXISTS (SELECT 1 FROM catalog_product p
              WHERE p.category_id = c.id AND p.status = 'published')
ORDER BY c.position, c.name
"""
_GROUPS = ("category", "kind", "diet", "free_from", "price", "serves")
_ALL_OFF = (1 << len(_GROUPS)) - 1
_LISTS = ("diet", "free_from")
_EVERYTHING = ShelfFilter()
# The number in the key changes with the shape of what is kept. The seconds are fewer than those a
# public reply may be kept for (`api.conditional`), which come on top.
_KEPT_AS, _KEPT_SECONDS = "facets-of-everything:1", 5


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One choice: its value in an address, its name, how many products it leaves."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PriceOption:
    """A step of prices with its count; ends are inclusive, None is no end."""

    step: PriceStep
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """All filters with their counts; ``total`` is what the filter leaves as it is."""

    total: int
    categories: list[FacetOption]
    kinds: list[FacetOption]
    diets: list[FacetOption]
    free_from: list[FacetOption]
    prices: list[PriceOption]
    servings: list[FacetOption]


def count_facets(wanted: ShelfFilter) -> Facets:
    """Return every choice that could be made beside ``wanted``: at most two statements.

    The counts of the whole shelf may be `_KEPT_SECONDS` old; without the cache they are counted.
    """
    counts = _counts_of_everything() if wanted == _EVERYTHING else _count(wanted)
    by = counts.by_value
    return Facets(
        total=counts.total,
        categories=[
            FacetOption(slug, name, by["category"][number], slug == wanted.category)
            for number, slug, name in counts.categories
        ],
        kinds=_options(ProductKind.choices, by["kind"], [wanted.kind]),
        diets=_options(DIETS.items(), by["diet"], wanted.diets),
        free_from=_options(ALLERGENS.items(), by["free_from"], wanted.free_from),
        prices=_prices(by["price"], wanted),
        servings=_servings(by["serves"], wanted),
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the statements found: categories in their order, products by each filter's value."""

    categories: Sequence[tuple[int, str, str]]
    total: int
    by_value: Mapping[str, Counter[Any]]


def _counts_of_everything() -> _Counts:
    def make() -> tuple[Any, ...]:
        counts = _count(_EVERYTHING)
        return counts.categories, counts.total, counts.by_value

    return _Counts(*remember(_KEPT_AS, seconds=_KEPT_SECONDS, make=make))


def _count(wanted: ShelfFilter) -> _Counts:
    with connection.cursor() as cursor:
        cursor.execute(_CATEGORIES)
        categories = cursor.fetchall()
        cursor.execute(*_statement(wanted))
        rows = cursor.fetchall()
    total = 0
    by_value: dict[str, Counter[Any]] = {name: Counter() for name in _GROUPS}
    for mask, *values in rows:
        for_category, for_kind, for_sizes, for_all = values[len(_GROUPS) :]
        if mask == _ALL_OFF:
            total = for_all
            continue
        number = len(_GROUPS) - (_ALL_OFF ^ mask).bit_length()
        counts = (for_category, for_kind, for_all, for_all, for_sizes, for_sizes)
        name, value = _GROUPS[number], values[number]
        for each in _codes(value) if name in _LISTS else (value,):
            by_value[name][each] += counts[number]
    return _Counts(categories, total, by_value)


@lru_cache(maxsize=8192)
def _codes(listed: str) -> frozenset[str]:
    """Return the codes of a JSON list: a range has the same few lists again and again."""
    return frozenset(json.loads(listed))


def _statement(wanted: ShelfFilter) -> tuple[str, list[Any]]:
    servings, servings_params = servings_condition(wanted)
    price, price_params = price_condition(wanted)
    where, params = shelf_condition(wanted)
    fits, fits_params = "true", []
    if wanted.has_size_filter:
        fits = f"coalesce(bool_or({price} AND {servings}), false)"
        fits_params = [*price_params, *servings_params]
    bits, bits_params = _price_bits()
    sql = _COUNTS.format(
        price_bits=bits, servings=servings, serves=SERVES, price=price, fits=fits, where=where
    )
    choices = [wanted.category, not wanted.category, wanted.kind]
    return sql, [
        *bits_params, *servings_params, *price_params, *fits_params, *choices, *params
    ]  # fmt: skip


def _price_bits() -> tuple[str, list[Any]]:
    """Return the step of a size's price as one bit, the lowest for the first step.

    No bit for a product without sizes, whose one row has no price.
    """
    edges = [step.lowest for step in PRICE_STEPS if step.lowest is not None]
    steps = " ".join(f"WHEN v.price < %s THEN {1 << number}" for number in range(len(edges)))
    return f"CASE {steps} WHEN v.price >= %s THEN {1 << len(edges)} END", [*edges, edges[-1]]


def _options(
    choices: Iterable[tuple[str, str]], counts: Counter[str], chosen: Sequence[str]
) -> list[FacetOption]:
    return [
        FacetOption(value, str(label), counts[value], value in chosen) for value, label in choices
    ]


def _prices(by_bits: Counter[int], wanted: ShelfFilter) -> list[PriceOption]:
    return [
        PriceOption(
            step,
            sum(count for bits, count in by_bits.items() if bits & (1 << number)),
            (step.lowest, step.highest) == (wanted.price_min, wanted.price_max),
        )
        for number, step in enumerate(PRICE_STEPS)
    ]


def _servings(by_size: Counter[int], wanted: ShelfFilter) -> list[FacetOption]:
    return [
        FacetOption(
            str(guests),
            f"{guests} or more",
            sum(count for size, count in by_size.items() if size >= guests),
            guests == wanted.servings_min,
        )
        for guests in SERVINGS_STEPS
    ]
