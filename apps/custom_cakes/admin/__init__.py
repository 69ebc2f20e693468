"""The console's pages of custom cakes."""

from apps.custom_cakes.admin.options import CakeOptionAdmin
from apps.custom_cakes.admin.requests import CakeRequestAdmin

__all__ = ["CakeOptionAdmin", "CakeRequestAdmin"]
