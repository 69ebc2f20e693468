"""The console's part of orders."""

from apps.orders.admin.orders import OrderAdmin

__all__ = ["OrderAdmin"]
