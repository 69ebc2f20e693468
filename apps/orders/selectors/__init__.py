"""Reads of this app: carts, orders, and the kitchen's board."""

from apps.orders.selectors.board import (
    BoardRow,
    board_batch,
    board_counts,
    board_events,
    board_orders,
    board_position,
    board_snapshot,
    board_updates,
    last_board_seq,
)
from apps.orders.selectors.board_tickets import ticket_of
from apps.orders.selectors.bookings import bookings
from apps.orders.selectors.buyers import buyers
from apps.orders.selectors.cart_access import (
    CartStep,
    account_cart_id,
    cart_path,
    has_lines,
    require_cart,
)
from apps.orders.selectors.carts import (
    CartLineView,
    CartView,
    cart_view,
    lead_time_of,
    new_cart_view,
)
from apps.orders.selectors.mails import CakeAlert, Mail, cake_alert, mail_of
from apps.orders.selectors.orders import (
    LineView,
    OrderView,
    PayableLine,
    PayableOrder,
    console_orders,
    filtered_orders,
    order_by_public_id,
    order_for_staff,
    order_id_of,
    order_view,
    payable_order,
)
from apps.orders.selectors.sellers import Seller, sellers
from apps.orders.selectors.stations import all_stations, station_plan
from apps.orders.selectors.timeline import TimelineEntry, add_timeline_source, timeline

__all__ = [
    "BoardRow",
    "CakeAlert",
    "CartLineView",
    "CartStep",
    "CartView",
    "LineView",
    "Mail",
    "OrderView",
    "PayableLine",
    "PayableOrder",
    "Seller",
    "TimelineEntry",
    "account_cart_id",
    "add_timeline_source",
    "all_stations",
    "board_batch",
    "board_counts",
    "board_events",
    "board_orders",
    "board_position",
    "board_snapshot",
    "board_updates",
    "bookings",
    "buyers",
    "cake_alert",
    "cart_path",
    "cart_view",
    "console_orders",
    "filtered_orders",
    "has_lines",
    "last_board_seq",
    "lead_time_of",
    "mail_of",
    "new_cart_view",
    "order_by_public_id",
    "order_for_staff",
    "order_id_of",
    "order_view",
    "payable_order",
    "require_cart",
    "sellers",
    "station_plan",
    "ticket_of",
    "timeline",
]
