"""What mails and texts about an order say."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.orders.models import Order
from apps.orders.rules import sms_text
from apps.orders.rules.pay_link import pay_path
from apps.orders.rules.pickup import short_text
from apps.orders.selectors.breakdowns import sum_texts
from apps.orders.selectors.orders import order_view
from apps.orders.selectors.timeline import reminder_mail
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
        # Opens no more than the page on which it is paid, to whoever the mail is passed on.
        "pay_path": pay_path(order.public_id),
        "customer_name": order.customer_name,
        "pickup": order.pickup_local,
        "sums": sum_texts(view.sums, order.currency),
        "total": money.display(order.total, order.currency),
        "due": money.display(max(order.due, Decimal(0)), order.currency),
        "pay_until": short_text(order.hold_expires_at, ZoneInfo(order.zone)),
        # Then nothing is asked for: the order was certain when it was placed.
        "nothing_due": order.gift_card_total == order.total,
        **_deposit_texts(order),
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


@dataclass(frozen=True)
class OverdueNotice:
    """What the shop is texted about a rest that was not paid, and the mail to the customer.

    ``name`` is that of the mail and says when the rest was due, so that each is told once.
    """

    name: str
    text: str
    mail: Mail


def overdue_notice(order_id: int, *, at: datetime) -> OverdueNotice | None:
    """Return what to say of an order whose rest is overdue; None when it is paid or moved."""
    order = Order.objects.get(pk=order_id)
    if order.status != OrderStatus.BALANCE_DUE or order.balance_due_at is None:
        return None
    text = (
        f"Order {order.number}, pickup {short_text(order.pickup_starts_at, ZoneInfo(order.zone))}:"
        f" {money.display(order.balance, order.currency)} of its price were due and are not paid."
        " It is not begun before they are."
    )
    name = reminder_mail(0, order.balance_due_at)
    return OverdueNotice(name, text, mail_of(order_id, at=at))


def _deposit_texts(order: Order) -> dict[str, str]:
    """Return what of the price is asked for when; empty texts where all is paid at once."""
    if order.balance_due_at is None or order.paid_at is not None:
        return {"deposit": "", "rest": "", "rest_until": ""}
    deposit = order.deposit_due
    return {
        "deposit": money.display(deposit, order.currency) if deposit else "",
        "rest": money.display(order.balance - deposit, order.currency),
        "rest_until": short_text(order.balance_due_at, ZoneInfo(order.zone)),
    }


def cake_alert(order_id: int) -> CakeAlert | None:
    """Return the kitchen's text about an order; None without a cake, or when it needs none more.

    That is once it is gone, or was seen on the board before anybody could be texted.
    """
    order = Order.objects.get(pk=order_id)
    if order.status == OrderStatus.COLLECTED or order.acknowledged_at is not None:
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
