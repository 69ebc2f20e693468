"""Changing an order over the API, on the shop's page and in the console."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from rest_framework.test import APIClient

from apps.orders import services
from apps.orders.models import Order, OrderEdit, OrderLine
from apps.orders.states import OrderStatus
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import CUSTOMER, make_slot, make_variant, pay, place

pytestmark = pytest.mark.django_db


def order_now(*, paid=True, quantity=3, **options):
    """An order placed now, of buns at 10.00, for a week later."""
    at = clock.now()
    bun = make_variant(price="10.00", stock=50, product_name="Bun", message=20)
    slot = make_slot(at.replace(microsecond=0) + timedelta(days=7))
    order = place([(bun, quantity, "")], slot=slot, at=at, **options)
    if paid:
        pay(order, ref=uuid4().hex, at=at)
    order.refresh_from_db()
    return order


def url(order, *, staff=False, tail="edit"):
    return f"/api/v1/{'staff/' if staff else ''}orders/{order.public_id}/{tail}"


def body(order, **line):
    return {"revision": order.revision, "lines": [{"position": 1, **line}]}


@pytest.fixture
def api():
    return APIClient()


def staff_api(role="manager"):
    return people.api(people.log_in(people.staff(role)).access)


def send(api, address, data):
    reply = api.post(address, data, format="json")
    return reply.status_code, reply.json()


def test_a_guest_looks_previews_and_changes(api):
    order = order_now()
    seen = api.get(url(order)).json()
    assert (seen["revision"], seen["refusal"]) == (0, None)
    assert seen["lines"][0]["position"] == 1
    wish = body(order, quantity=4)
    status, shown = send(api, url(order, tail="edit/preview"), wish)
    assert (status, shown["delta"], shown["due"], shown["owed"]) == (200, "11.30", "11.30", "0")
    assert (shown["order"]["total"], shown["problems"]) == ("45.20", [])
    assert OrderEdit.objects.count() == 0
    status, done = send(api, url(order), wish | {"expected_total": "45.20"})
    assert (status, done["changes"]) == (200, ["Bun, piece: 4 instead of 3"])
    status, stale = send(api, url(order), wish)
    assert (status, stale["error"]["code"]) == (409, "stale_order")
    assert stale["error"]["details"] == {"revision": 1}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"revision": "0"}, 400, "invalid"),
        ({"revision": -1}, 400, "invalid"),
        ({"revision": 10**30}, 400, "invalid"),
        ({"revision": 0}, 400, "nothing_changed"),
        ({"revision": 0, "lines": []}, 400, "order_empty"),
        ({"revision": 0, "lines": [{}]}, 400, "invalid"),
        ({"revision": 0, "lines": [{"quantity": 1}]}, 400, "lines_refused"),
        ({"revision": 0, "lines": [{"position": 7, "quantity": 1}]}, 400, "lines_refused"),
        ({"revision": 0, "lines": [{"position": 1, "quantity": 1.5}]}, 400, "invalid"),
        (
            {"revision": 0, "lines": [{"position": 1, "quantity": 1, "message": "\0"}]},
            400,
            "unstorable_text",
        ),
        ({"revision": 0, "lines": "x"}, 400, "invalid"),
        ({"revision": 0, "slot_id": 2**62}, 400, "slot_unknown"),
        ({"revision": 0, "slot_id": 2**70}, 400, "invalid"),
        (
            {
                "revision": 0,
                "lines": [{"position": 1, "quantity": 1}],
                "expected_total": "NaN",
            },
            400,
            "invalid",
        ),
        (
            {"revision": 0, "lines": [{"position": 1, "quantity": 99}]},
            409,
            "out_of_stock",
        ),
    ],
)
def test_bad_changes_are_refused_with_a_code_and_change_nothing(api, change, status, code):
    order = order_now()
    reply = send(api, url(order), change)
    assert (reply[0], reply[1]["error"]["code"]) == (status, code)
    assert Order.objects.get(pk=order.pk).revision == 0


def test_what_only_the_shop_decides_is_not_taken_from_a_client(api):
    order = order_now()
    forged = {
        **body(order, quantity=2, unit_price="0.01", line_total="0.01"),
        "total": "0.01",
        "status": "collected",
        "actor": "user:1",
        "reason": "x",
        "refunded_total": "99",
    }
    assert send(api, url(order), forged)[0] == 200
    order.refresh_from_db()
    assert (order.total, order.status) == (Decimal("22.60"), OrderStatus.PAID)
    assert OrderEdit.objects.get().actor == "customer"


def test_an_order_of_an_account_is_changed_by_that_account_alone(api):
    ada, eve = people.customer(), people.customer("eve@example.com")
    customer = services.Customer(name="Ada", email=ada.email, user_id=ada.pk)
    order = order_now(customer=customer)
    for stranger in (api, people.api(people.log_in(eve).access)):
        for tail in ("edit", "edit/preview"):
            assert send(stranger, url(order, tail=tail), body(order, quantity=1))[0] == 404
        assert stranger.get(url(order)).status_code == 404
    assert people.browser(eve).get(f"/orders/{order.public_id}/edit/").status_code == 404
    hers = people.api(people.log_in(ada).access)
    assert send(hers, url(order), body(order, quantity=1))[0] == 200


def test_staff_change_orders_in_production_with_a_reason():
    order = order_now()
    services.start_production(order_id=order.pk, actor="user:1", at=clock.now())
    api = staff_api()
    assert send(staff_api("cashier"), url(order, staff=True), body(order, quantity=1))[0] in {
        200, 400, 403,
    }  # fmt: skip
    status, refused = send(api, url(order, staff=True), body(order, quantity=2))
    assert (status, refused["error"]["code"]) == (400, "reason_missing")
    wish = body(order, quantity=2) | {"reason": "by phone"}
    assert send(api, url(order, staff=True, tail="edit/preview"), wish)[1]["owed"] == "11.30"
    assert send(api, url(order, staff=True), wish)[0] == 200
    assert api.get(url(order, staff=True)).json()["revision"] == 1


def test_the_shops_page_shows_what_a_change_comes_to_before_it_is_made(client):
    order = order_now()
    page = f"/orders/{order.public_id}/edit/"
    assert b"Bun, piece" in client.get(page).content
    typed = {"revision": "0", "quantity-1": "1", "message-1": "Hi", "slot_id": order.slot_id}
    shown = client.post(page, typed).content.decode()
    assert "$22.60</strong> of what was paid goes back" in shown
    assert OrderEdit.objects.count() == 0
    wrong = client.post(page, typed | {"confirm": "1", "expected_total": "99.00"})
    assert wrong.status_code == 409
    reply = client.post(page, typed | {"confirm": "1", "expected_total": "11.30"})
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/orders/{order.public_id}/")
    line = OrderLine.objects.get(order=order)
    assert (line.quantity, line.message) == (1, "Hi")
    stale = client.post(page, typed | {"confirm": "1"})
    assert stale.status_code == 409
    assert b"changed in the meantime" in stale.content


@pytest.mark.parametrize(
    "typed",
    [
        {"quantity-1": "x"},
        {"quantity-1": "9" * 40},
        {"quantity-1": "-1"},
        {"message-1": "x" * 301},
        {"message-1": "\0"},
        {"variant-new-1": "²"},
        {"variant-new-1": "9" * 19},
        {"slot_id": "0x1"},
        {"quantity-1": "0"},
        {"revision": "99"},
    ],
)
def test_whatever_is_typed_on_the_page_is_an_answer_and_no_error(client, typed):
    order = order_now()
    reply = client.post(f"/orders/{order.public_id}/edit/", {"revision": "0"} | typed)
    assert reply.status_code in {400, 409}
    assert Order.objects.get(pk=order.pk).revision == 0


def test_a_page_of_an_order_that_cannot_be_changed_says_why(client):
    order = order_now()
    services.start_production(order_id=order.pk, actor="user:1", at=clock.now())
    reply = client.get(f"/orders/{order.public_id}/edit/")
    assert reply.status_code == 409
    assert b"it cannot be changed any more" in reply.content


def test_the_console_changes_an_order_and_keeps_why():
    order = order_now()
    bun = make_variant(price="4.00", stock=9, product_name="Roll")
    manager = people.browser(people.staff("manager"), verified=True)
    page = f"/console/orders/orderedit/order/{order.pk}/"
    assert page in manager.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    typed = {
        "revision": "0",
        "quantity-1": "3",
        "variant-new-1": str(bun.pk),
        "quantity-new-1": "2",
        "reason": "by phone",
    }
    shown = manager.post(page, typed).content.decode()
    assert "Added: 2 x Roll, piece" in shown
    assert "$9.04</strong> to pay" in shown
    reply = manager.post(page, typed | {"confirm": "1", "expected_total": "42.94"})
    assert reply.status_code == 302
    assert OrderEdit.objects.get().reason == "by phone"
    assert manager.get("/console/orders/orderedit/order/999999/").status_code == 404


def test_who_may_not_change_orders_does_not():
    order = order_now()
    baker = people.staff("kitchen")
    right = Permission.objects.get(codename="edit_order")
    Group.objects.get(name="kitchen").permissions.remove(right)
    console = people.browser(baker, verified=True)
    assert console.get(f"/console/orders/orderedit/order/{order.pk}/").status_code == 403
    api = people.api(people.log_in(baker).access)
    assert send(api, url(order, staff=True), body(order, quantity=1))[0] == 403
    assert OrderEdit.objects.count() == 0


def test_a_customer_without_an_account_named_staff_is_still_a_customer(api):
    """Staff who open a guest's link change it as its customer would."""
    order = order_now(customer=CUSTOMER)
    assert send(staff_api(), url(order), body(order, quantity=1))[0] == 200
    assert OrderEdit.objects.get().actor == "customer"
