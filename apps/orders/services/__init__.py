"""Writes of this app: carts, checkout, payment, the kitchen, and how orders end."""

from apps.orders.rules.order_data import Customer
from apps.orders.services.carts import (
    add_to_cart,
    change_line,
    create_cart,
    put_line,
    remove_line,
)
from apps.orders.services.ending import cancel_order, expire_overdue
from apps.orders.services.kitchen import (
    acknowledge,
    mark_collected,
    mark_ready,
    start_production,
)
from apps.orders.services.pantry import count_pantry
from apps.orders.services.paying import confirm_payment, extend_hold, hold_for_mismatch
from apps.orders.services.placing import place_and_view, place_order
from apps.orders.states import PaymentOutcome

__all__ = [
    "Customer",
    "PaymentOutcome",
    "acknowledge",
    "add_to_cart",
    "cancel_order",
    "change_line",
    "confirm_payment",
    "count_pantry",
    "create_cart",
    "expire_overdue",
    "extend_hold",
    "hold_for_mismatch",
    "mark_collected",
    "mark_ready",
    "place_and_view",
    "place_order",
    "put_line",
    "remove_line",
    "start_production",
]
