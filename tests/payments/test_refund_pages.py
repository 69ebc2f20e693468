"""How customers ask for a refund on the order's page, and follow it there."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.orders.models import Order
from apps.payments.models import RefundRequest
from apps.payments.rules.refund_words import is_for_customer, words_for
from apps.payments.states import RefundStatus, RefundWay
from bakery.kernel import clock
from tests.accounts import people
from tests.payments.factories import place_now
from tests.payments.refund_cases import amount, ask, paid_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(sandbox):
    return paid_order(sandbox)


def page(order) -> str:
    return f"/orders/{order.public_id}/"


def form(order) -> str:
    return f"{page(order)}refunds/"


def text_of(reply) -> str:
    return " ".join(reply.content.decode().split())


def test_a_guest_asks_sees_it_wait_and_takes_it_back(order, client):
    assert form(order) in text_of(client.get(page(order)))
    shown = client.get(form(order))
    typed = {
        "quantity-1": "1",
        "explanation": "The cream <b>had</b> turned.",
        "key": shown.context["key"],
    }
    looked = client.post(form(order), {**typed, "look": "1"})
    assert "$12.00" in text_of(looked)
    assert RefundRequest.objects.count() == 0
    for _ in range(2):
        sent = client.post(form(order), {**typed, "confirm": "1"})
        assert (sent.status_code, sent.url) == (303, f"{page(order)}#refunds")
    row = RefundRequest.objects.get()
    assert (row.amount, row.requested_by) == (12, "customer")
    shown = text_of(client.get(page(order)))
    assert "Waiting for approval." in shown
    assert "The cream &lt;b&gt;had&lt;/b&gt; turned." in shown
    assert "(2 of 3 left)" in text_of(client.get(form(order)))
    taken = client.post(f"{form(order)}{row.public_id}/withdraw/")
    assert taken.status_code == 303
    assert "taken back" in text_of(client.get(page(order)))


def test_nonsense_says_why_and_keeps_what_was_typed(order, client):
    for typed, status in (
        ({"quantity-1": "1", "explanation": " "}, 200),
        ({"explanation": "Stale."}, 400),
        ({"quantity-1": "0", "explanation": "Stale."}, 400),
        ({"quantity-1": "4", "explanation": "Stale."}, 400),
        ({"quantity-1": "-1", "explanation": "Stale."}, 400),
        ({"quantity-1": "1e400", "explanation": "Stale."}, 400),
        ({"quantity-1": "NaN", "explanation": "Stale."}, 400),
        ({"quantity-7": "1", "explanation": "Stale."}, 400),
        ({"quantity-1": "1", "explanation": "a\0b"}, 400),
    ):
        reply = client.post(form(order), {"confirm": "1", **typed})
        assert reply.status_code == status, typed
        assert "notice-error" in text_of(reply)
        assert "Stale." in text_of(reply) or typed["explanation"] != "Stale."
    assert RefundRequest.objects.count() == 0


def test_what_is_unpaid_or_too_old_says_so(order, client, settings):
    unpaid = place_now()
    assert "Ask for a refund" not in text_of(client.get(page(unpaid)))
    assert client.get(form(unpaid)).status_code == 409
    past = clock.now() - timedelta(days=settings.REFUND_REQUEST_DAYS, minutes=1)
    Order.objects.filter(pk=order.pk).update(
        pickup_starts_at=past - timedelta(hours=1), pickup_ends_at=past
    )
    assert "Ask for a refund" not in text_of(client.get(page(order)))
    reply = client.post(form(order), {"quantity-1": "1", "explanation": "x", "confirm": "1"})
    assert reply.status_code == 409
    assert "call us" in text_of(reply)
    assert RefundRequest.objects.count() == 0


def test_strangers_reach_neither_the_form_nor_a_request(order, client):
    row = ask(order)
    elsewhere = place_now()
    foreign = f"{form(elsewhere)}{row.public_id}/withdraw/"
    assert client.post(foreign).status_code == 404
    Order.objects.filter(pk=order.pk).update(user=people.customer())
    own = f"{form(order)}{row.public_id}/withdraw/"
    assert client.get(form(order)).status_code == 404
    assert client.post(own).status_code == 404
    assert Client(enforce_csrf_checks=True).post(foreign).status_code == 403
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_every_state_and_way_is_told_in_words():
    for status in RefundStatus:
        for way in RefundWay:
            row = RefundRequest(
                status=status, way=way, reason="goods", requested_by="customer", decision_note="No."
            )
            told = words_for(row)
            assert told.endswith((".", "it.")), (status, way)
            assert is_for_customer(row)
    sent = RefundRequest(status="sent", way="stripe")
    assert words_for(sent).startswith("On its way to the card")
    assert "5 to 10 days" in words_for(sent)
    assert "No." in words_for(RefundRequest(status="rejected", way="stripe", decision_note="No."))


def test_a_page_costs_the_same_at_one_refund_and_at_three(
    order, client, django_assert_num_queries, django_assert_max_num_queries
):
    ask(order, reference="r-0", amount=amount("1"), reason="goodwill")
    with django_assert_max_num_queries(40) as seen:
        client.get(page(order))
    for number in (1, 2):
        ask(order, reference=f"r-{number}", amount=amount("1"), reason="goodwill")
    with django_assert_num_queries(len(seen)):
        client.get(page(order))
