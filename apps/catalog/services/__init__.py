"""Writes of the catalog."""

from apps.catalog.services.bulk import (
    BulkOutcome,
    Repriced,
    change_prices,
    move_to_category,
    preview_prices,
    set_lead_days,
    step_products,
)
from apps.catalog.services.pictures import set_image
from apps.catalog.services.products import (
    archive_product,
    create_category,
    create_product,
    publish_product,
    unpublish_product,
    update_product,
)
from apps.catalog.services.servings import decide_servings
from apps.catalog.services.variants import (
    archive_variant,
    create_variant,
    restore_variant,
    update_variant,
)

__all__ = [
    "BulkOutcome",
    "Repriced",
    "archive_product",
    "archive_variant",
    "change_prices",
    "create_category",
    "create_product",
    "create_variant",
    "decide_servings",
    "move_to_category",
    "preview_prices",
    "publish_product",
    "restore_variant",
    "set_image",
    "set_lead_days",
    "step_products",
    "unpublish_product",
    "update_product",
    "update_variant",
]
