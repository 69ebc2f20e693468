"""What mails and texts about an order say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.accounts import selectors as accounts
from apps.orders.models import Order
from apps.orders.rules.pay_link import pay_path
from apps.orders.rules.pickup import local_text, short_text
from apps.orders.selectors.breakdowns import sum_texts
from apps.orders.selectors.orders import LineView, order_view
from apps.orders.selectors.timeline import reminder_mail
from apps.orders.states import Channel, Fulfilment, OrderStatus
from bakery.kernel import money, wording

_OFFERED = (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED)


@dataclass(frozen=True)
class Mail:
    """Whom to write to, "" for nobody, and what the template needs, as JSON.

    ``was_taken``: staff typed the order in. ``is_offer``: while it is not paid, or once another
    offer took its place, who made the offer writes about it. Values are written in ``language``.
    """

    to: str
    context: dict[str, Any]
    was_taken: bool = False
    is_offer: bool = False
    language: str = wording.DEFAULT
    phone: str = ""
    # After that it would only confuse.
    useful_until: datetime | None = None


def mail_of(order_id: int, *, at: datetime) -> Mail:
    """Return recipient and context of the mails about an order."""
    order = Order.objects.get(pk=order_id)
    view = order_view(order, at=at)
    language, zone = language_of(order), ZoneInfo(order.zone)
    amount = partial(wording.amount_text, currency=order.currency, language=language)
    context = {
        "number": order.number,
        "path": f"/orders/{order.public_id}/",
        # Opens no more than the page on which it is paid, to whoever the mail is passed on.
        "pay_path": pay_path(order.public_id),
        "customer_name": order.customer_name,
        "pickup": pickup_text(order, language),
        "place": _place(order),
        "when": short_text(order.pickup_starts_at, zone, language),
        "is_delivery": order.fulfilment == Fulfilment.DELIVERY,
        "sums": sum_texts(view.sums, order.currency, language),
        "total": amount(order.total),
        "due": amount(max(order.due, Decimal(0))),
        "due_now": amount(order.due_now),
        "pay_until": short_text(order.hold_expires_at, zone, language),
        # Then nothing is asked for: the order was certain when it was placed.
        "nothing_due": order.gift_card_total == order.total,
        **_deposit_texts(order, language),
        "was_paid": order.paid_at is not None or order.paid_total > 0,
        "pickup_code": order.pickup_code if order.fulfilment == Fulfilment.PICKUP else "",
        "lines": [_line_texts(line, amount) for line in view.lines],
    }
    return Mail(
        order.customer_email,
        context,
        was_taken=bool(order.placed_by),
        is_offer=(order.superseded_at is not None and not order.was_certain)
        or (order.channel == Channel.CUSTOM and order.status in _OFFERED),
        language=language,
        phone=order.customer_phone,
    )


def _line_texts(line: LineView, amount: Callable[[Decimal], str]) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": line.quantity,
        "message": line.message,
        "details": line.details,
        "total": amount(line.line_total),
        "discount": amount(-line.discount) if line.discount else "",
    }


def language_of(order: Order) -> str:
    """Return in which language an order's customer is written to: its own, or the account's."""
    if order.language or order.user_id is None:
        return wording.language_of(order.language)
    user = accounts.user(order.user_id)
    return wording.language_of(user.language if user is not None else "")


def pickup_text(order: Order, language: str) -> str:
    """Return the pickup time; in English the very words that the order promised."""
    if language == wording.DEFAULT:
        return order.pickup_local
    zone = ZoneInfo(order.zone)
    return local_text(order.pickup_starts_at, order.pickup_ends_at, zone, language)


def _place(order: Order) -> str:
    if order.fulfilment != Fulfilment.DELIVERY:
        return ", ".join(settings.SHOP_ADDRESS)
    address: dict[str, Any] = order.delivery_address or {}
    parts = (address.get(name) for name in ("line1", "line2", "city", "postcode"))
    return ", ".join(str(part) for part in parts if part)


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


def _deposit_texts(order: Order, language: str) -> dict[str, str]:
    """Return what of the price is asked for when; empty texts where all is paid at once."""
    if order.balance_due_at is None or order.paid_at is not None:
        return {"deposit": "", "rest": "", "rest_until": ""}
    deposit, currency = order.deposit_due, order.currency
    return {
        "deposit": wording.amount_text(deposit, currency, language) if deposit else "",
        "rest": wording.amount_text(order.balance - deposit, currency, language),
        "rest_until": short_text(order.balance_due_at, ZoneInfo(order.zone), language),
    }
