"""Whose order is picked up or brought tomorrow, and what they are reminded of."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Coalesce

from apps.inventory import selectors as inventory
from apps.notifications import selectors as messages
from apps.orders.models import Order
from apps.orders.rules import french, tickets
from apps.orders.selectors.mails import Mail, mail_of
from apps.orders.selectors.timeline import mail_key, pickup_reminder
from apps.orders.states import OrderStatus
from bakery.kernel import clock, wording

_S = OrderStatus
# Certain, and not given away. Who owes the rest after its day is asked for it by other mails.
REMINDED = (_S.DEPOSIT_PAID, _S.PAID, _S.IN_PRODUCTION, _S.READY)


def to_remind_of_tomorrow(*, at: datetime, limit: int = 100) -> list[Order]:
    """Return the orders of tomorrow whose customers are to be reminded by now, once a pickup time.

    None before SHOP_REMINDER_HOUR; not those that became certain after it, since their customers
    have just read all of it.
    """
    today = clock.shop_date(at)
    since = clock.resolve_local(datetime.combine(today, time(settings.SHOP_REMINDER_HOUR)))
    if at < since:
        return []
    rows = (
        Order.objects.picked_up_on(today + timedelta(days=1))
        .filter(status__in=REMINDED, erased_at=None)
        .exclude(customer_email="", customer_phone="")
        .annotate(certain_at=Coalesce("deposit_paid_at", "paid_at"))
        .filter(certain_at__lte=since)
        .order_by("pickup_starts_at", "pk")
    )
    keys = {reminder_key(order): order for order in rows}
    told = messages.written_keys(keys=list(keys))
    return [order for key, order in keys.items() if key not in told][:limit]


def reminder_key(order: Order) -> str:
    """Return under which key a customer is reminded: one that was moved, of its new time too."""
    return mail_key(order.number, pickup_reminder(order.pickup_starts_at))


def reminder_of(order: Order, *, at: datetime) -> Mail:
    """Return what the day before says: when, where, the code, what is in it."""
    mail = mail_of(order.pk, at=at)
    told = french.allergen_text if mail.language == wording.FRENCH else tickets.allergen_text
    lines = [
        {
            "description": line.description,
            "quantity": line.quantity,
            "contains": told(line.allergens),
        }
        for line in order.lines.order_by("position")
    ]
    more: dict[str, Any] = {"lines": lines, "sums": [], "hours": _hours(order, mail.language)}
    return replace(mail, context=mail.context | more, useful_until=order.pickup_starts_at)


def _hours(order: Order, language: str) -> str:
    day = clock.shop_date(order.pickup_starts_at)
    spans = [
        wording.hours_text(span.opens, span.closes, language)
        for span in inventory.read_calendar(since=day).hours_of(day)
    ]
    return (" et de " if language == wording.FRENCH else " and from ").join(spans)
