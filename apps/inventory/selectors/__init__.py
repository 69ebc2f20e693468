"""Reads of stock and slots."""

from apps.inventory.selectors.ledger import LedgerDifference, ledger_differences
from apps.inventory.selectors.slots import SlotRow, open_slots, slot
from apps.inventory.selectors.stock import available

__all__ = [
    "LedgerDifference",
    "SlotRow",
    "available",
    "ledger_differences",
    "open_slots",
    "slot",
]
