"""The console's part of the catalog."""

from apps.catalog.admin.categories import CategoryAdmin
from apps.catalog.admin.products import ProductAdmin

__all__ = ["CategoryAdmin", "ProductAdmin"]
