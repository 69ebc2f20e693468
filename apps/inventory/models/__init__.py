"""Rows of everything finite."""

from apps.inventory.models.calendar import (
    Blackout,
    SpecialDay,
    SpecialHours,
    WeekHours,
    WeekPlan,
)
from apps.inventory.models.dated import DATED_REASONS, DatedStock, DatedStockMove
from apps.inventory.models.holds import Hold, HoldTransition, Reservation
from apps.inventory.models.lots import Lot, LotBook, LotDraw, LotUse
from apps.inventory.models.slots import Slot
from apps.inventory.models.stock import MOVE_REASONS, Stock, StockMove
from apps.inventory.models.till import Till, TillChange, TillDelta, TillTransition
from apps.inventory.models.waste import WasteEntry

__all__ = [
    "DATED_REASONS",
    "MOVE_REASONS",
    "Blackout",
    "DatedStock",
    "DatedStockMove",
    "Hold",
    "HoldTransition",
    "Lot",
    "LotBook",
    "LotDraw",
    "LotUse",
    "Reservation",
    "Slot",
    "SpecialDay",
    "SpecialHours",
    "Stock",
    "StockMove",
    "Till",
    "TillChange",
    "TillDelta",
    "TillTransition",
    "WasteEntry",
    "WeekHours",
    "WeekPlan",
]
