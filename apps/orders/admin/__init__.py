"""The console's part of orders."""

from apps.orders.admin.bake_sheet import MixerAdmin
from apps.orders.admin.orders import OrderAdmin

__all__ = ["MixerAdmin", "OrderAdmin"]
