"""Writes of the catalog."""

from apps.catalog.services.pictures import set_image
from apps.catalog.services.products import (
    archive_product,
    create_category,
    create_product,
    publish_product,
    unpublish_product,
    update_product,
)
from apps.catalog.services.variants import archive_variant, create_variant, update_variant

__all__ = [
    "archive_product",
    "archive_variant",
    "create_category",
    "create_product",
    "create_variant",
    "publish_product",
    "set_image",
    "unpublish_product",
    "update_product",
    "update_variant",
]
