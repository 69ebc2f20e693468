"""What mails and texts about an order say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.orders.models import Order
from apps.orders.rules import sms_text
from apps.orders.rules.pickup import short_text
from apps.orders.selectors.breakdowns import sum_texts
from apps.orders.selectors.orders import order_view
from apps.orders.states import Fulfilment, OrderStatus
from bakery.kernel import money


@dataclass(frozen=True)
class Mail:
    """Whom to write to, "" for nobody, and what the template needs, as JSON.

    ``was_taken``: staff typed the order in.
    """

    to: str
    context: dict[str, Any]
    was_taken: bool = False


@dataclass(frozen=True)
class CakeAlert:
    """The text about a paid cake order."""

    number: str
    text: str


def mail_of(order_id: int, *, at: datetime) -> Mail:
    """Return recipient and context of the mails about an order."""
    order = Order.objects.get(pk=order_id)
    view = order_view(order, at=at)
    context = {
        "number": order.number,
        "path": f"/orders/{order.public_id}/",
        "customer_name": order.customer_name,
        "pickup": order.pickup_local,
        "sums": sum_texts(view.sums, order.currency),
        "total": money.display(order.total, order.currency),
        "pay_until": short_text(order.hold_expires_at, ZoneInfo(order.zone)),
        # Then nothing is asked for: the order was certain when it was placed.
        "nothing_due": order.gift_card_total == order.total,
        "was_paid": order.paid_at is not None or order.paid_total > 0,
        "pickup_code": order.pickup_code if order.fulfilment == Fulfilment.PICKUP else "",
        "lines": [
            {
                "description": line.description,
                "quantity": line.quantity,
                "message": line.message,
                "total": money.display(line.line_total, order.currency),
                "discount": money.display(-line.discount, order.currency) if line.discount else "",
            }
            for line in view.lines
        ],
    }
    return Mail(order.customer_email, context, was_taken=bool(order.placed_by))


def cake_alert(order_id: int) -> CakeAlert | None:
    """Return the kitchen's text about an order; None without a cake, or when it is gone already."""
    order = Order.objects.get(pk=order_id)
    if order.status == OrderStatus.COLLECTED:
        return None
    cakes = [
        sms_text.CakeLine(line.quantity, line.description, line.message)
        for line in order.lines.filter(is_cake=True)
    ]
    if not cakes:
        return None
    text = sms_text.cake_alert(
        order.number,
        pickup=short_text(order.pickup_starts_at, ZoneInfo(order.zone)),
        cakes=cakes,
        allergy=order.allergy_flag,
    )
    return CakeAlert(order.number, text)
