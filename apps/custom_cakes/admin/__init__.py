"""The console's pages of custom cakes."""

from apps.custom_cakes.admin.options import CakeOptionAdmin

__all__ = ["CakeOptionAdmin"]
