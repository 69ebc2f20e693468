"""Reactions to what happens to orders."""

from datetime import datetime

from apps.notifications import services as notifications
from apps.notifications.events import AlertAcknowledged
from apps.orders import selectors, services
from apps.orders.adapters import board_hint
from apps.orders.events import (
    BoardChanged,
    OrderCancelled,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    OrderReady,
)
from apps.orders.rules.alert_keys import alert_key, order_number_of
from apps.orders.selectors.timeline import mail_key
from bakery.kernel.outbox import CRITICAL, handles

_OrderEvent = OrderPlaced | OrderPaid | OrderExpired | OrderCancelled | OrderReady


@handles(OrderPaid, queue=CRITICAL)
def alert_kitchen(event: OrderPaid, *, at: datetime) -> None:
    """Text the shop about a paid cake, once an order."""
    alert = selectors.cake_alert(event.order_id) if event.has_cake else None
    if alert is not None:
        notifications.raise_alert(key=alert_key(alert.number), text=alert.text, at=at)


@handles(BoardChanged, queue=CRITICAL, external=True, max_attempts=2)
def hint_board(event: BoardChanged, *, at: datetime) -> None:
    """Wake the boards; they would look by themselves a few seconds later."""
    board_hint.announce(event.seq)


@handles(AlertAcknowledged, queue=CRITICAL)
def mark_acknowledged(event: AlertAcknowledged, *, at: datetime) -> None:
    """Show on the board what was acknowledged from a phone."""
    number = order_number_of(event.key)
    if number is not None:
        services.acknowledge(order_number=number, actor=event.by, at=at)


@handles(OrderPlaced)
def mail_received(event: OrderPlaced, *, at: datetime) -> None:
    """Tell the customer what was ordered and how to pay.

    Not when staff took the order: they send the link to pay by themselves, if it is wanted.
    """
    _mail(event, "order_received", at=at, is_for_taken=False)


@handles(OrderPaid)
def mail_paid(event: OrderPaid, *, at: datetime) -> None:
    """Tell the customer that the order is certain."""
    _mail(event, "order_paid", at=at)


@handles(OrderExpired)
def mail_expired(event: OrderExpired, *, at: datetime) -> None:
    """Tell the customer that the order lapsed."""
    _mail(event, "order_expired", at=at)


@handles(OrderCancelled)
def mail_cancelled(event: OrderCancelled, *, at: datetime) -> None:
    """Tell the customer that the order was called off."""
    _mail(event, "order_cancelled", at=at)


@handles(OrderReady)
def mail_ready(event: OrderReady, *, at: datetime) -> None:
    """Tell the customer to come."""
    _mail(event, "order_ready", at=at)


def _mail(event: _OrderEvent, name: str, *, at: datetime, is_for_taken: bool = True) -> None:
    mail = selectors.mail_of(event.order_id, at=at)
    if not mail.to or (mail.was_taken and not is_for_taken):
        return
    notifications.send_mail(
        template=f"orders/mail/{name}",
        to=mail.to,
        context=mail.context,
        dedupe_key=mail_key(event.number, name),
        at=at,
    )
