"""Contacts and texts as staff see them, in the console and over the API; preferences over it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications import services
from apps.notifications.models import Contact, InboundText
from apps.notifications.selectors.contacts import kept_of
from apps.notifications.services.footers import footer_of
from apps.notifications.states import Channel, Topic
from bakery.kernel.models import AuditEntry
from tests.accounts import people

MAILBOX, PHONE = "ada@example.com", "+14165550123"
STAFF = "/api/v1/staff/contacts"
pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(at):
    services.subscribe(
        channel=Channel.EMAIL, address=MAILBOX, topic=Topic.CART, source="checkout",
        wording="Mail me", at=at, proved=True,
    )  # fmt: skip
    return Contact.objects.get()


@pytest.fixture
def manager():
    return people.staff("manager")


@pytest.fixture
def desk(manager):
    return people.api(people.log_in(manager).access)


def test_staff_read_the_evidence_and_take_back_on_request(desk, contact):
    row = desk.get(STAFF, {"search": "ADA@"}).json()["results"][0]
    assert (row["address"], row["subscriptions"][0]["state"]) == (MAILBOX, "confirmed")
    page = desk.get(f"{STAFF}/{contact.pk}").json()
    assert page["decisions"][0]["wording"] == "Mail me"
    asked = {"topics": ["cart"], "reason": "called on Monday"}
    done = desk.post(f"{STAFF}/{contact.pk}/withdraw", asked, format="json")
    assert done.status_code == 200, done.content
    assert done.json()["decisions"][0]["state"] == "withdrawn"
    again = desk.post(f"{STAFF}/{contact.pk}/withdraw", asked, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_held")
    entry = AuditEntry.objects.get(action="notifications.withdraw")
    assert (entry.reason, entry.object_id) == ("called on Monday", str(contact.pk))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"topics": [], "reason": "called"},
        {"topics": ["order"], "reason": "called"},
        {"topics": ["stop"], "reason": "called"},
        {"topics": ["cart"], "reason": ""},
        {"topics": ["cart"], "reason": "a\x00bc"},
        {"topics": "cart" * 99, "reason": "called"},
        {"topics": [{"a": 1}], "reason": ["x"]},
    ],
)
def test_a_request_that_makes_no_sense_changes_nothing(desk, contact, body):
    answer = desk.post(f"{STAFF}/{contact.pk}/withdraw", body, format="json")
    assert answer.status_code == 400
    assert contact.subscriptions.get().state == "confirmed"


def test_nobody_there_is_404_and_an_absurd_key_no_bug(desk, contact):
    assert desk.get(f"{STAFF}/{contact.pk + 1}").status_code == 404
    assert desk.get(f"{STAFF}/{10**30}").status_code in {400, 404}
    assert desk.get(STAFF, {"search": "%_'\\"}).json()["results"] == []


def test_a_mailbox_that_works_again_is_written_to_again(desk, contact, at):
    services.suppress(address=MAILBOX, reason="hard_bounce", at=at)
    lift = desk.post(f"{STAFF}/{contact.pk}/lift", {"reason": "was full"}, format="json")
    assert lift.json()["suppressed_at"] is None
    again = desk.post(f"{STAFF}/{contact.pk}/lift", {"reason": "was full"}, format="json")
    assert again.json()["error"]["code"] == "not_suppressed"


def test_counters_read_texts_with_masked_numbers(at):
    services.take_text(sid="SM1", sender=PHONE, body="stop by at 5?", at=at)
    services.take_text(sid="SM2", sender=PHONE, body="STOP", at=at)
    cashier = people.api(people.log_in(people.staff("cashier")).access)
    rows = cashier.get("/api/v1/staff/inbound-texts", {"meaning": "other"}).json()["results"]
    assert [(row["sender"], row["body"]) for row in rows] == [("…0123", "stop by at 5?")]
    assert cashier.get(STAFF).status_code == 403


def test_the_list_of_contacts_takes_as_many_queries_for_two_as_for_twenty(desk, contact, at):
    def count():
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(STAFF).status_code == 200
        return len(asked)

    few = count()
    for number in range(20):
        services.subscribe(
            channel=Channel.EMAIL, address=f"a{number}@example.com", topic=Topic.NEWS, source="x",
            wording="", at=at, proved=True,
        )  # fmt: skip
    assert count() == few


def test_the_console_shows_a_contact_and_takes_back(manager, contact):
    desk = people.browser(manager, verified=True)
    assert MAILBOX in desk.get("/console/notifications/contact/").content.decode()
    page = f"/console/notifications/contact/{contact.pk}/change/"
    assert "Mail me" in desk.get(page).content.decode()
    assert desk.post(page, {"reason": "called"}).status_code == 200
    assert contact.subscriptions.get().state == "confirmed"
    done = desk.post(page, {"topics": ["cart"], "reason": "called us"}, follow=True)
    assert "Taken back" in done.content.decode()
    assert contact.subscriptions.get().state == "withdrawn"


def test_the_console_lists_texts_and_leads_to_who_sent_them(manager, at):
    services.take_text(sid="SM1", sender=PHONE, body="STOP", at=at)
    services.take_text(sid="SM2", sender="+14165550199", body="Hello?", at=at)
    desk = people.browser(manager, verified=True)
    assert "Hello?" in desk.get("/console/notifications/inboundtext/").content.decode()
    contact = Contact.objects.get()
    text = InboundText.objects.get(body="STOP")
    page = desk.get(f"/console/notifications/inboundtext/{text.pk}/change/", follow=True)
    assert page.request["PATH_INFO"] == f"/console/notifications/contact/{contact.pk}/change/"
    assert "STOP" in page.content.decode()


def test_the_signed_in_change_their_own_over_the_api(at):
    mine = people.api(people.log_in(people.customer(phone=PHONE)).access)
    path = "/api/v1/me/preferences"
    assert mine.get(path)["Cache-Control"] == "no-store"
    answer = mine.patch(
        path, {"email": {"news": True}, "sms": {"cart": True}, "language": "fr"}, format="json"
    )
    assert answer.status_code == 200, answer.content
    found = {
        (channel["channel"], choice["topic"]): choice["state"]
        for channel in answer.json()["channels"]
        for choice in channel["choices"]
    }
    assert found["email", "news"] == "on"
    assert found["email", "loyalty"] == "on"
    assert found["email", "cart"] == "off"
    assert found["sms", "cart"] == "pending"
    assert mine.get("/api/v1/me").json()["consents"]["marketing_mail"] is True
    assert Contact.objects.filter(language="fr").count() == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": {"order": False}}, "not_optional"),
        ({"email": {"nonsense": True}}, "not_optional"),
        ({"sms": {"cart": True}}, "no_address"),
        ({"language": "tlh"}, "invalid"),
        ({"email": {"cart": "perhaps"}}, "invalid"),
        ({"email": ["cart"]}, "invalid"),
        ({"email": {"a\x00": True}}, "unstorable_text"),
    ],
)
def test_what_cannot_be_switched_is_refused_whole(at, body, code):
    mine = people.api(people.log_in(people.customer()).access)
    answer = mine.patch("/api/v1/me/preferences", body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert not Contact.objects.exists()


def test_a_mailbox_changes_its_own_by_the_token_of_its_link(contact, at):
    message = services.send_mail(
        template="notifications/mail/password_changed", to=MAILBOX, context={}, dedupe_key="m:1",
        at=at,
    )  # fmt: skip
    token = footer_of(message, at=at)["preferences_link"].rstrip("/").rpartition("/")[2]
    path = f"/api/v1/preferences/{token}"
    shown = people.api().get(path).json()
    assert shown["channels"][0]["address"] == "a…@example.com"
    changed = people.api().patch(path, {"email": {"cart": False}}, format="json")
    assert changed.json()["channels"][0]["choices"][0]["state"] == "off"
    refused = people.api().get(f"/api/v1/preferences/x{token}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "link_not_found")


def test_what_is_kept_about_somebody_can_be_taken_along(contact, at):
    services.take_text(sid="SM1", sender=PHONE, body="Hello?", at=at)
    found = kept_of([MAILBOX, PHONE])
    assert found[0]["decisions"][0]["wording"] == "Mail me"
    assert found[1]["texted"] == "Hello?"
    assert kept_of(["", "nobody@example.com"]) == []
