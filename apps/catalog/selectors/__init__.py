"""Reads of the catalog."""

from apps.catalog.selectors.availability import answer_availability_with, availability_of
from apps.catalog.selectors.sellable import SellableVariant, made_to_order, sellable_variants

__all__ = [
    "SellableVariant",
    "answer_availability_with",
    "availability_of",
    "made_to_order",
    "sellable_variants",
]
