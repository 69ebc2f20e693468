"""The page behind the address in a mail: what it shows to whom, and that it sends to Stripe."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse

from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.rules.pay_link import KEPT, pay_path, read_token
from apps.orders.states import OrderStatus
from apps.payments.models import CheckoutAttempt
from apps.payments.rules.declines import decline_words
from apps.payments.selectors import last_try
from apps.payments.services import check_attempt, open_checkout
from apps.payments.states import AttemptState
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import ask_deposit
from tests.payments.factories import deliver, events_of, place_now

pytestmark = pytest.mark.django_db


def page(client, order, **query):
    return client.get(pay_path(order.public_id), query)


def text_of(reply) -> str:
    return " ".join(reply.content.decode().split())


def test_the_page_shows_the_order_and_sends_to_stripe(sandbox, client):
    order = place_now(quantity=2)
    shown = page(client, order)
    assert shown.status_code == 200
    text = text_of(shown)
    assert order.number in text
    assert "2 \u00d7 Carrot cake, 8 inch" in text
    assert "Pay $96.00" in text
    assert "hold everything for you until" in text
    for secret in (order.customer_email, order.customer_phone, order.customer_name):
        assert secret not in text
    sent = client.post(pay_path(order.public_id))
    assert sent.status_code == 303
    assert sent["Location"] == CheckoutAttempt.objects.get(order=order).url
    assert client.post(pay_path(order.public_id))["Location"] == sent["Location"]


def test_it_opens_an_accounts_order_but_none_of_its_other_pages(sandbox, client):
    order = place_now()
    owner = people.customer("ada@example.com")
    Order.objects.filter(pk=order.pk).update(user=owner)
    assert client.post(pay_path(order.public_id)).status_code == 303
    assert str(order.public_id) not in text_of(page(client, order))
    assert client.get(reverse("order", args=[order.public_id])).status_code == 404
    back = sandbox.stripe.sessions()[-1]["success_url"]
    assert back.endswith(f"{pay_path(order.public_id)}?payment=done")
    waiting = client.get(pay_path(order.public_id), {"payment": "done"})
    assert "waiting for the confirmation" in text_of(waiting)
    client.force_login(owner)
    home = client.get(pay_path(order.public_id), {"payment": "done"})
    assert home["Location"] == f"/orders/{order.public_id}/?payment=done"


def test_a_wrong_address_says_nothing(client):
    order = place_now()
    good = pay_path(order.public_id).split("/")[2]
    name, mark = good.split(".")
    others = Signer(salt="another", sep=".").sign(name)
    bad = (name, mark, f"{name}.{mark[:-1]}", f"{name[::-1]}.{mark}", others, "x" * 500, "a.b")
    for token in (*bad, "\u00e9.\u00e9", f"{name}.{mark} "):
        reply = client.get(f"/pay/{token}/")
        assert reply.status_code == 404, token
        assert order.number not in text_of(reply)
        assert client.post(f"/pay/{token}/").status_code == 404
    assert read_token(good) == order.public_id


def test_an_address_is_over_weeks_after_the_pickup(client):
    order = place_now()
    assert page(client, order).status_code == 200
    long_ago = clock.now() - KEPT - timedelta(days=2)
    Order.objects.filter(pk=order.pk).update(
        pickup_starts_at=long_ago, pickup_ends_at=long_ago + timedelta(hours=1)
    )
    for reply in (page(client, order), client.post(pay_path(order.public_id))):
        assert reply.status_code == 410
        assert order.number not in text_of(reply)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (OrderStatus.EXPIRED, "Nobody paid in time"),
        (OrderStatus.CANCELLED, "was cancelled"),
        (OrderStatus.PAYMENT_MISMATCH, "do not pay again"),
        (OrderStatus.PAID_UNFULFILLABLE, "do not pay again"),
    ],
)
def test_an_order_that_cannot_be_paid_says_why(client, status, words):
    order = place_now()
    Order.objects.filter(pk=order.pk).update(status=status)
    text = text_of(page(client, order))
    assert words in text
    assert "<button" not in text
    assert client.post(pay_path(order.public_id)).status_code == 409


def test_a_paid_order_and_one_at_the_bank_ask_for_nothing(sandbox, client):
    order = place_now()
    client.post(pay_path(order.public_id))
    attempts = CheckoutAttempt.objects.filter(order=order)
    attempts.update(state=AttemptState.PROCESSING)
    text = text_of(page(client, order))
    assert "bank is working" in text
    assert "<button" not in text
    attempts.update(state=AttemptState.OPEN)
    sandbox.stripe.pay(attempts.get().session_id, "success")
    check_attempt(attempt_id=attempts.get().pk, at=clock.now())
    text = text_of(page(client, order))
    assert "Everything is paid" in text
    assert "<button" not in text


def test_a_form_of_another_site_opens_no_session(sandbox):
    order = place_now()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(pay_path(order.public_id)).status_code == 403
    assert not CheckoutAttempt.objects.exists()


def test_who_comes_too_often_waits(client, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"order": "2/minute"}
    order = place_now()
    assert [page(client, order).status_code for _ in range(3)] == [200, 200, 429]


def test_the_page_costs_the_same_for_any_number_of_lines(client, django_assert_num_queries):
    order = place_now()
    with django_assert_num_queries(3):  # the order, its lines, its last try
        page(client, order)
    line = order.lines.get()
    for position in (2, 3, 4):
        line.pk, line.position = None, position
        line.save(force_insert=True)
    with django_assert_num_queries(3):
        page(client, order)


def test_a_declined_card_is_told_with_a_way_to_try_again(sandbox, client, drain_outbox):
    order = place_now()
    client.post(pay_path(order.public_id))
    session_id = CheckoutAttempt.objects.get(order=order).session_id
    sandbox.stripe.pay(session_id, "insufficient_funds")
    deliver(client, *events_of(sandbox, "payment_intent.payment_failed"))
    drain_outbox()
    assert CheckoutAttempt.objects.get(order=order).decline == "insufficient_funds"
    for address in (pay_path(order.public_id), reverse("order", args=[order.public_id])):
        text = text_of(client.get(address))
        assert "not enough money on the card" in text
        assert "Pay $48.00" in text
    sandbox.stripe.pay(session_id, "success")
    deliver(client, *events_of(sandbox, "checkout.session.completed"))
    drain_outbox()
    assert last_try(order.pk).decline == ""
    assert "did not go through" not in text_of(page(client, order))


def test_what_a_bank_suspects_is_not_told():
    general = decline_words("generic_decline")
    for code in ("stolen_card", "lost_card", "fraudulent", "pickup_card", "never_heard_of"):
        assert decline_words(code) == general
    assert decline_words("") == ""
    assert decline_words("expired_card") != general


def test_another_amount_closes_the_page_that_is_open_first(sandbox):
    order = ask_deposit(place_now(price="100.00"), "30.00")
    first = open_checkout(public_id=order.public_id, at=clock.now())
    whole = open_checkout(public_id=order.public_id, at=clock.now(), whole=True)
    assert first.url != whole.url
    states = {row["amount_total"]: row["status"] for row in sandbox.stripe.sessions()}
    assert states == {3000: "expired", 10000: "open"}
    rows = CheckoutAttempt.objects.order_by("number").values_list("amount", "state")
    assert list(rows) == [(Decimal("30.00"), "expired"), (Decimal("100.00"), "open")]


def test_a_page_that_turns_out_paid_counts_before_the_next_opens(sandbox):
    order = ask_deposit(place_now(price="100.00"), "30.00")
    open_checkout(public_id=order.public_id, at=clock.now())
    # Paid, and we have not heard of it when the customer asks to pay all.
    sandbox.stripe.pay(CheckoutAttempt.objects.get(order=order).session_id, "success")
    open_checkout(public_id=order.public_id, at=clock.now(), whole=True)
    order.refresh_from_db()
    assert (order.status, order.paid_total) == ("deposit_paid", Decimal("30.00"))
    last = CheckoutAttempt.objects.latest("number")
    assert (last.amount, last.state) == (Decimal("70.00"), "open")


def test_deposit_and_rest_are_paid_through_stripe(sandbox, client, drain_outbox):
    order = ask_deposit(place_now(price="100.00"), "30.00")
    text = text_of(page(client, order))
    assert "Pay the deposit, $30.00" in text
    assert "Pay all of it now, $100.00" in text
    for amount, status in ((3000, "deposit_paid"), (7000, "paid")):
        client.post(pay_path(order.public_id))
        session = CheckoutAttempt.objects.filter(order=order).latest("number").session_id
        sandbox.stripe.pay(session, "success")
        assert sandbox.stripe.sessions()[-1]["amount_total"] == amount
        deliver(client, *events_of(sandbox, "checkout.session.completed"))
        drain_outbox()
        order.refresh_from_db()
        assert order.status == status
    assert (order.paid_total, order.balance) == (Decimal("100.00"), Decimal(0))
    assert not order.refund_requests.exists()


def test_a_deposit_closes_the_page_for_all_of_it(sandbox, client, drain_outbox):
    order = ask_deposit(place_now(price="100.00"), "30.00")
    open_checkout(public_id=order.public_id, at=clock.now(), whole=True)
    orders.take_tender(
        order_id=order.pk,
        kind="cash",
        amount=Decimal("30.00"),
        ref="slip",
        actor="user:1",
        at=clock.now(),
    )
    drain_outbox()
    assert [row["status"] for row in sandbox.stripe.sessions()] == ["expired"]
    assert CheckoutAttempt.objects.get(order=order).state == AttemptState.EXPIRED
