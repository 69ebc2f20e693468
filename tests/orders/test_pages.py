"""The cart, the checkout and the order's page, as a browser without scripts uses them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.orders import services
from apps.orders.models import Cart, CartLine, Order
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from tests.orders.factories import make_cake, make_slot, make_variant, on_open_day, pay, place

pytestmark = pytest.mark.django_db
PERSON = {"name": "Ada Byron", "email": "ada@example.com", "phone": "416 555 0123"}


@pytest.fixture
def shopper():
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def slot():
    return make_slot(clock.now() + timedelta(days=7))


def add(shopper, variant, quantity=1, message=""):
    data = {"variant_id": variant.pk, "quantity": quantity, "message": message}
    return shopper.post("/cart/add/", data, follow=True)


def text_of(reply):
    return reply.content.decode()


def checkout_form(shopper, slot, **changes):
    page = text_of(shopper.get("/checkout/"))
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    total = re.search(r'name="expected_total" value="([^"]*)"', page)[1]
    return {**PERSON, "slot_id": slot.pk, "key": key, "expected_total": total, **changes}


def test_somebody_orders_a_cake_with_a_message(shopper, slot):
    assert "nothing in your cart" in text_of(shopper.get("/cart/"))
    page = text_of(add(shopper, make_cake(message=40), 2, "Für Zoë <b>🎂</b>"))
    assert "Für Zoë &lt;b&gt;🎂&lt;/b&gt;" in page
    assert "$96.00" in page
    form = checkout_form(shopper, slot)
    assert form["expected_total"] == "96.00"
    reply = shopper.post("/checkout/", form)
    order = Order.objects.get()
    assert (reply.status_code, reply["Location"]) == (303, f"/orders/{order.public_id}/")
    assert order.customer_phone == "+14165550123"
    page = text_of(shopper.get(reply["Location"]))
    assert order.number in page
    assert "in 7 days" in page
    assert f'action="/orders/{order.public_id}/pay/"' in page
    assert "nothing in your cart" in text_of(shopper.get("/cart/"))


def test_a_second_click_finds_the_first_ones_order(shopper, slot):
    add(shopper, make_cake())
    form = checkout_form(shopper, slot)
    cookie = shopper.cookies["cart"].value
    first = shopper.post("/checkout/", form)
    shopper.cookies["cart"] = cookie
    second = shopper.post("/checkout/", form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    changed = shopper.post("/checkout/", {**form, "name": "Somebody else"})
    assert changed.status_code == 422
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Tell us a name"),
        ({"email": "nobody"}, "not an e-mail address"),
        ({"phone": "call me"}, "not a phone number"),
        ({"slot_id": ""}, "Choose a pickup time"),
        ({"slot_id": "99999999"}, "no such pickup time"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(shopper, slot, change, words):
    add(shopper, make_cake())
    reply = shopper.post("/checkout/", checkout_form(shopper, slot, **change))
    assert reply.status_code == 400
    page = text_of(reply)
    assert words in page
    for name, value in {**PERSON, **change}.items():
        if name in PERSON:
            assert f'value="{value}"' in page
    if "slot_id" not in change:
        assert f'<option value="{slot.pk}" selected' in page
    assert not Order.objects.exists()


def test_a_changed_price_is_shown_before_it_is_agreed_to(shopper, slot):
    cake = make_cake(price="48.00")
    add(shopper, cake)
    form = checkout_form(shopper, slot)
    cake.price = "50.00"
    cake.save()
    reply = shopper.post("/checkout/", form)
    assert reply.status_code == 409
    page = text_of(reply)
    assert "The price changed" in page
    assert 'name="expected_total" value="50.00"' in page
    assert shopper.post("/checkout/", {**form, "expected_total": "50.00"}).status_code == 303


def test_what_sold_out_meanwhile_is_said(shopper, slot):
    cake = make_cake(stock=1)
    add(shopper, cake)
    form = checkout_form(shopper, slot)
    place([(cake, 1, "")])
    reply = shopper.post("/checkout/", form)
    assert reply.status_code == 409
    assert "Sold out." in text_of(shopper.get("/cart/"))
    assert shopper.get("/checkout/")["Location"] == "/cart/"


def test_only_slots_after_the_lead_time_are_offered(shopper):
    now = clock.now()
    early, late = make_slot(now + timedelta(hours=20)), make_slot(now + timedelta(hours=60))
    add(shopper, make_cake(lead_hours=48))
    page = text_of(shopper.get("/checkout/"))
    assert f'value="{late.pk}"' in page
    assert f'value="{early.pk}"' not in page


def test_lines_are_changed_and_removed(shopper):
    add(shopper, make_cake(message=20), 1, "one")
    line = CartLine.objects.get()
    url = f"/cart/lines/{line.pk}/"
    shopper.post(url, {"quantity": 3, "message": "two"})
    line.refresh_from_db()
    assert (line.quantity, line.message) == (3, "two")
    assert "quantity" in text_of(shopper.post(url, {"quantity": 0}, follow=True))
    shopper.post(f"{url}remove/")
    assert not CartLine.objects.exists()


def test_nobody_changes_anothers_cart(shopper):
    add(shopper, make_cake())
    line = CartLine.objects.get()
    other = Client()
    add(other, make_cake())
    other.post(f"/cart/lines/{line.pk}/", {"quantity": 9, "message": ""})
    other.post(f"/cart/lines/{line.pk}/remove/")
    assert CartLine.objects.get(pk=line.pk).quantity == 1


@pytest.mark.parametrize("cookie", ["", "x", "7b1d:forged", "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a"])
def test_a_cookie_that_we_did_not_sign_is_no_cart(shopper, cookie):
    shopper.cookies["cart"] = cookie
    assert "nothing in your cart" in text_of(shopper.get("/cart/"))
    assert shopper.get("/checkout/").status_code == 302


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"variant_id": "x", "quantity": 1},
        {"variant_id": 987654, "quantity": 1},
        {"variant_id": 2**70, "quantity": 1},
        {"variant_id": 1, "quantity": -1},
        {"variant_id": 1, "quantity": 1, "message": "a\x00b"},
    ],
)
def test_what_cannot_be_added_is_said(shopper, data):
    reply = shopper.post("/cart/add/", data, follow=True)
    assert reply.status_code == 200
    assert "notice-error" in text_of(reply)
    assert not CartLine.objects.exists()


def test_forms_need_their_csrf_token(slot):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/cart/add/", {"variant_id": make_cake().pk}).status_code == 403
    assert strict.post("/checkout/", {}).status_code == 403
    assert not Cart.objects.exists()


def page_of(order, query=""):
    return text_of(Client().get(f"/orders/{order.public_id}/{query}"))


def test_coming_back_from_the_payment_page_pays_nothing(shopper):
    order = place([(make_cake(), 1, "")], at=clock.now(), slot=make_slot(on_open_day(7)))
    page = page_of(order, "?payment=done")
    assert "waiting for the confirmation" in page
    assert Order.objects.get().status == OrderStatus.PENDING_PAYMENT
    assert "Nothing was paid" in page_of(order, "?payment=cancelled")


def test_the_page_follows_the_order():
    order = place([(make_cake(), 1, "")], at=clock.now(), slot=make_slot(on_open_day(7)))
    pay(order)
    page = page_of(order)
    assert "Your order is certain" in page
    assert "/pay/" not in page
    services.start_production(order_id=order.pk, actor="user:1", at=clock.now())
    assert 'aria-current="step">In the making' in page_of(order)


def test_a_customer_cancels_on_the_page(shopper):
    order = place([(make_cake(), 1, "")])
    reply = shopper.post(f"/orders/{order.public_id}/cancel/", follow=True)
    assert "This order was cancelled" in text_of(reply)
    assert shopper.post(f"/orders/{uuid4()}/cancel/").status_code == 404


def test_an_order_that_is_none_is_a_404_page(shopper):
    assert shopper.get(f"/orders/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("path", ["/cart/", "/checkout/"])
def test_pages_cost_the_same_queries_at_one_and_at_eight_lines(shopper, slot, path):
    counts = []
    for more in (1, 7):
        for _ in range(more):
            add(shopper, make_variant())
        with CaptureQueriesContext(connection) as queries:
            assert shopper.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_pages_have_no_inline_script_or_style(shopper, slot):
    add(shopper, make_cake(message=20), 1, "hello")
    order = place([(make_cake(), 1, "")])
    for path in ("/cart/", "/checkout/", f"/orders/{order.public_id}/"):
        page = text_of(shopper.get(path))
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", page), path
