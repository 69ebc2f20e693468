"""Whose a receipt's file is: over HTTP, by links that end, by mail, and for staff."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.core import mail
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import Message
from apps.notifications.services import deliver_message
from apps.orders import services as orders
from apps.receipts import services
from apps.receipts.selectors import document_of, papers_of
from apps.receipts.services import files
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import AT, CUSTOMER, place_paid
from tests.receipts.factories import file_of, issue, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage", "drawn_once")]


def page(document, **query):
    address = f"/orders/{document.order.public_id}/receipts/{document.number}.pdf"
    return Client().get(address, query)


def owned(user, **options):
    customer = orders.Customer(
        name=CUSTOMER.name, email=user.email, phone=CUSTOMER.phone, user_id=user.pk
    )
    return sealed(customer=customer, **options)


def test_a_guests_file_is_opened_by_the_orders_address_and_is_kept_by_no_cache():
    document = sealed()
    reply = page(document)
    assert (reply.status_code, reply.content) == (200, file_of(document))
    assert reply["Content-Type"] == "application/pdf"
    assert reply["Content-Disposition"] == f'attachment; filename="{document.number}.pdf"'
    assert reply["Cache-Control"] == "private, no-store"
    assert reply["X-Content-Type-Options"] == "nosniff"


def test_another_accounts_receipt_does_not_exist():
    """R1: the page, the API's list and the file of somebody else are 404."""
    ada, eve = people.customer(), people.customer("eve@example.com")
    document = owned(ada)
    address = f"/orders/{document.order.public_id}/receipts/{document.number}.pdf"
    api = f"/api/v1/orders/{document.order.public_id}/receipts"
    assert people.browser(ada).get(address).content == file_of(document)
    for stranger in (people.browser(eve), people.browser()):
        assert stranger.get(address).status_code == 404
        assert stranger.get(api).status_code == 404
    token = people.log_in(eve).access
    assert people.api(token).get(api).status_code == 404
    mine = people.api(people.log_in(ada).access).get(api)
    assert [row["number"] for row in mine.json()["receipts"]] == [document.number]
    assert mine["Cache-Control"] == "no-store"


def test_a_number_opens_nothing_but_its_own_order():
    one, other = sealed(), sealed(ref="pi_2")
    crossed = f"/orders/{one.order.public_id}/receipts/{other.number}.pdf"
    assert Client().get(crossed).status_code == 404
    assert Client().get(f"/orders/{uuid4()}/receipts/{one.number}.pdf").status_code == 404
    link = services.link_to(public_id=other.order.public_id, number=other.number, at=clock.now())
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert page(other, token=token).status_code == 200
    assert page(one, token=token).status_code == 404
    assert Client().get(crossed, {"token": token}).status_code == 404


def test_odd_numbers_are_not_found():
    order = issue().order
    for number in ("x" * 400, "R-2026-%27", "..%2f..%2fetc", "R-2026-000001%0a", "٣"):
        reply = Client().get(f"/orders/{order.public_id}/receipts/{number}.pdf")
        assert reply.status_code == 404, number


def test_a_link_works_without_logging_in_and_ends():
    document = owned(people.customer())
    at = clock.now()
    link = services.link_to(public_id=document.order.public_id, number=document.number, at=at)
    assert Client().get(link.partition("8000")[2]).content == file_of(document)
    token = parse_qs(urlsplit(link).query)["token"][0]
    old = services.link_to(
        public_id=document.order.public_id, number=document.number, at=at - timedelta(minutes=15)
    )
    over = Client().get(old.partition("8000")[2], headers={"Accept": "application/json"})
    assert (over.status_code, over.json()["error"]["code"]) == (404, "link_expired")
    forged = Signer(salt="other").sign_object({"number": document.number, "until": 9e9})
    odd = Signer(salt=files._SALT).sign_object({"number": document.number, "until": "never"})
    for bad in (token[:-1], token + "a", "x", "é", ":", forged, odd, token.replace(":", "")):
        assert page(document, token=bad).status_code == 404


def test_while_it_is_being_made_the_page_says_so_and_the_file_asks_to_come_back():
    document = issue()
    reply = page(document)
    assert (reply.status_code, reply["Retry-After"]) == (503, "10")
    order_page = Client().get(f"/orders/{document.order.public_id}/").content.decode()
    assert f"Your receipt {document.number} is being made" in order_page
    body = Client().get(f"/api/v1/orders/{document.order.public_id}").json()
    assert body["receipt_url"] is None
    services.seal_document(document_id=document.pk, at=AT)
    order_page = Client().get(f"/orders/{document.order.public_id}/").content.decode()
    assert f"Receipt {document.number} (PDF)" in order_page
    assert f"/orders/{document.order.public_id}/receipts/{document.number}.pdf" in order_page


def test_the_orders_representation_has_a_link_that_works():
    document = sealed()
    body = Client().get(f"/api/v1/orders/{document.order.public_id}").json()
    url = urlsplit(body["receipt_url"])
    assert Client().get(f"{url.path}?{url.query}").content == file_of(document)
    listed = Client().get(urlsplit(body["links"]["receipts"]).path).json()["receipts"]
    assert [(row["number"], row["kind"], row["total"]) for row in listed] == [
        (document.number, "receipt", str(document.total))
    ]


def test_an_order_asks_for_its_documents_once_and_an_unpaid_one_never():
    def reads(order):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Client().get(f"/api/v1/orders/{order.public_id}")
        return sum("receipts_document" in row["sql"] for row in queries)

    document = sealed()
    assert reads(document.order) == 1
    document.order.paid_at = None
    document.order.save(update_fields=["paid_at"])
    assert reads(document.order) == 0


def test_after_erasure_the_file_is_the_shops_alone():
    document = sealed()
    link = services.link_to(
        public_id=document.order.public_id, number=document.number, at=clock.now()
    )
    document.order.erased_at = clock.now()
    document.order.save(update_fields=["erased_at"])
    assert page(document).status_code == 404
    assert Client().get(link.partition("8000")[2]).status_code == 404
    assert Client().get(f"/api/v1/orders/{document.order.public_id}").json()["receipt_url"] is None
    assert services.read_file(document=document)


def test_staff_who_may_see_documents_get_the_file_and_others_do_not():
    document = sealed()
    manager, cashier = people.staff("manager"), people.staff("kitchen")
    address = f"/receipts/{document.number}.pdf"
    assert people.browser(manager, verified=True).get(address).content == file_of(document)
    assert people.browser(cashier, verified=True).get(address).status_code == 403
    assert people.browser().get(address).status_code == 302
    api = f"/api/v1/staff/receipts/{document.number}.pdf"
    reply = people.api(people.log_in(manager).access).get(api)
    assert (reply.status_code, reply.content) == (200, file_of(document))
    assert people.api(people.log_in(cashier).access).get(api).status_code == 403
    assert people.api().get(api).status_code == 401
    missing = people.api(people.log_in(manager).access).get("/api/v1/staff/receipts/R-1.pdf")
    assert missing.json()["error"]["code"] == "receipt_not_found"


def test_the_customer_is_mailed_a_link_once_that_works_for_weeks():
    document = sealed()
    services.mail_document(document_id=document.pk, at=AT)
    services.mail_document(document_id=document.pk, at=AT)
    message = Message.objects.get(kind="document")
    assert message.recipient == document.order.customer_email
    # The key to the file is in the mail alone.
    assert "token" not in str(message.context)
    deliver_message(message_id=message.pk, at=clock.now())
    (sent,) = mail.outbox
    assert sent.subject == f"Receipt {document.number} for your order {document.order.number}"
    link = urlsplit(re.search(r"https?://\S+token=\S+", sent.body)[0])
    assert Client().get(f"{link.path}?{link.query}").content == file_of(document)
    html = sent.alternatives[0][0]
    assert "Receipt (PDF)" in html
    assert "/receipts/check/" in html


def test_nobody_is_mailed_without_an_address_or_after_erasure():
    document = sealed()
    order = document.order
    order.customer_email = ""
    order.save(update_fields=["customer_email"])
    services.mail_document(document_id=document.pk, at=AT)
    order.customer_email, order.erased_at = "ada@example.com", AT
    order.save(update_fields=["customer_email", "erased_at"])
    services.mail_document(document_id=document.pk, at=AT)
    assert not Message.objects.filter(kind="document").exists()


def test_from_the_payment_to_the_mail_by_itself(settings, sandbox, drain_outbox):
    settings.RECEIPT_SEALING_AUTOMATIC = True
    order = place_paid()
    drain_outbox()
    paper = papers_of(order.pk)
    assert [(row.kind, row.is_ready) for row in paper] == [("receipt", True)]
    sent = [row for row in mail.outbox if row.subject.startswith(f"Receipt {paper[0].number}")]
    assert [row.to for row in sent] == [[order.customer_email]]
    assert services.verify_file(
        data=services.read_file(document=document_of(order_id=order.pk, number=paper[0].number))
    ).valid
    drain_outbox()
    assert len(papers_of(order.pk)) == 1
