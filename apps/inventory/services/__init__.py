"""Writes of stock, holds and slots."""

from apps.inventory.rules.demand import Work, work_of
from apps.inventory.services.calendar import (
    add_blackout,
    add_special_day,
    extend_calendar,
    lift_blackout,
    lift_special_day,
    set_week_plan,
)
from apps.inventory.services.dated import (
    adjust_dated_stock,
    close_past_days,
    end_dated_stock,
)
from apps.inventory.services.hold_changes import HoldChange, amend_hold
from apps.inventory.services.holds import (
    consume_hold,
    extend_hold,
    place_hold,
    release_hold,
    retake_hold,
    return_hold,
    take_hold,
    take_place_hold,
)
from apps.inventory.services.lots import recall_lot, receive_lot, record_bake
from apps.inventory.services.low_stock import set_keeper, set_low_limit, watch_stock
from apps.inventory.services.proof import report_differences
from apps.inventory.services.slots import open_slots_for, set_slot
from apps.inventory.services.sold_out import mark_product_sold_out, mark_sold_out
from apps.inventory.services.stock import adjust_stock, undo_adjustment
from apps.inventory.services.till import receive_reports, settle_all
from apps.inventory.services.till_conflicts import (
    abandon_missing,
    publish_changes,
    resolve_conflict,
)
from apps.inventory.services.walking import assign_lots
from apps.inventory.services.waste import log_waste

__all__ = [
    "HoldChange",
    "Work",
    "abandon_missing",
    "add_blackout",
    "add_special_day",
    "adjust_dated_stock",
    "adjust_stock",
    "amend_hold",
    "assign_lots",
    "close_past_days",
    "consume_hold",
    "end_dated_stock",
    "extend_calendar",
    "extend_hold",
    "lift_blackout",
    "lift_special_day",
    "log_waste",
    "mark_product_sold_out",
    "mark_sold_out",
    "open_slots_for",
    "place_hold",
    "publish_changes",
    "recall_lot",
    "receive_lot",
    "receive_reports",
    "record_bake",
    "release_hold",
    "report_differences",
    "resolve_conflict",
    "retake_hold",
    "return_hold",
    "set_keeper",
    "set_low_limit",
    "set_slot",
    "set_week_plan",
    "settle_all",
    "take_hold",
    "take_place_hold",
    "undo_adjustment",
    "watch_stock",
    "work_of",
]
