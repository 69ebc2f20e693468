"""What reminders say when they go out, and that they do not when they should not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.notifications import services as notifications
from apps.notifications.services import contacts
from apps.orders import services as orders
from tests.orders.factories import AT, make_cake, make_slot, make_variant
from tests.recovery.factories import HOUR, MAILBOX, PHONE, hold, leave, messages, remind

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 20, 21, 30, tzinfo=ZoneInfo("America/Toronto"))


def deliver(at=AT + HOUR):
    message = messages()[-1]
    notifications.deliver_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def test_a_mail_says_what_waits_at_todays_prices_with_a_link(sandbox):
    hold()
    cake = make_cake(product_name="Carrot cake", message=40)
    attempt = remind(lines=[(cake, 1, "Happy birthday"), (make_variant(price="3.50"), 2, "")])
    cake.price = "50.00"
    cake.save()
    assert deliver().state == "sent"
    (mail,) = sandbox.mail.mails()
    text = mail["text"]
    assert mail["subject"] == "Your cart at Sweet Rise Bakery is still here"
    assert "1 x Carrot cake, 8 inch  $50.00\n2 x Thing, piece  $7.00\n" in text
    assert "Ready from Fri 27 Nov 10:00 at the earliest." in text
    assert f"/cart/restore/{attempt.pk}-" in text
    assert "Happy birthday" not in text
    assert "1 Baker Street" in text


def test_a_mail_is_written_in_french_for_who_reads_french(sandbox):
    hold()
    remind(language="fr")
    deliver()
    (mail,) = sandbox.mail.mails()
    assert mail["subject"] == "Votre panier chez Sweet Rise Bakery vous attend"
    assert "20,00\xa0$" in mail["text"]
    assert "Prêt au plus tôt : ven. 27 nov. 10\xa0h." in mail["text"]


def test_a_text_fits_one_segment_and_ends_with_the_link(sandbox):
    hold()
    attempt = remind(phone=PHONE)
    message = deliver()
    (text,) = sandbox.twilio.messages(PHONE)
    assert message.segments <= 2
    assert f"/cart/restore/{attempt.pk}-" in text["body"]
    assert "STOP" in text["body"]
    assert "/cart/restore/" not in message.body  # the link is stored nowhere


@pytest.mark.parametrize("how", ["stop", "unsubscribe"])
def test_who_says_stop_after_it_was_planned_gets_nothing(sandbox, how):
    hold()
    remind(phone=PHONE if how == "stop" else "")
    if how == "stop":
        contacts.stop(phone=PHONE, source="test", at=AT + HOUR)
    else:
        contacts.withdraw(
            channel="email", address=MAILBOX, topic="cart", source="test", at=AT + HOUR
        )
    message = deliver()
    assert message.state == "withheld"
    assert message.error_code in {"stopped", "withdrawn"}
    assert sandbox.twilio.messages() == []
    assert sandbox.mail.mails() == []


def test_a_text_that_waits_for_the_morning_is_judged_again_then(sandbox):
    hold()
    remind(phone=PHONE, at=NIGHT, cart=leave(phone=PHONE, at=NIGHT - HOUR))
    message = deliver(NIGHT)
    assert message.state == "queued"
    assert message.not_before == NIGHT.replace(hour=8, minute=0) + timedelta(days=1)
    customer = orders.Customer(name="Ada", email=MAILBOX, phone="")
    cart = orders.create_cart(at=NIGHT)
    variant = make_variant()
    orders.put_line(cart_id=cart.pk, variant_id=variant.pk, quantity=1, message="", at=NIGHT)
    orders.place_order(
        cart_id=cart.pk,
        customer=customer,
        slot_id=make_slot().pk,
        expected_total=None,
        at=NIGHT + HOUR,
    )
    message = deliver(message.not_before)
    assert (message.state, message.error_code) == ("withheld", "bought")
    assert sandbox.twilio.messages() == []


def test_what_is_bought_a_moment_before_it_goes_out_is_not_reminded_of(sandbox):
    hold()
    cart = leave()
    remind(cart)
    orders.place_order(
        cart_id=cart.pk,
        customer=orders.Customer(name="Ada", email=MAILBOX, phone=""),
        slot_id=make_slot().pk,
        expected_total=None,
        at=AT + HOUR,
    )
    message = deliver()
    assert (message.state, message.error_code) == ("withheld", "bought")
    assert sandbox.mail.mails() == []
