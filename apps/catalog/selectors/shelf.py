"""What visitors see: published products with their sizes, prices and availability.

A list of 24 products is read in two statements, products with sizes and what is there of them,
and costs little beyond them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count

from apps.catalog.models import Category
from apps.catalog.rules.food_facts import ALLERGENS, facts_as_stated
from apps.catalog.selectors.availability import availability_of
from apps.catalog.selectors.shelf_filter import ShelfFilter
from apps.catalog.selectors.shelf_page import (
    Position,
    Row,
    effective_ordering,
    read_any,
    read_page,
    read_published,
)
from apps.catalog.states import ProductStatus

FEW = 5
_VARIANT_ID, _PRICE, _FACTS = 0, 3, 9


class ShelfVariant(NamedTuple):
    """A size on sale. ``remaining`` is None for made to order; prices are before tax.

    ``food_facts`` has the lists contains, may_contain, free_from and unknown: worked out for this
    size, or else as stated of the product; None when nothing is known.
    """

    id: int
    sku: str
    name: str
    price: Decimal
    servings_min: int | None
    servings_max: int | None
    lead_time_hours: int
    per_order_limit: int | None
    message_max_length: int
    food_facts: dict[str, Any] | None
    remaining: int | None

    @property
    def availability(self) -> str:
        """made_to_order, in_stock, few_left or out_of_stock."""
        if self.remaining is None:
            return "made_to_order"
        if self.remaining <= 0:
            return "out_of_stock"
        return "few_left" if self.remaining <= FEW else "in_stock"


@dataclass(slots=True)
class ShelfProduct:
    """A published product with its sizes; ``image`` is a key in the file storage or empty.

    ``image_set`` has the renditions of the image by kind and width. ``allergens`` is what holds
    for all its sizes: what any of them contains or may contain, None when anything of any of them
    is unknown.
    """

    id: int
    name: str
    slug: str
    kind: str
    category_slug: str
    category_name: str
    short_description: str
    image: str
    image_set: dict[str, Any]
    diet_tags: list[str]
    allergens: dict[str, list[str]] | None
    variants: Sequence[ShelfVariant]
    description: str = ""
    seo_description: str = ""

    @property
    def price_from(self) -> Decimal | None:
        """The lowest price of its sizes."""
        return min((variant.price for variant in self.variants), default=None)

    @property
    def has_prices(self) -> bool:
        """Whether sizes differ in price, so that the lowest is only where it starts."""
        return len({variant.price for variant in self.variants}) > 1

    @property
    def is_available(self) -> bool:
        """Whether any size can be had."""
        return any(variant.availability != "out_of_stock" for variant in self.variants)


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """Products in an order, and the positions of the pages beside it (None: there is none)."""

    products: list[ShelfProduct]
    next: Position | None
    previous: Position | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category that has something published."""

    slug: str
    name: str
    products: int


def shelf_page(
    wanted: ShelfFilter,
    *,
    limit: int,
    ordering: str = "",
    offset: int = 0,
    after: Position | None = None,
) -> ShelfPage:
    """Return at most ``limit`` products from ``after`` or ``offset``: two statements.

    Without an ordering the best finds come first when ``wanted`` has words, else names in order.
    """
    ordering = effective_ordering(ordering, wanted)
    page = read_page(wanted, ordering=ordering, limit=limit, offset=offset, after=after)
    return ShelfPage(_products(page.rows), page.next, page.previous)


def shelf(wanted: ShelfFilter, *, limit: int, ordering: str = "name") -> list[ShelfProduct]:
    """Return the first ``limit`` products."""
    return shelf_page(wanted, limit=limit, ordering=ordering).products


def product_on_shelf(slug: str) -> ShelfProduct | None:
    """Return the published product with this slug: two statements."""
    return _in_full(read_published(slug))


def product_in_preview(product_id: int) -> ShelfProduct | None:
    """Return a product in whatever state, as the shop would show it: for staff alone."""
    return _in_full(read_any(product_id))


def shelves() -> list[Shelf]:
    """Return the categories that have published products, in the shop's order."""
    rows = (
        Category.objects.filter(products__status=ProductStatus.PUBLISHED)
        .annotate(published=Count("products"))
        .order_by("position", "name")
        .values_list("slug", "name", "published")
    )
    return [Shelf(*row) for row in rows]


def _in_full(row: Row | None) -> ShelfProduct | None:
    if row is None:
        return None
    description, seo_description = row[-1]
    return replace(_products([row])[0], description=description, seo_description=seo_description)


def _products(rows: Sequence[Row]) -> list[ShelfProduct]:
    sizes = [row[-2] or [] for row in rows]
    remaining = availability_of([size[_VARIANT_ID] for group in sizes for size in group])
    return [_product(row, group, remaining) for row, group in zip(rows, sizes, strict=True)]


def _product(row: Row, sizes: Sequence[Row], remaining: Mapping[int, int | None]) -> ShelfProduct:
    *columns, allergens, _, _ = row
    stated = facts_as_stated(allergens)
    variants = []
    for size in sizes:
        size[_PRICE] = Decimal(size[_PRICE])
        size[_FACTS] = size[_FACTS] or stated
        size.append(remaining.get(size[_VARIANT_ID], 0))
        variants.append(ShelfVariant(*size))
    all_facts = [variant.food_facts for variant in variants] or [stated]
    columns += [_allergens_of(all_facts), variants]
    return ShelfProduct(*columns)


def _allergens_of(all_facts: Sequence[dict[str, Any] | None]) -> dict[str, list[str]] | None:
    """Return what any size contains or may contain; None when some of it is not known."""
    contains: set[str] = set()
    possible: set[str] = set()
    for facts in all_facts:
        if facts is None or facts["unknown"]:
            return None
        contains.update(facts["contains"])
        possible.update(facts["may_contain"])
    return {
        "contains": [name for name in ALLERGENS if name in contains],
        "may_contain": [name for name in ALLERGENS if name in possible and name not in contains],
    }
