"""Texts of customers who wait for an order."""

import pytest

from apps.notifications import services as notifications
from apps.notifications.models import Alert, Contact
from apps.orders import services
from apps.orders.models import Order
from bakery.kernel import clock
from tests.orders.factories import place_paid

pytestmark = pytest.mark.django_db


def text(body, sid, sender="+14165550123"):
    notifications.take_text(sid=sid, sender=sender, body=body, at=clock.now())


def test_a_text_about_an_open_order_is_told_once_a_day(drain_outbox):
    order = place_paid()
    Order.objects.filter(pk=order.pk).update(customer_phone="+14165550123")
    drain_outbox()
    text("stop by the shop at 5?", "SM1")
    text("Hello?", "SM2")
    text("STOP", "SM3")
    text("and me?", "SM4", sender="+14165550199")
    drain_outbox()
    alert = Alert.objects.get(key__startswith="text:")
    assert order.number in alert.text
    assert "stop by the shop at 5?" in alert.text
    assert alert.path == "/console/notifications/inboundtext/"


def test_the_number_of_an_erased_guest_goes_and_its_stop_stays():
    phone = "+14165550123"
    order = place_paid()
    Order.objects.filter(pk=order.pk).update(customer_phone=phone, status="collected")
    text("STOP", "SM1", sender=phone)
    erase = {"actor": "user:1", "reason": "asked for it", "at": clock.now()}
    services.erase_guest(email=order.customer_email, **erase)
    assert not Contact.objects.filter(address=phone).exists()
    asked = {"channel": "sms", "address": phone, "topic": "order", "at": clock.now()}
    assert notifications.refusal_of(**asked) == "stopped"
