"""What an order takes of its slot and of its day, from the checkout to its end."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.catalog.models import Variant
from apps.inventory import services as inventory
from apps.inventory.models import DatedStock, Slot
from apps.inventory.selectors import ledger_differences
from apps.inventory.states import DatedReason
from apps.orders import services
from apps.orders.models import Order
from bakery.kernel import clock
from tests.orders.factories import AT, fill_cart, make_cake, make_slot, make_variant, pay, place
from tests.orders.test_api import new_cart, order_body, post_for_real, send_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return APIClient()


def work(variant, **minutes):
    Variant.objects.filter(pk=variant.pk).update(**minutes)
    return variant


def limited_slot(starts_at=None, **limits):
    slot = make_slot(starts_at or clock.now() + timedelta(days=7))
    Slot.objects.filter(pk=slot.pk).update(**limits)
    return slot


def plan(variant, day, pieces, *, at=AT):
    inventory.adjust_dated_stock(
        changes={(variant.pk, day): pieces},
        reason=DatedReason.PLANNED,
        note="",
        actor="system",
        at=at,
    )


def booked(slot):
    columns = ("booked", "pieces_booked", "oven_booked", "decorator_booked")
    return Slot.objects.values_list(*columns).get(pk=slot.pk)


def test_an_order_takes_the_work_of_its_lines_and_a_cancelled_one_gives_it_back():
    cake = work(make_cake(message=20), oven_minutes=40, decorator_minutes=60)
    box = work(make_variant(), pieces=6, oven_minutes=5)
    lines = [(cake, 1, "one"), (cake, 1, "two"), (box, 3, "")]
    unpaid, paid = place(lines), place(lines)
    assert booked(make_slot()) == (2, 40, 190, 240)
    pay(paid)
    work(cake, decorator_minutes=5)
    services.cancel_order(order_id=paid.pk, actor="user:1", reason="", at=AT)
    assert booked(make_slot()) == (1, 20, 95, 120)
    assert services.expire_overdue(at=unpaid.hold_expires_at) == 1
    assert booked(make_slot()) == (0, 0, 0, 0)
    assert ledger_differences() == []


def test_checkout_names_the_minutes_that_are_missing(api):
    cake = work(make_cake(), decorator_minutes=60)
    slot = limited_slot(max_decorator_minutes=100)
    cart = new_cart(api, (cake, 2, ""))
    reply = send_order(api, order_body(cart, slot)).json()["error"]
    assert reply["code"] == "slot_full"
    assert reply["details"] == {
        "constraint": "decorator_minutes",
        "needed": 120,
        "remaining": 100,
        "limit": 100,
    }
    assert not Order.objects.exists()


def test_checkout_names_what_is_sold_out_on_the_day(api):
    slot = limited_slot()
    day = clock.shop_date(slot.starts_at)
    doughnut = make_variant(stock=50, product_name="Doughnut", name="glazed")
    plan(doughnut, day, 2, at=clock.now())
    cart = new_cart(api, (doughnut, 3, ""))
    assert api.get(f"/api/v1/carts/{cart}").json()["orderable"]
    reply = send_order(api, order_body(cart, slot)).json()["error"]
    (line,) = reply["details"]["lines"]
    assert (reply["code"], line["code"], line["available"]) == (
        "out_of_stock",
        "sold_out_on_day",
        2,
    )
    words = f"{day:%A} {day.day} {day:%B}"
    assert line["message"] == f"Doughnut, glazed: only 2 left on {words}."
    new_cart(api, (doughnut, 2, ""))
    asked = f"/api/v1/availability?day={day}&variant={doughnut.pk}"
    assert api.get(asked).json()[0]["available"] == 2


def test_what_is_there_on_some_day_alone_can_be_put_in_a_cart_and_ordered(api):
    slot = limited_slot()
    doughnut = make_variant(stock=0)
    cart = new_cart(api, (doughnut, 2, ""))
    assert not api.get(f"/api/v1/carts/{cart}").json()["orderable"]
    plan(doughnut, clock.shop_date(slot.starts_at), 108, at=clock.now())
    assert api.get(f"/api/v1/carts/{cart}").json()["orderable"]
    assert send_order(api, order_body(cart, slot)).status_code == 201
    assert DatedStock.objects.get().reserved == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("limits", "constraint"),
    [({"capacity": 5}, "orders"), ({"max_decorator_minutes": 320}, "decorator_minutes")],
)
def test_40_checkouts_over_http_for_a_slot_of_5_give_5(
    limits, constraint, live_server, parallel, settings
):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "order": "9999/minute", "public": "9999/minute"}
    cake = work(make_cake(made_to_order=True), decorator_minutes=60)
    slot = limited_slot(**limits)
    carts = [fill_cart([(cake, 1, "")]).pk for _ in range(40)]
    results = parallel(
        40, lambda n: post_for_real(live_server, order_body(carts[n], slot), uuid4().hex)
    )
    counts = Counter(
        body["error"]["details"]["constraint"] if status == 409 else status
        for status, body in results
    )
    assert counts == {201: 5, constraint: 35}
    assert booked(slot) == (5, 5, 0, 300)
    assert ledger_differences() == []
