"""Telling the kitchen of paid cakes: once an order, and once a change that adds one.

The order's row is locked first, as whoever acknowledges it on the board does: an order that is
acknowledged the moment it is paid is either told to nobody or its alert is found.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse

from apps.notifications import selectors as messages
from apps.notifications import services as notifications
from apps.notifications.states import AlertKind
from apps.orders.models import Order, OrderEdit, OrderLine
from apps.orders.rules import sms_text
from apps.orders.rules.added_cakes import added_quantities
from apps.orders.rules.alert_keys import alert_key, change_key
from apps.orders.rules.pickup import local_text, short_text
from apps.orders.rules.sms_text import CakeLine
from apps.orders.services.board import append_board_event
from apps.orders.states import OPEN_STATUSES, BoardKind, Fulfilment
from bakery.kernel.locks import lock_one

CALLED_OFF = "system:order cancelled"


def alert_kitchen(*, order_id: int, at: datetime) -> bool:
    """Raise the alert about a paid order with a cake, once; return whether there is one.

    None without a cake, once it is gone, or when it was seen on the board before anybody could be
    told. Raises `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.acknowledged_at is not None or order.status not in OPEN_STATUSES:
            return False
        cakes = [_cake(line) for line in _cakes_of(order)]
        if cakes:
            _raise(order, cakes, key=alert_key(order.number), changed=False, at=at)
    return bool(cakes)


def alert_of_change(*, order_id: int, revision: int, at: datetime) -> bool:
    """Raise an alert when a change added a cake to a paid order; return whether it did.

    The order is to be acknowledged anew: its ticket looks seen, and what was added is not. A
    change by which the order became paid is told of as that.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        edit = OrderEdit.objects.get(order=order, revision=revision)
        if order.paid_at is None or order.paid_at >= edit.at or order.status not in OPEN_STATUSES:
            return False
        added = added_quantities(edit.before["lines"], edit.after["lines"])
        cakes = [
            replace(_cake(line), quantity=added[line.position])
            for line in _cakes_of(order)
            if line.position in added
        ]
        if not cakes:
            return False
        _raise(order, cakes, key=change_key(order.number, revision), changed=True, at=at)
        if order.acknowledged_at is not None:
            order.acknowledged_at, order.acknowledged_by = None, ""
            order.save(update_fields=["acknowledged_at", "acknowledged_by"])
            append_board_event(order, BoardKind.STATUS, at=at)
    return True


def acknowledge_alerts(order: Order, *, actor: str, at: datetime) -> None:
    """End every open alert about a locked order; a step of the caller's transaction."""
    for key in messages.open_alert_keys(alert_key(order.number)):
        notifications.acknowledge_alert(key=key, by=actor, at=at)


def end_alerts(order: Order, *, at: datetime) -> None:
    """End the alerts about a locked order that was called off: nobody is rung up to bake it.

    That it was called off is on the board. A step of the caller's transaction.
    """
    acknowledge_alerts(order, actor=CALLED_OFF, at=at)


def _cakes_of(order: Order) -> Sequence[OrderLine]:
    return list(order.lines.filter(is_cake=True).order_by("position"))


def _cake(line: OrderLine) -> CakeLine:
    return CakeLine(line.quantity, line.description, line.message)


def _raise(
    order: Order, cakes: Sequence[CakeLine], *, key: str, changed: bool, at: datetime
) -> None:
    told = {language: _words(order, cakes, language, changed=changed) for language in _LANGUAGES}
    notifications.raise_alert(
        key=key,
        text=told["en"]["text"],
        at=at,
        kind=AlertKind.CAKE,
        path=reverse("admin:orders_order_change", args=[order.pk]),
        words=told,
    )


_LANGUAGES = sms_text.LANGUAGES


def _words(
    order: Order, cakes: Sequence[CakeLine], language: str, *, changed: bool
) -> dict[str, str]:
    zone = ZoneInfo(order.zone)
    is_delivery = order.fulfilment == Fulfilment.DELIVERY
    text = sms_text.cake_alert(
        order.number,
        pickup=short_text(order.pickup_starts_at, zone, language),
        cakes=cakes,
        allergy=order.allergy_flag,
        delivery=is_delivery,
        changed=changed,
        language=language,
        reserve=notifications.tail_length(),
    )
    spoken = sms_text.spoken_alert(
        order.number,
        pickup=local_text(order.pickup_starts_at, order.pickup_ends_at, zone, language),
        cakes=cakes,
        allergy=order.allergy_flag,
        delivery=is_delivery,
        changed=changed,
        language=language,
    )
    return {"text": text, "spoken": spoken}
