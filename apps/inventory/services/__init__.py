"""Writes of stock, holds and slots."""

from apps.inventory.services.calendar import extend_calendar
from apps.inventory.services.holds import (
    consume_hold,
    extend_hold,
    place_hold,
    release_hold,
    retake_hold,
    return_hold,
    take_hold,
)
from apps.inventory.services.slots import open_slots_for, set_slot
from apps.inventory.services.stock import adjust_stock

__all__ = [
    "adjust_stock",
    "consume_hold",
    "extend_calendar",
    "extend_hold",
    "open_slots_for",
    "place_hold",
    "release_hold",
    "retake_hold",
    "return_hold",
    "set_slot",
    "take_hold",
]
