"""Rows of the catalog."""

from apps.catalog.models.pictures import Picture, PictureUpload
from apps.catalog.models.products import Category, Product, Variant

__all__ = ["Category", "Picture", "PictureUpload", "Product", "Variant"]
