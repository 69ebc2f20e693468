"""The console's part of inventory."""

from apps.inventory.admin.ledgers import HoldAdmin, StockMoveAdmin
from apps.inventory.admin.slots import SlotAdmin
from apps.inventory.admin.stock import StockAdmin

__all__ = ["HoldAdmin", "SlotAdmin", "StockAdmin", "StockMoveAdmin"]
