"""What visitors see: published products with their sizes, prices and availability.

Rows are plain values, not model objects: a list of 24 products is read in three statements and
costs little beyond them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from apps.catalog.models import Category, Product, Variant
from apps.catalog.selectors.availability import availability_of
from apps.catalog.states import ProductStatus

FEW = 5
ORDERINGS: dict[str, tuple[str, ...]] = {
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
}
_COLUMNS = (
    "id",
    "name",
    "slug",
    "kind",
    "category__slug",
    "category__name",
    "short_description",
    "image",
    "diet_tags",
    "allergens",
)

_ONE = """
SELECT p.id, p.name, p.slug, p.kind, c.slug, c.name, p.short_description, p.image,
       p.diet_tags::json, p.allergens::json, p.description
FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id
WHERE p.slug = %s AND p.status = %s
"""

# Written out: it is part of every list of products, and building it costs more than running it.
_SIZES = """
SELECT product_id, id, sku, name, price, servings_min, servings_max, lead_time_hours,
       per_order_limit, message_max_length
FROM catalog_variant WHERE product_id = ANY(%s) AND archived_at IS NULL ORDER BY position, id
"""


@dataclass(frozen=True, slots=True)
class ShelfVariant:
    """A size on sale. ``remaining`` is None for made to order; prices are before tax."""

    id: int
    sku: str
    name: str
    price: Decimal
    servings_min: int | None
    servings_max: int | None
    lead_time_hours: int
    per_order_limit: int | None
    message_max_length: int
    remaining: int | None

    @property
    def availability(self) -> str:
        """made_to_order, in_stock, few_left or out_of_stock."""
        if self.remaining is None:
            return "made_to_order"
        if self.remaining <= 0:
            return "out_of_stock"
        return "few_left" if self.remaining <= FEW else "in_stock"


@dataclass(frozen=True, slots=True)
class ShelfProduct:
    """A published product with its sizes; ``image`` is a key in the file storage or empty."""

    id: int
    name: str
    slug: str
    kind: str
    category_slug: str
    category_name: str
    short_description: str
    image: str
    diet_tags: list[str]
    allergens: dict[str, list[str]] | None
    variants: Sequence[ShelfVariant]
    description: str = ""

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
class ShelfFilter:
    """Which products: each filter narrows, empty ones do nothing; ``diets`` must all hold."""

    category: str = ""
    kind: str = ""
    diets: tuple[str, ...] = ()
    text: str = ""
    price_min: Decimal | None = None
    price_max: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category that has something published."""

    slug: str
    name: str
    products: int


def shelf_query(wanted: ShelfFilter, *, ordering: str = "name") -> QuerySet[Any, dict[str, Any]]:
    """Return an ordered query of value rows for `with_variants`; ``ordering`` is of `ORDERINGS`."""
    query = Product.objects.filter(_condition(wanted), status=ProductStatus.PUBLISHED)
    if wanted.price_min is not None or wanted.price_max is not None:
        query = query.filter(_priced(wanted))
    columns: tuple[str, ...] = _COLUMNS
    if ordering.endswith("price"):
        lowest = _on_sale().values("product").annotate(lowest=Min("price")).values("lowest")
        query = query.annotate(price_from=Subquery(lowest)).filter(price_from__isnull=False)
        columns = (*_COLUMNS, "price_from")
    elif ordering == "newest":
        columns = (*_COLUMNS, "created_at")
    rows: QuerySet[Any, dict[str, Any]] = query.order_by(*ORDERINGS[ordering]).values(*columns)
    return rows


def with_variants(rows: Iterable[dict[str, Any]]) -> list[ShelfProduct]:
    """Return value rows as products with their sizes: two statements, however many rows."""
    listed = list(rows)
    variants = _variants_of([row["id"] for row in listed])
    return [_product(row, variants.get(row["id"], ())) for row in listed]


def shelf(wanted: ShelfFilter, *, limit: int, ordering: str = "name") -> list[ShelfProduct]:
    """Return the first ``limit`` products."""
    return with_variants(shelf_query(wanted, ordering=ordering)[:limit])


def product_on_shelf(slug: str) -> ShelfProduct | None:
    """Return the published product with this slug."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [slug, ProductStatus.PUBLISHED])
        found = cursor.fetchone()
    row = dict(zip((*_COLUMNS, "description"), found, strict=True)) if found else None
    return with_variants([row])[0] if row else None


def shelves() -> list[Shelf]:
    """Return the categories that have published products, in the shop's order."""
    rows = (
        Category.objects.filter(products__status=ProductStatus.PUBLISHED)
        .annotate(published=Count("products"))
        .order_by("position", "name")
        .values_list("slug", "name", "published")
    )
    return [Shelf(*row) for row in rows]


def _product(row: dict[str, Any], variants: Sequence[ShelfVariant]) -> ShelfProduct:
    return ShelfProduct(
        id=row["id"],
        name=row["name"],
        slug=row["slug"],
        kind=row["kind"],
        category_slug=row["category__slug"],
        category_name=row["category__name"],
        short_description=row["short_description"],
        image=row["image"],
        diet_tags=row["diet_tags"],
        allergens=row["allergens"],
        variants=variants,
        description=row.get("description", ""),
    )


def _condition(wanted: ShelfFilter) -> Q:
    condition = Q()
    if wanted.category:
        condition &= Q(category__slug=wanted.category)
    if wanted.kind:
        condition &= Q(kind=wanted.kind)
    if wanted.diets:
        condition &= Q(diet_tags__contains=list(wanted.diets))
    for word in wanted.text.split()[:8]:
        condition &= Q(name__icontains=word) | Q(short_description__icontains=word)
    return condition


def _on_sale() -> QuerySet[Variant]:
    return Variant.objects.filter(product=OuterRef("pk"), archived_at=None).order_by()


def _priced(wanted: ShelfFilter) -> Exists:
    sizes = _on_sale()
    if wanted.price_min is not None:
        sizes = sizes.filter(price__gte=wanted.price_min)
    if wanted.price_max is not None:
        sizes = sizes.filter(price__lte=wanted.price_max)
    return Exists(sizes)


def _variants_of(product_ids: list[int]) -> dict[int, list[ShelfVariant]]:
    if not product_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [product_ids])
        rows = cursor.fetchall()
    remaining = availability_of([row[1] for row in rows])
    grouped: dict[int, list[ShelfVariant]] = defaultdict(list)
    for row in rows:
        fields = (*row[1:], remaining.get(row[1], 0))
        grouped[row[0]].append(ShelfVariant(*fields))
    return grouped
