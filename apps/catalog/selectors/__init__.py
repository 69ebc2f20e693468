"""Reads of the catalog."""

from apps.catalog.selectors.availability import answer_availability_with, availability_of
from apps.catalog.selectors.promises import Promise, answer_promises_with, promises_of
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
    "Promise",
    "SellableVariant",
    "Shelf",
    "ShelfFilter",
    "ShelfProduct",
    "ShelfVariant",
    "all_products",
    "answer_availability_with",
    "answer_promises_with",
    "any_product",
    "availability_of",
    "made_to_order",
    "product_on_shelf",
    "promises_of",
    "sellable_variants",
    "shelf",
    "shelf_query",
    "shelves",
    "with_variants",
]
