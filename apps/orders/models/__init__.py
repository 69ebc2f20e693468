"""Carts, orders with their frozen lines, their history, and the kitchen's board."""

from apps.orders.models.bake_plan import Mixer, PantryCount, RecipeMixer
from apps.orders.models.board import BoardEvent
from apps.orders.models.carts import Cart, CartEvent, CartLine
from apps.orders.models.credits import SaleCredit
from apps.orders.models.customers import CalendarFeed, MailboxClaim
from apps.orders.models.delivery import DeliveryZone, PostcodePlace
from apps.orders.models.deposits import DepositRule
from apps.orders.models.edits import OrderEdit
from apps.orders.models.handing import HandOver, OrderPicture, WrongPickupCode
from apps.orders.models.kitchen import Station, StationScope, TicketPrint
from apps.orders.models.labour import LabourTimer
from apps.orders.models.notes import OrderNote
from apps.orders.models.orders import Order, OrderLine, OrderQuerySet, OrderTransition
from apps.orders.models.tenders import Tender
from apps.orders.models.waitlist import WaitEntry, WaitTransition

__all__ = [
    "BoardEvent",
    "CalendarFeed",
    "Cart",
    "CartEvent",
    "CartLine",
    "DeliveryZone",
    "DepositRule",
    "HandOver",
    "LabourTimer",
    "MailboxClaim",
    "Mixer",
    "Order",
    "OrderEdit",
    "OrderLine",
    "OrderNote",
    "OrderPicture",
    "OrderQuerySet",
    "OrderTransition",
    "PantryCount",
    "PostcodePlace",
    "RecipeMixer",
    "SaleCredit",
    "Station",
    "StationScope",
    "Tender",
    "TicketPrint",
    "WaitEntry",
    "WaitTransition",
    "WrongPickupCode",
]
