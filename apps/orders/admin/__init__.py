"""The console's part of orders."""

from apps.orders.admin.bake_sheet import MixerAdmin
from apps.orders.admin.deposits import DepositRuleAdmin
from apps.orders.admin.edits import OrderEditAdmin
from apps.orders.admin.handing import HandOverAdmin
from apps.orders.admin.orders import OrderAdmin
from apps.orders.admin.printing import TicketPrintAdmin
from apps.orders.admin.stations import StationAdmin
from apps.orders.admin.waitlist import WaitAdmin
from apps.orders.admin.zones import ZoneAdmin

__all__ = [
    "DepositRuleAdmin",
    "HandOverAdmin",
    "MixerAdmin",
    "OrderAdmin",
    "OrderEditAdmin",
    "StationAdmin",
    "TicketPrintAdmin",
    "WaitAdmin",
    "ZoneAdmin",
]
