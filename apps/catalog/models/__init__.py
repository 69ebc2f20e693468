"""Rows of the catalog."""

from apps.catalog.models.products import Category, Product, Variant

__all__ = ["Category", "Product", "Variant"]
