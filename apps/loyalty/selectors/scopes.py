"""What promotions can be for: products and categories of the catalog."""

from collections.abc import Collection, Sequence

from apps.catalog.models import Category, Product, Variant
from apps.loyalty.rules.offers import OfferLine


def known_products(ids: Collection[int]) -> set[int]:
    """Return those of ``ids`` that are products, on sale or not."""
    return set(Product.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def known_categories(ids: Collection[int]) -> set[int]:
    """Return those of ``ids`` that are categories."""
    return set(Category.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def sample_lines(goods: Sequence[tuple[int, int]]) -> tuple[list[OfferLine], list[str]]:
    """Return (variant, quantity) pairs as lines at today's prices, and their names.

    Sizes that do not exist are left out; those that are not on sale are not.
    """
    found = Variant.objects.select_related("product").in_bulk([pk for pk, _ in goods])
    rows = [(found[pk], quantity) for pk, quantity in goods if pk in found]
    lines = [
        OfferLine(
            variant_id=variant.pk,
            product_id=variant.product_id,
            category_id=variant.product.category_id,
            unit_price=variant.price,
            quantity=quantity,
        )
        for variant, quantity in rows
    ]
    return lines, [f"{variant.product.name}, {variant.name}" for variant, _ in rows]
