"""One page of the shelf as one statement: products in an order, with all their sizes, as JSON.

Written out, see ADR 0009. The inner query finds the page by keys alone; the outer one fetches what
is shown of those few products.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.catalog.rules.search_words import words_of
from apps.catalog.selectors.search import query_of
from apps.catalog.selectors.shelf_filter import (
    ShelfFilter,
    Sql,
    food_condition,
    joined,
    price_condition,
    servings_condition,
)

Row = list[Any]

# What `shelf.py` takes apart again, in this order.
_SIZES = """
(SELECT json_agg(json_build_array(v.id, v.sku, v.name, v.price::text, v.servings_min,
        v.servings_max, v.lead_time_hours, v.per_order_limit, v.message_max_length,
        v.food_facts - 'atoms' - 'suits') ORDER BY v.position, v.id)
 FROM catalog_variant v WHERE v.product_id = p.id AND v.archived_at IS NULL)
"""
_PRODUCT = """
json_build_array(p.id, p.name, p.slug, p.kind, c.slug, c.name, p.short_description, p.image,
    p.image_set, p.diet_tags, p.allergens, {sizes}, {more})::text
"""
_PAGE = """
SELECT {product}
FROM (SELECT p.id, {named} FROM catalog_product p {joins}
      WHERE p.status = 'published' AND {where} ORDER BY {order} LIMIT %s OFFSET %s) page
JOIN catalog_product p ON p.id = page.id JOIN catalog_category c ON c.id = p.category_id
ORDER BY {page_order}
"""
_ONE = """
SELECT {product}
FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id WHERE {which}
"""
# What only one product is asked for.
_TEXTS = "json_build_array(p.description, p.seo_description)"
_ANY_PRODUCT = _PRODUCT.format(sizes=_SIZES, more=_TEXTS)
_BY_SLUG = _ONE.format(product=_ANY_PRODUCT, which="p.slug = %s AND p.status = 'published'")
_BY_ID = _ONE.format(product=_ANY_PRODUCT, which="p.id = %s")
_HAS_SIZE = """
EXISTS (SELECT 1 FROM catalog_variant v
        WHERE v.product_id = p.id AND v.archived_at IS NULL AND {price} AND {servings})
"""
_LOWEST = """
JOIN (SELECT v.product_id, min(v.price) AS price FROM catalog_variant v
      WHERE v.archived_at IS NULL GROUP BY v.product_id) lowest ON lowest.product_id = p.id
"""


@dataclass(frozen=True, slots=True)
class _Order:
    """A total order: ``keys`` with the types they come back as, then the id; all one way."""

    keys: tuple[tuple[str, str], ...]
    is_descending: bool = False
    joins: str = ""


# A whole number, so that it comes back exactly; equal ranks stand by name.
_RANK = "(-1000000 * ts_rank(p.search, sought.query))::integer"
_ORDERS: Mapping[str, _Order] = {
    "name": _Order((("p.name", "varchar"),)),
    "-name": _Order((("p.name", "varchar"),), is_descending=True),
    "newest": _Order((("p.created_at", "timestamptz"),), is_descending=True),
    "price": _Order((("lowest.price", "numeric"),), joins=_LOWEST),
    "-price": _Order((("lowest.price", "numeric"),), is_descending=True, joins=_LOWEST),
    "relevance": _Order(((_RANK, "integer"), ("p.name", "varchar"))),
}
ORDERINGS: tuple[str, ...] = tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two products of an order: the keys of the one beside it, its id last.

    ``is_backwards`` asks for what stands before it, instead of after.
    """

    keys: tuple[str, ...]
    is_backwards: bool = False


@dataclass(frozen=True, slots=True)
class PageOfRows:
    """Rows in their order, and the positions of the pages beside it (None: there is none)."""

    rows: list[Row]
    next: Position | None
    previous: Position | None


def key_count(ordering: str) -> int:
    """Return how many keys a `Position` of this ordering has."""
    return len(_ORDERS[ordering].keys) + 1


def effective_ordering(ordering: str, wanted: ShelfFilter) -> str:
    """Return the ordering that is used: by rank only for words, by name unless said otherwise."""
    has_words = bool(words_of(wanted.text))
    if ordering in ("", "relevance"):
        return "relevance" if has_words else "name"
    return ordering


def read_page(
    wanted: ShelfFilter,
    *,
    ordering: str,
    limit: int,
    offset: int = 0,
    after: Position | None = None,
) -> PageOfRows:
    """Return at most ``limit`` rows from ``after``, or from ``offset``: one statement.

    ``ordering`` is of `ORDERINGS`, as `effective_ordering` gives it. Keys that are not of this
    ordering's types raise the database's `DataError`.
    """
    is_backwards = after is not None and after.is_backwards
    sql, params = _page_statement(wanted, _ORDERS[ordering], after)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, limit + 1, offset])
        rows = [row for (row,) in cursor.fetchall()]
    found: list[Row] = json.loads(f"[{','.join(rows)}]")
    has_more, found = len(found) > limit, found[:limit]
    if is_backwards:
        found.reverse()
    if not found:
        return PageOfRows([], None, None)
    has_next = is_backwards or has_more
    has_previous = has_more if is_backwards else after is not None
    return PageOfRows(
        found,
        Position(tuple(found[-1][-1])) if has_next else None,
        Position(tuple(found[0][-1]), is_backwards=True) if has_previous else None,
    )


def read_published(slug: str) -> Row | None:
    """Return the row of the published product with this slug, its long texts last."""
    return _read_one(_BY_SLUG, slug)


def read_any(product_id: int) -> Row | None:
    """Return the row of a product in whatever state, its long texts last."""
    return _read_one(_BY_ID, product_id)


def _read_one(sql: str, key: str | int) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        found = cursor.fetchone()
    return json.loads(found[0]) if found else None


def _page_statement(wanted: ShelfFilter, order: _Order, after: Position | None) -> Sql:
    names = [f"k{number}" for number in range(len(order.keys))]
    is_descending = order.is_descending != (after is not None and after.is_backwards)
    direction = "DESC" if is_descending else "ASC"
    search, search_params = _search_join(wanted)
    where, params = _condition(wanted)
    if after is not None:
        place = ", ".join([*(f"%s::{kind}" for _, kind in order.keys), "%s::bigint"])
        keys = ", ".join([*(key for key, _ in order.keys), "p.id"])
        where += f" AND ({keys}) {'<' if is_descending else '>'} ({place})"
        params += after.keys
    shown = ", ".join([*(f"page.{name}::text" for name in names), "page.id::text"])
    sql = _PAGE.format(
        product=_PRODUCT.format(sizes=_SIZES, more=f"json_build_array({shown})"),
        named=", ".join(
            f"{key} AS {name}" for (key, _), name in zip(order.keys, names, strict=True)
        ),
        joins=search + order.joins,
        where=where,
        order=", ".join(f"{key} {direction}" for key in (*(k for k, _ in order.keys), "p.id")),
        page_order=", ".join(f"page.{name} {direction}" for name in (*names, "id")),
    )
    return sql, [*search_params, *params]


def _search_join(wanted: ShelfFilter) -> Sql:
    words = words_of(wanted.text)
    if not words:
        return "", []
    query, params = query_of(words)
    return f"CROSS JOIN (SELECT {query} AS query) sought ", list(params)


def shelf_condition(wanted: ShelfFilter) -> Sql:
    """Return text and food conditions on ``p``: what every facet keeps (see `facets`)."""
    food, params = food_condition(wanted)
    parts = [food]
    if words := words_of(wanted.text):
        query, more = query_of(words)
        parts.append(f"p.search @@ {query}")
        params += more
    elif wanted.text.strip():
        parts.append("false")  # nothing in it can be looked for
    return joined(parts), params


def _condition(wanted: ShelfFilter) -> Sql:
    where, params = shelf_condition(wanted)
    parts = [where]
    if wanted.category:
        parts.append("p.category_id = (SELECT id FROM catalog_category WHERE slug = %s)")
        params.append(wanted.category)
    if wanted.kind:
        parts.append("p.kind = %s")
        params.append(wanted.kind)
    if wanted.has_size_filter:
        price, price_params = price_condition(wanted)
        servings, servings_params = servings_condition(wanted)
        parts.append(_HAS_SIZE.format(price=price, servings=servings))
        params += [*price_params, *servings_params]
    return joined(parts), params
