"""Of what a customer typed nothing is left anywhere once they are erased, nor told to strangers."""

from uuid import uuid4

import pytest
from django.db import connection

from apps.custom_cakes import services
from apps.custom_cakes.models import CakeRevision
from apps.custom_cakes.services import Contact, privacy
from apps.notifications.models import Message
from apps.orders.services.privacy import erase_guest
from tests.accounts import people
from tests.custom_cakes.factories import make_wishes, submit
from tests.custom_cakes.offers import approve, counter, later
from tests.custom_cakes.test_photos import picture
from tests.orders.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
CANARY = "Kanarienvogel"
MAILBOX = f"{CANARY.lower()}@example.com"
PERSON = Contact(name=f"Zoë {CANARY}", email=MAILBOX, phone="+14165550199", language="fr")
TYPED = {
    name: f"{name} {CANARY}" for name in ("words", "inscription", "colours", "allergies", "note")
}
PLACE = {
    "recipient": f"Zoë {CANARY}",
    "line1": f"1 {CANARY} Street",
    "city": "Toronto",
    "region": "ON",
    "postcode": "M5H 1A1",
    "country": "CA",
}


def tables_with(text: str) -> list[str]:
    """Return the tables of the database that hold ``text`` in any column of any row."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {quoted} AS r WHERE r::text ILIKE %s)",
                [f"%{text}%"],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def asked(**values):
    """A request with a canary in everything that can be typed."""
    request = submit(wishes=make_wishes(**{**TYPED, **values}), contact=PERSON)
    services.add_photo(request_id=request.pk, data=picture(), caption=CANARY, at=AT)
    services.answer_question(request_id=request.pk, text=f"Call me {CANARY}.", at=AT)
    request.refresh_from_db()
    return request


def erase() -> None:
    erase_guest(email=MAILBOX, actor="user:1", reason="asked", at=later(days=10))


def test_nothing_typed_is_left_of_a_request_that_went_all_the_way(drain_outbox):
    request = asked()
    drain_outbox()
    counter(request, words=f"Dear {CANARY}")
    services.decline_counter(request_id=request.pk, words=f"No, says {CANARY}", at=AT)
    services.revise_request(
        request_id=request.pk, wishes=make_wishes(**{**TYPED, "guests": 14}), at=AT
    )
    services.ask_customer(
        request_id=request.pk,
        expected_version=request_version(request),
        text=f"{CANARY}?",
        actor="user:1",
        at=AT,
    )
    services.answer_question(request_id=request.pk, text=f"{CANARY}!", at=AT)
    approve(request, words=f"For {CANARY}")
    drain_outbox()
    services.withdraw_request(request_id=request.pk, at=AT)
    drain_outbox()
    assert set(tables_with(CANARY)) > {"custom_cakes_cakewish", "orders_order"}
    erase()
    drain_outbox()
    assert tables_with(CANARY) == []
    assert tables_with(PERSON.phone.lstrip("+")) == []
    assert CakeRevision.objects.filter(request=request).count() == 3


def test_mails_about_offers_go_though_an_account_has_the_mailbox(drain_outbox):
    request = submit(wishes=make_wishes(**TYPED), contact=PERSON)
    approve(request)
    drain_outbox()
    services.withdraw_request(request_id=request.pk, at=AT)
    people.customer(email=MAILBOX)
    assert {"received", "approved"} <= {mail.split(":")[1] for mail in mails_with(CANARY)}
    privacy.forget_mailbox(email=MAILBOX, at=AT)
    assert mails_with(CANARY) == []


def mails_with(text: str) -> list[str]:
    """Return what messages of this room are kept under that hold ``text``."""
    rows = Message.objects.filter(dedupe_key__startswith="custom_cakes:").values()
    return [row["dedupe_key"] for row in rows if text.lower() in str(row).lower()]


def request_version(request) -> int:
    request.refresh_from_db()
    return request.version


def test_nothing_typed_is_left_of_a_draft(drain_outbox):
    services.save_draft(
        typed={**TYPED, "name": CANARY, "email": MAILBOX, "address": PLACE}, key=uuid4(), at=AT
    )
    assert tables_with(CANARY) == ["custom_cakes_cakerequest"]
    erase()
    assert tables_with(CANARY) == []
