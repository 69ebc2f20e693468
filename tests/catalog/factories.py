"""Products that tests of the catalog start from."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from apps.catalog import services
from apps.catalog.models import Category, Product

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KNOWN = {"contains": ["wheat", "milk"], "may_contain": ["tree_nuts"]}


def make_category(name: str = "Bread", **fields) -> Category:
    return Category.objects.filter(name=name).first() or services.create_category(
        name=name, at=AT, **fields
    )


def make_product(
    name: str = "Loaf",
    *,
    prices: tuple[str, ...] = ("6.50",),
    publish: bool = True,
    category: str = "Bread",
    size: dict | None = None,
    **fields,
) -> Product:
    """A product with one size for each price."""
    at = fields.pop("at", AT)
    product = services.create_product(
        name=name, category_id=make_category(category).pk, at=at, **fields
    )
    for position, price in enumerate(prices):
        services.create_variant(
            product_id=product.pk,
            sku=uuid4().hex[:12],
            name=f"Size {position + 1}",
            price=Decimal(price),
            position=position,
            at=AT,
            **(size or {}),
        )
    if publish:
        services.publish_product(product_id=product.pk, at=AT)
    product.refresh_from_db()
    return product
