"""Reads of stock and slots."""

from apps.inventory.rules.promise import Load, Promise, Size
from apps.inventory.selectors.bookings import Booking, answer_bookings_with, bookings
from apps.inventory.selectors.calendar import read_calendar
from apps.inventory.selectors.dated import (
    DatedRow,
    DayCell,
    NeverFits,
    dated_week,
    sizes_that_never_fit,
)
from apps.inventory.selectors.history import HistoryRow, low_stock, stock_history, stock_of
from apps.inventory.selectors.ledger import LedgerDifference, ledger_differences
from apps.inventory.selectors.lots import (
    Buyer,
    Trace,
    answer_buyers_with,
    any_lot,
    lot_differences,
    lots_to_mark_down,
    trace_back,
    trace_forward,
)
from apps.inventory.selectors.promise import (
    Outlook,
    PickupDay,
    judged_times,
    last_call_for_size,
    outlook,
    outlook_for_size,
    promise_for,
    promise_for_size,
    promises_of,
    require_pickup,
    sizes_of,
)
from apps.inventory.selectors.representing import (
    days_json,
    moment_in_words,
    pickup_json,
    promise_json,
    promise_sentence,
)
from apps.inventory.selectors.slots import SlotRow, open_slots, slot, slot_at
from apps.inventory.selectors.stock import available, available_on
from apps.inventory.selectors.till import ChangeRow, changes_after, gaps_of, open_conflicts
from apps.inventory.selectors.turnover import (
    Turnover,
    TurnoverRow,
    turnover,
    waste_by_period,
    waste_by_reason,
)

__all__ = [
    "Booking",
    "Buyer",
    "ChangeRow",
    "DatedRow",
    "DayCell",
    "HistoryRow",
    "LedgerDifference",
    "Load",
    "NeverFits",
    "Outlook",
    "PickupDay",
    "Promise",
    "Size",
    "SlotRow",
    "Trace",
    "Turnover",
    "TurnoverRow",
    "answer_bookings_with",
    "answer_buyers_with",
    "any_lot",
    "available",
    "available_on",
    "bookings",
    "changes_after",
    "dated_week",
    "days_json",
    "gaps_of",
    "judged_times",
    "last_call_for_size",
    "ledger_differences",
    "lot_differences",
    "lots_to_mark_down",
    "low_stock",
    "moment_in_words",
    "open_conflicts",
    "open_slots",
    "outlook",
    "outlook_for_size",
    "pickup_json",
    "promise_for",
    "promise_for_size",
    "promise_json",
    "promise_sentence",
    "promises_of",
    "read_calendar",
    "require_pickup",
    "sizes_of",
    "sizes_that_never_fit",
    "slot",
    "slot_at",
    "stock_history",
    "stock_of",
    "trace_back",
    "trace_forward",
    "turnover",
    "waste_by_period",
    "waste_by_reason",
]
