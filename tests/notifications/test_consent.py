"""Who may be written to about what, how it is given and taken back, and the proof of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications import services
from apps.notifications.models import Contact, Message, Subscription, SubscriptionRecord
from apps.notifications.services import consent, contacts
from apps.notifications.states import Channel, SubscriptionState, Topic
from bakery.kernel.errors import Conflict, DomainError, Invalid

PHONE, MAILBOX = "+14165550123", "ada@example.com"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SHOP_ADDRESS = ["12 King Street", "Toronto ON"]


def refusal(topic, at, *, channel=Channel.EMAIL, address=None):
    where = address or (MAILBOX if channel == Channel.EMAIL else PHONE)
    return services.refusal_of(channel=channel, address=where, topic=topic, at=at)


def agree(at, topic=Topic.CART, *, channel=Channel.EMAIL, **more):
    given = {
        "channel": channel,
        "address": MAILBOX if channel == Channel.EMAIL else PHONE,
        "topic": topic,
        "source": "checkout",
        "wording": "Mail me a reminder",
        "at": at,
    }
    return services.subscribe(**{**given, **more})


def test_nobody_is_written_to_about_offers_unasked(at):
    assert refusal(Topic.CART, at) == refusal(Topic.NEWS, at) == "no_consent"
    assert (
        refusal(Topic.ORDER, at) == refusal(Topic.LOYALTY, at) == refusal(Topic.ACCOUNT, at) == ""
    )


def test_one_query_decides(at):
    agree(at, proved=True)
    with CaptureQueriesContext(connection) as asked:
        assert refusal(Topic.CART, at) == ""
    assert len(asked) == 1


def test_the_owner_of_a_mailbox_agrees_at_once_and_takes_it_back(at):
    held = agree(at, proved=True)
    assert held.state == SubscriptionState.CONFIRMED
    assert refusal(Topic.CART, at, address="Ada@Example.com ") == ""
    assert refusal(Topic.NEWS, at) == "no_consent"
    assert services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.CART, source="call", at=at
    )
    assert refusal(Topic.CART, at) == "withdrawn"
    assert not services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.CART, source="call", at=at
    )
    rows = SubscriptionRecord.objects.order_by("pk").values_list("state", "source", "wording")
    assert list(rows) == [
        ("confirmed", "checkout", "Mail me a reminder"),
        ("withdrawn", "call", ""),
    ]


def test_agreeing_twice_is_one_decision(at):
    agree(at, proved=True)
    agree(at + timedelta(days=1), proved=True)
    assert SubscriptionRecord.objects.count() == Subscription.objects.count() == 1


def test_a_mailbox_that_somebody_typed_is_asked_first_and_once_a_day(at):
    for _ in range(3):
        assert agree(at).state == SubscriptionState.PENDING
    assert refusal(Topic.CART, at) == "no_consent"
    message = Message.objects.get()
    assert (message.kind, message.topic) == ("confirm_subscription", Topic.ACCOUNT)
    contact = Contact.objects.get()
    assert contacts.confirm(contact_id=contact.pk, topic=Topic.CART, source="mailed_link", at=at)
    assert refusal(Topic.CART, at) == ""
    evidence = SubscriptionRecord.objects.order_by("pk").last()
    assert (evidence.source, evidence.wording) == ("mailed_link", "Mail me a reminder")


def test_a_number_is_always_asked_even_of_a_signed_in_owner(at):
    assert agree(at, channel=Channel.SMS, proved=True).state == SubscriptionState.PENDING
    assert refusal(Topic.CART, at, channel=Channel.SMS) == "no_consent"
    body = Message.objects.get().body
    assert "Reply YES to get cart reminders from" in body
    for word in ("Msg&data rates may apply", "STOP", "HELP"):
        assert word in body


def test_a_request_that_nobody_answered_is_over_after_a_week(at):
    agree(at)
    contact = Contact.objects.get()
    late = at + timedelta(days=7, seconds=1)
    assert not contacts.confirm(
        contact_id=contact.pk, topic=Topic.CART, source="mailed_link", at=late
    )
    assert refusal(Topic.CART, late) == "no_consent"


def test_a_consent_for_a_time_ends(at):
    agree(at, proved=True, expires_at=at + timedelta(days=1))
    assert refusal(Topic.CART, at) == ""
    assert refusal(Topic.CART, at + timedelta(days=1)) == "consent_expired"
    again = agree(at + timedelta(days=2), proved=True)
    assert again.expires_at is None
    assert refusal(Topic.CART, at + timedelta(days=2)) == ""


def test_points_come_until_somebody_objects(at):
    services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.LOYALTY, source="call", at=at
    )
    assert refusal(Topic.LOYALTY, at) == "withdrawn"
    assert refusal(Topic.ORDER, at) == ""


def test_stop_refuses_every_text_but_those_to_the_shop(at):
    agree(at, channel=Channel.SMS)
    assert contacts.stop(phone=PHONE, source="sms_stop", at=at)
    for topic in Topic.values:
        expected = "" if topic == Topic.STAFF else "stopped"
        assert refusal(topic, at, channel=Channel.SMS) == expected
    assert refusal(Topic.ORDER, at) == ""
    assert not contacts.stop(phone=PHONE, source="sms_stop", at=at)
    assert Subscription.objects.get().state == SubscriptionState.WITHDRAWN


def test_a_suppressed_mailbox_gets_no_mail_until_staff_say_that_it_works(at):
    assert services.suppress(address="Ada@example.com", reason="hard_bounce", at=at)
    assert not services.suppress(address=MAILBOX, reason="complaint", at=at)
    assert refusal(Topic.ORDER, at) == "suppressed"
    assert refusal(Topic.STAFF, at) == ""
    contact = Contact.objects.get()
    assert contact.suppressed_reason == "hard_bounce"
    lift = {"contact_id": contact.pk, "actor": "user:1", "reason": "called", "at": at}
    services.lift_suppression(**lift)
    assert refusal(Topic.ORDER, at) == ""
    with pytest.raises(Conflict, match="Mails go"):
        services.lift_suppression(**lift)


def test_advertising_without_a_postal_address_is_not_sent(at, settings):
    agree(at, proved=True)
    settings.SHOP_ADDRESS = []
    assert refusal(Topic.CART, at) == "no_postal_address"
    assert refusal(Topic.ORDER, at) == ""


def test_measuring_is_agreed_to_on_its_own(at):
    agree(at, Topic.NEWS, proved=True)
    assert not services.may_measure(address=MAILBOX, at=at)
    agree(at, Topic.MEASURE, proved=True)
    assert services.may_measure(address="ADA@example.com", at=at)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"topic": Topic.ORDER}, "not_optional"),
        ({"topic": Topic.LOYALTY, "channel": Channel.SMS, "address": PHONE}, "not_optional"),
        ({"topic": "nonsense"}, "not_optional"),
        ({"channel": Channel.SMS, "address": "4165550123"}, "bad_contact"),
        ({"address": "  "}, "bad_contact"),
        ({"address": "erased:0123456789abcdef"}, "bad_contact"),
        ({"channel": Channel.VOICE, "address": PHONE}, "not_optional"),
    ],
)
def test_what_cannot_be_agreed_to(at, given, code):
    with pytest.raises(Invalid) as refused:
        agree(at, **given)
    assert refused.value.code == code
    assert not Contact.objects.exists()


def test_staff_take_back_and_never_agree_for_somebody(at):
    agree(at, proved=True)
    contact = Contact.objects.get()
    asked = {"contact_id": contact.pk, "actor": "user:1", "reason": "called us", "at": at}
    assert services.withdraw_on_request(topics=["cart"], **asked) == ["cart"]
    assert refusal(Topic.CART, at) == "withdrawn"
    for topics, error in ((["cart"], "nothing_held"), (["stop"], "not_optional")):
        with pytest.raises(DomainError) as refused:
            services.withdraw_on_request(topics=topics, **asked)
        assert refused.value.code == error


def test_the_erased_keep_what_they_refused_and_nothing_else(at):
    agree(at, proved=True)
    services.withdraw(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.NEWS, source="call", at=at
    )
    services.erase_messages(recipients=["Ada@example.com"], at=at)
    contact = Contact.objects.get()
    assert contact.address.startswith("erased:")
    assert "ada" not in contact.address
    assert refusal(Topic.NEWS, at) == "withdrawn"
    assert refusal(Topic.CART, at) == "no_consent"
    # Back again, by their own wish: the same contact.
    agree(at, proved=True)
    assert Contact.objects.get().address == MAILBOX
    assert (refusal(Topic.CART, at), refusal(Topic.NEWS, at)) == ("", "withdrawn")


def test_an_erased_number_that_stopped_stays_stopped(at):
    contacts.stop(phone=PHONE, source="sms_stop", at=at)
    services.forget_contacts(addresses=[PHONE])
    assert not Contact.objects.filter(address=PHONE).exists()
    assert refusal(Topic.ORDER, at, channel=Channel.SMS) == "stopped"


def test_an_erased_contact_that_refused_nothing_is_gone(at):
    agree(at, proved=True)
    services.forget_contacts(addresses=[MAILBOX])
    assert not Contact.objects.exists()


@pytest.mark.control
def test_control_a_contact_looked_up_by_its_address_alone_forgets_a_stop(at, monkeypatch):
    contacts.stop(phone=PHONE, source="sms_stop", at=at)
    services.forget_contacts(addresses=[PHONE])
    monkeypatch.setattr(consent, "written_as", lambda channel, address: (address,))
    assert refusal(Topic.ORDER, at, channel=Channel.SMS) == ""
