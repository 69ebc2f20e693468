"""Whether what waits to be sent about an order is still true."""

from datetime import datetime

from apps.notifications import selectors as messages
from apps.orders.models import Order
from apps.orders.selectors.reminders import REMINDED, reminder_key
from apps.orders.states import OrderStatus

REMINDER, WAITING = "order_reminder", "order_waiting"
# What only holds for a while; all else tells of what has happened.
KINDS = (REMINDER, WAITING)
_TRUE_WHILE = {REMINDER: REMINDED, WAITING: (OrderStatus.READY,)}


def outdated_word(*, message_id: int, at: datetime) -> str:  # noqa: ARG001 - a `LastCheck`
    """Return why a reminder of a pickup must not go out any more, "" when it may.

    The codes: ``order_gone``, ``order_over`` and ``order_moved``. See `add_last_check`.
    """
    kind, key = messages.kind_and_key_of(message_id)
    parts = key.split(":")
    order = Order.objects.filter(number=parts[1]).first() if len(parts) == 3 else None
    if order is None:
        return "order_gone"
    if order.status not in _TRUE_WHILE.get(kind, ()):
        return "order_over"
    return "order_moved" if kind == REMINDER and key != reminder_key(order) else ""
