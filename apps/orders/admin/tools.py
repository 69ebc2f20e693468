"""Pages about one order that other modules of the console bring; its page links to them."""

from django.http import HttpRequest
from django.urls import reverse

from apps.orders import selectors
from apps.orders.models import Order
from apps.orders.selectors import Tool
from apps.orders.states import DEPOSITED, OPEN_STATUSES, OrderStatus

_S = OrderStatus
_MADE = (*OPEN_STATUSES, _S.COLLECTED, _S.NO_SHOW)
TOOLS: tuple[Tool, ...] = (
    Tool(
        "Hand over",
        "admin:orders_handover_out",
        "orders.operate_order",
        (_S.READY, _S.OUT_FOR_DELIVERY, _S.NO_SHOW, _S.COLLECTED),
    ),
    Tool(
        "Change order",
        "admin:orders_orderedit_order",
        "orders.edit_order",
        (_S.PENDING_PAYMENT, *DEPOSITED, _S.PAID, _S.IN_PRODUCTION),
    ),
    Tool("Payment", "admin:orders_handover_payment", "orders.take_order"),
    Tool("Ticket and labels", "admin:orders_ticketprint_of", "orders.print_tickets", OPEN_STATUSES),
    Tool("Work and timers", "admin:orders_handover_labour", "orders.operate_order", _MADE),
    Tool("Notes and photos", "admin:orders_handover_notes", "orders.operate_order"),
)


def tools_for(request: HttpRequest, order: Order) -> list[tuple[str, str]]:
    """Return the labels and addresses of the tools that fit the order and the caller."""
    return [
        (tool.label, reverse(tool.url, args=[order.pk]))
        for tool in (*TOOLS, *selectors.order_tools())
        if request.user.has_perm(tool.permission)
        and (not tool.statuses or order.status in tool.statuses)
        and (not tool.channels or order.channel in tool.channels)
    ]
