"""The day before a pickup, and on the way: each customer is told once, of what holds then."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.notifications.models import Message
from apps.notifications.services import gates
from apps.orders import selectors, services
from apps.orders.events import OrderOut
from apps.orders.handlers import mail_out, mail_ready
from apps.orders.models import Order
from apps.orders.states import Fulfilment, OrderStatus
from tests.orders.factories import (
    AT,
    CUSTOMER,
    ask_deposit,
    make_cake,
    make_slot,
    make_variant,
    pay,
    place,
    place_paid,
)

pytestmark = pytest.mark.django_db
# The factories' pickup is a week later, at 10:00; reminders go out at 16:00 the day before.
PICKUP = AT + timedelta(days=7)
HOUR = PICKUP - timedelta(hours=18)


def reminders():
    return Message.objects.filter(kind="order_reminder").order_by("pk")


@pytest.mark.parametrize(
    ("at", "count"),
    [
        (HOUR - timedelta(seconds=1), 0),
        (HOUR, 1),
        (HOUR + timedelta(hours=7, minutes=59), 1),
        (HOUR + timedelta(hours=8), 0),
        (HOUR - timedelta(days=1), 0),
    ],
)
def test_from_its_hour_until_midnight_of_the_day_before(at, count):
    order = place_paid([(make_variant(allergens=None), 1, "")])
    assert services.remind_of_tomorrow(at=at) == count
    assert services.remind_of_tomorrow(at=at) == 0
    assert reminders().count() == count
    if count:
        message = reminders().get()
        assert message.recipient == "ada@example.com"
        assert message.context["pickup_code"] == order.pickup_code
        assert message.context["hours"]
        assert "not known" in message.context["lines"][0]["contains"]
        assert message.expires_at == order.pickup_starts_at


@pytest.mark.parametrize(
    ("status", "count"),
    [
        (OrderStatus.PAID, 1),
        (OrderStatus.READY, 1),
        (OrderStatus.PENDING_PAYMENT, 0),
        (OrderStatus.CANCELLED, 0),
        (OrderStatus.COLLECTED, 0),
        (OrderStatus.BALANCE_DUE, 0),
    ],
)
def test_only_what_is_certain_and_still_there(status, count):
    order = place_paid([(make_variant(), 1, "")])
    Order.objects.filter(pk=order.pk).update(status=status)
    assert services.remind_of_tomorrow(at=HOUR) == count


def test_a_deposit_makes_it_certain():
    order = ask_deposit(place([(make_cake(), 1, "")]), "20.00", due_at=PICKUP)
    pay(order, amount=2000)
    assert services.remind_of_tomorrow(at=HOUR) == 1


def test_who_became_certain_after_the_hour_has_just_read_it():
    late = HOUR + timedelta(minutes=1)
    pay(place([(make_variant(), 1, "")], at=late), at=late)
    assert services.remind_of_tomorrow(at=HOUR + timedelta(hours=2)) == 0


def test_a_moved_order_is_told_of_its_new_time_again():
    order = place_paid([(make_variant(), 1, "")])
    assert services.remind_of_tomorrow(at=HOUR) == 1
    day = timedelta(days=1)
    Order.objects.filter(pk=order.pk).update(
        pickup_starts_at=order.pickup_starts_at + day, pickup_ends_at=order.pickup_ends_at + day
    )
    assert services.remind_of_tomorrow(at=HOUR + day) == 1
    assert services.remind_of_tomorrow(at=HOUR + day) == 0
    assert reminders().count() == 2


def test_the_hour_is_the_shops_when_the_clocks_change():
    # On 1 November 2026 clocks go back: 16:00 the day before is 20:00 UTC, the pickup 15:00 UTC.
    toronto = ZoneInfo("America/Toronto")
    starts = AT.replace(month=11, day=1, hour=15)
    placed = starts - timedelta(days=3)
    paid = place([(make_variant(), 1, "")], slot=make_slot(starts), at=placed)
    pay(paid, at=placed)
    hour = starts.replace(month=10, day=31, hour=20)
    assert hour.astimezone(toronto).hour == 16
    assert services.remind_of_tomorrow(at=hour - timedelta(minutes=1)) == 0
    assert services.remind_of_tomorrow(at=hour) == 1


def test_who_left_a_number_only_is_texted():
    order = place_paid([(make_variant(), 1, "")])
    Order.objects.filter(pk=order.pk).update(customer_email="", language="fr")
    assert services.remind_of_tomorrow(at=HOUR) == 1
    text = reminders().get()
    assert (text.channel, text.recipient, text.language) == ("sms", CUSTOMER.phone, "fr")
    assert "demain ven. 27 nov. 10 h" in text.body
    assert order.pickup_code in text.body
    for _ in range(2):
        mail_ready(OrderOut(order_id=order.pk, number=order.number), at=AT)
    ready = Message.objects.get(kind="order_ready")
    assert (ready.channel, "vous attend" in ready.body) == ("sms", True)
    Order.objects.filter(pk=order.pk).update(customer_phone="")
    assert selectors.to_remind_of_tomorrow(at=HOUR + timedelta(hours=1)) == []


def test_a_customer_hears_once_that_the_order_left(drain_outbox):
    order = place_paid([(make_variant(), 1, "")])
    address = {"line1": "4 Elm Street", "line2": "", "city": "Toronto", "postcode": "M5G 1H1"}
    Order.objects.filter(pk=order.pk).update(
        fulfilment=Fulfilment.DELIVERY, delivery_address=address, status=OrderStatus.READY
    )
    for _ in range(2):
        services.mark_out_for_delivery(order_id=order.pk, actor="user:1", at=AT)
        services.step_back(order_id=order.pk, reason="forgot the candles", actor="user:1", at=AT)
    drain_outbox()
    message = Message.objects.get(kind="order_out")
    assert message.context["place"] == "4 Elm Street, Toronto, M5G 1H1"
    assert message.context["is_delivery"]
    mail_out(OrderOut(order_id=order.pk, number=order.number), at=AT)
    assert Message.objects.filter(kind="order_out").count() == 1


def judged(message):
    return gates.judge(message, HOUR + timedelta(hours=1)).withheld


def test_a_reminder_that_waited_says_nothing_that_is_over_or_moved():
    """While texts could not be sent, the order was moved, or called off."""
    order = place_paid([(make_variant(), 1, "")])
    services.remind_of_tomorrow(at=HOUR)
    message = reminders().get()
    assert judged(message) == ""
    row = Order.objects.filter(pk=order.pk)
    row.update(pickup_starts_at=PICKUP - timedelta(minutes=15))
    assert judged(message) == "order_moved"
    row.update(pickup_starts_at=PICKUP, status=OrderStatus.CANCELLED)
    assert judged(message) == "order_over"
    row.update(status=OrderStatus.READY)
    services.remind_late(at=PICKUP + timedelta(days=1))
    waiting = Message.objects.get(kind="order_waiting")
    assert judged(waiting) == ""
    row.update(status=OrderStatus.COLLECTED)
    assert judged(waiting) == "order_over"
