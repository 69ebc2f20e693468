"""Addresses of inventory."""

from django.urls import URLPattern, URLResolver, path

from apps.inventory.api.promise import PromiseOf
from apps.inventory.api.slots import SlotList
from apps.inventory.api.staff import AdjustStock
from apps.inventory.api.staff_slots import ChangeSlot, OpenSlots

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/slots", SlotList.as_view(), name="api-slots"),
    path("api/v1/promise", PromiseOf.as_view(), name="api-promise"),
    path("api/v1/staff/stock/<int:variant_id>/adjust", AdjustStock.as_view(), name="api-adjust"),
    path("api/v1/staff/slots", OpenSlots.as_view()),
    path("api/v1/staff/slots/<int:slot_id>", ChangeSlot.as_view()),
]
