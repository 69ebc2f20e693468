"""Addresses of inventory."""

from django.urls import URLPattern, URLResolver, path

from apps.inventory.api.dated import Availability, EndDatedStock, StaffDatedStock
from apps.inventory.api.promise import PromiseOf
from apps.inventory.api.slots import SlotList
from apps.inventory.api.staff import AdjustStock
from apps.inventory.api.staff_slots import ChangeSlot, OpenSlots
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
    path("api/v1/staff/slots", OpenSlots.as_view()),
    path("api/v1/staff/slots/<int:slot_id>", ChangeSlot.as_view()),
]
