"""Reads of the catalog."""

from apps.catalog.selectors.availability import answer_availability_with, availability_of
from apps.catalog.selectors.range import all_products, any_product
from apps.catalog.selectors.sellable import SellableVariant, made_to_order, sellable_variants
from apps.catalog.selectors.shelf import (
    ORDERINGS,
    Shelf,
    ShelfFilter,
    ShelfProduct,
    ShelfVariant,
    product_on_shelf,
    shelf,
    shelf_query,
    shelves,
    with_variants,
)

__all__ = [
    "ORDERINGS",
    "SellableVariant",
    "Shelf",
    "ShelfFilter",
    "ShelfProduct",
    "ShelfVariant",
    "all_products",
    "answer_availability_with",
    "any_product",
    "availability_of",
    "made_to_order",
    "product_on_shelf",
    "sellable_variants",
    "shelf",
    "shelf_query",
    "shelves",
    "with_variants",
]
