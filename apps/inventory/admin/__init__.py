"""The console's part of inventory."""

from apps.inventory.admin.calendar import CalendarAdmin
from apps.inventory.admin.dated import DatedStockAdmin, DatedStockMoveAdmin
from apps.inventory.admin.ledgers import HoldAdmin, StockMoveAdmin
from apps.inventory.admin.lots import LotAdmin
from apps.inventory.admin.slots import SlotAdmin
from apps.inventory.admin.stock import StockAdmin
from apps.inventory.admin.till import TillAdmin, TillDeltaAdmin
from apps.inventory.admin.waste import WasteEntryAdmin

__all__ = [
    "CalendarAdmin",
    "DatedStockAdmin",
    "DatedStockMoveAdmin",
    "HoldAdmin",
    "LotAdmin",
    "SlotAdmin",
    "StockAdmin",
    "StockMoveAdmin",
    "TillAdmin",
    "TillDeltaAdmin",
    "WasteEntryAdmin",
]
