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
from apps.catalog.services.cutouts import choose_cutout, request_cutout, run_cutout
from apps.catalog.services.food import Settled, recheck_food, see_withdrawn_claim, settle_food
from apps.catalog.services.foreign_pictures import RewrittenPicture, rewrite_picture
from apps.catalog.services.gallery import (
    apply_renditions,
    choose_main_picture,
    order_pictures,
    remove_picture,
    show_original,
)
from apps.catalog.services.ingredients import create_ingredient, update_ingredient
from apps.catalog.services.orphans import OrphanReport, remove_orphans
from apps.catalog.services.picture_uploads import (
    OfferedUpload,
    complete_upload,
    offer_upload,
    receive_upload,
    remove_expired_uploads,
)
from apps.catalog.services.pictures import add_picture, set_image
from apps.catalog.services.private_sizes import (
    PrivateSize,
    create_private_size,
    custom_product,
)
from apps.catalog.services.products import (
    announce_cake,
    archive_product,
    create_category,
    create_product,
    publish_product,
    unpublish_product,
    update_product,
)
from apps.catalog.services.range_import import apply_import, check_import, export_range
from apps.catalog.services.recipes import LineFields, create_recipe, set_parts, update_recipe
from apps.catalog.services.repricing import SizePrice, settle_prices
from apps.catalog.services.servings import decide_servings
from apps.catalog.services.variants import (
    archive_variant,
    create_variant,
    restore_variant,
    update_variant,
)

__all__ = [
    "BulkOutcome",
    "LineFields",
    "OfferedUpload",
    "OrphanReport",
    "PrivateSize",
    "Repriced",
    "RewrittenPicture",
    "Settled",
    "SizePrice",
    "add_picture",
    "announce_cake",
    "apply_import",
    "apply_renditions",
    "archive_product",
    "archive_variant",
    "change_prices",
    "check_import",
    "choose_cutout",
    "choose_main_picture",
    "complete_upload",
    "create_category",
    "create_ingredient",
    "create_private_size",
    "create_product",
    "create_recipe",
    "create_variant",
    "custom_product",
    "decide_servings",
    "export_range",
    "move_to_category",
    "offer_upload",
    "order_pictures",
    "preview_prices",
    "publish_product",
    "receive_upload",
    "recheck_food",
    "remove_expired_uploads",
    "remove_orphans",
    "remove_picture",
    "request_cutout",
    "restore_variant",
    "rewrite_picture",
    "run_cutout",
    "see_withdrawn_claim",
    "set_image",
    "set_lead_days",
    "set_parts",
    "settle_food",
    "settle_prices",
    "show_original",
    "step_products",
    "unpublish_product",
    "update_ingredient",
    "update_product",
    "update_recipe",
    "update_variant",
]
