"""The console's part of the catalog."""

from apps.catalog.admin.categories import CategoryAdmin
from apps.catalog.admin.pictures import PictureAdmin
from apps.catalog.admin.products import ProductAdmin
from apps.catalog.admin.servings import ServingsDecisionAdmin

__all__ = ["CategoryAdmin", "PictureAdmin", "ProductAdmin", "ServingsDecisionAdmin"]
