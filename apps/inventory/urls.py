"""Addresses of inventory."""

from django.urls import URLPattern, URLResolver, path

from apps.inventory.api.dated import Availability, EndDatedStock, StaffDatedStock
from apps.inventory.api.lots import (
    RecallLot,
    ReceiveLot,
    RecordBake,
    ResolveConflict,
    TillConflicts,
    TraceLot,
    TraceOrder,
)
from apps.inventory.api.promise import PromiseOf
from apps.inventory.api.slots import SlotList
from apps.inventory.api.staff import AdjustStock
from apps.inventory.api.staff_calendar import (
    LiftBlackout,
    LiftSpecialDay,
    StaffBlackouts,
    StaffCalendar,
    StaffPlans,
    StaffSpecialDays,
)
from apps.inventory.api.staff_slots import ChangeSlot, OpenSlots
from apps.inventory.api.stock_care import (
    CareOfStock,
    Differences,
    LogWaste,
    LowStock,
    SellOut,
    SellOutProduct,
    StockHistory,
    TurnoverFigures,
    UndoAdjustment,
    WasteSummary,
)
from apps.inventory.api.till import PosChanges, PosDeltas

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/slots", SlotList.as_view(), name="api-slots"),
    path("api/v1/promise", PromiseOf.as_view(), name="api-promise"),
    path("api/v1/staff/stock/<int:variant_id>/adjust", AdjustStock.as_view(), name="api-adjust"),
    path("api/v1/availability", Availability.as_view(), name="api-availability"),
    path("api/v1/staff/dated-stock", StaffDatedStock.as_view(), name="api-dated-stock"),
    path("api/v1/staff/dated-stock/end", EndDatedStock.as_view(), name="api-dated-stock-end"),
    path("api/v1/pos/deltas", PosDeltas.as_view(), name="api-pos-deltas"),
    path("api/v1/pos/changes", PosChanges.as_view(), name="api-pos-changes"),
    path("api/v1/staff/stock/low", LowStock.as_view()),
    path("api/v1/staff/stock/differences", Differences.as_view()),
    path("api/v1/staff/stock/turnover", TurnoverFigures.as_view()),
    path("api/v1/staff/stock/moves/<int:move_id>/undo", UndoAdjustment.as_view()),
    path("api/v1/staff/stock/<int:variant_id>", CareOfStock.as_view()),
    path("api/v1/staff/stock/<int:variant_id>/history", StockHistory.as_view()),
    path("api/v1/staff/stock/<int:variant_id>/sold-out", SellOut.as_view()),
    path("api/v1/staff/products/<int:product_id>/sold-out", SellOutProduct.as_view()),
    path("api/v1/staff/waste", LogWaste.as_view()),
    path("api/v1/staff/waste/summary", WasteSummary.as_view()),
    path("api/v1/staff/lots", ReceiveLot.as_view()),
    path("api/v1/staff/bakes", RecordBake.as_view()),
    path("api/v1/staff/lots/<int:lot_id>/trace", TraceLot.as_view()),
    path("api/v1/staff/lots/<int:lot_id>/recall", RecallLot.as_view()),
    path("api/v1/staff/lots/of-order", TraceOrder.as_view()),
    path("api/v1/staff/till/conflicts", TillConflicts.as_view()),
    path("api/v1/staff/till/conflicts/<int:delta_id>/resolve", ResolveConflict.as_view()),
    path("api/v1/staff/calendar", StaffCalendar.as_view()),
    path("api/v1/staff/calendar/plans", StaffPlans.as_view()),
    path("api/v1/staff/calendar/special-days", StaffSpecialDays.as_view()),
    path("api/v1/staff/calendar/special-days/<int:closure_id>/lift", LiftSpecialDay.as_view()),
    path("api/v1/staff/calendar/blackouts", StaffBlackouts.as_view()),
    path("api/v1/staff/calendar/blackouts/<int:closure_id>/lift", LiftBlackout.as_view()),
    path("api/v1/staff/slots", OpenSlots.as_view()),
    path("api/v1/staff/slots/<int:slot_id>", ChangeSlot.as_view()),
]
