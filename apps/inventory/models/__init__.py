"""Rows of everything finite."""

from apps.inventory.models.holds import Hold, HoldTransition, Reservation
from apps.inventory.models.slots import Slot
from apps.inventory.models.stock import MOVE_REASONS, Stock, StockMove

__all__ = [
    "MOVE_REASONS",
    "Hold",
    "HoldTransition",
    "Reservation",
    "Slot",
    "Stock",
    "StockMove",
]
