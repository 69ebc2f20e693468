"""Rows of everything finite."""

from apps.inventory.models.calendar import (
    Blackout,
    SpecialDay,
    SpecialHours,
    WeekHours,
    WeekPlan,
)
from apps.inventory.models.holds import Hold, HoldTransition, Reservation
from apps.inventory.models.slots import Slot
from apps.inventory.models.stock import MOVE_REASONS, Stock, StockMove

__all__ = [
    "MOVE_REASONS",
    "Blackout",
    "Hold",
    "HoldTransition",
    "Reservation",
    "Slot",
    "SpecialDay",
    "SpecialHours",
    "Stock",
    "StockMove",
    "WeekHours",
    "WeekPlan",
]
