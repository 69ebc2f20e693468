"""The line for full days over HTTP and in a browser, from a full day to the order."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from apps.orders import services
from apps.orders.models import Order, WaitEntry
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import fill_cart, make_cake, make_slot, on_open_day, place

pytestmark = pytest.mark.django_db
PERSON = {"name": "Grace Hopper", "email": "grace@example.com", "phone": "416 555 0123"}


@pytest.fixture
def cake():
    return make_cake(stock=50)


@pytest.fixture
def full(cake):
    """A day a week ahead with one place, taken."""
    slot = make_slot(on_open_day(7), capacity=1)
    return slot, place([(cake, 1, "")], slot=slot, at=clock.now())


def test_somebody_waits_is_offered_a_place_and_orders_with_it(cake, full, drain_outbox):
    slot, first = full
    day = clock.shop_date(slot.starts_at).isoformat()
    shopper = Client()
    shopper.post("/cart/add/", {"variant_id": cake.pk, "quantity": 1, "message": ""})
    page = shopper.get("/checkout/").content.decode()
    assert f'href="/waitlist/join/?day={day}"' in page
    assert "Wait for a place" in shopper.get(f"/waitlist/join/?day={day}").content.decode()
    bad = shopper.post("/waitlist/join/", {"day": day, "email": "nobody"})
    assert (bad.status_code, "not an e-mail address" in bad.content.decode()) == (400, True)
    joined = shopper.post("/waitlist/join/", {"day": day, "email": "grace@example.com"})
    where = joined["Location"]
    assert joined.status_code == 303
    assert "the first in it" in shopper.get(where).content.decode()
    again = shopper.post("/waitlist/join/", {"day": day, "email": "grace@example.com"})
    assert again.status_code == 409
    services.cancel_order(order_id=first.pk, actor="customer", reason="", at=clock.now())
    drain_outbox()
    # The mail is read on another device, which has no cart.
    phone = Client()
    assert "it is yours" in phone.get(where).content.decode()
    taken = phone.post(f"{where}take/")
    page = phone.get(taken["Location"]).content.decode()
    assert "We hold" in page
    assert f'<option value="{slot.pk}" selected' in page
    fields = ("key", "expected_total", "offer", "offer_slot")
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in fields}
    done = phone.post("/checkout/", {**PERSON, **sent, "slot_id": slot.pk})
    assert done.status_code == 303
    order = Order.objects.latest("pk")
    assert order.slot_id == slot.pk
    assert f"You ordered: {order.number}" in phone.get(where).content.decode()
    assert phone.post(f"{where}leave/").status_code == 303
    slot.refresh_from_db()
    assert slot.booked == 1


def test_odd_days_and_keys_are_no_errors(cake, full):
    shopper = Client()
    assert shopper.get("/waitlist/join/?day=2026-11-28").status_code == 302
    shopper.post("/cart/add/", {"variant_id": cake.pk, "quantity": 1, "message": ""})
    for day in ("", "soon", "0001-01-01", "2026-02-30", "%00", "9999-12-31"):
        assert shopper.get(f"/waitlist/join/?day={day}").status_code in {200, 302, 400}
        reply = shopper.post("/waitlist/join/", {"day": day, "email": "a@example.com"})
        assert reply.status_code in {302, 400}
    for verb, path in (("get", ""), ("post", "take/"), ("post", "leave/")):
        assert getattr(shopper, verb)(f"/waitlist/{uuid4()}/{path}").status_code == 404
    for offer in ("x", str(uuid4()), "9" * 500):
        assert shopper.get(f"/checkout/?offer={offer}").status_code == 200


def test_the_line_over_the_api(cake, full):
    slot, first = full
    day = clock.shop_date(slot.starts_at).isoformat()
    api = people.api()
    cart = fill_cart([(cake, 1, "")], at=clock.now())
    body = {"cart_id": str(cart.pk), "email": "grace@example.com"}
    made = api.post("/api/v1/waitlist", {**body, "day": day}, format="json")
    assert (made.status_code, made.json()["state"], made.json()["ahead"]) == (201, "waiting", 0)
    for bad, status in [
        (body, 400), ({**body, "day": day, "slot_id": slot.pk}, 400),
        ({**body, "day": "0001-01-01"}, 400), ({**body, "slot_id": 2**63 - 1}, 400),
        ({**body, "slot_id": 2**70}, 400), ({**body, "slot_id": True}, 400),
        ({**body, "day": day, "email": "no"}, 400), ({**body, "day": day}, 409),
        ({**body, "day": day, "cart_id": str(uuid4())}, 404),
    ]:  # fmt: skip
        assert api.post("/api/v1/waitlist", bad, format="json").status_code == status, bad
    services.cancel_order(order_id=first.pk, actor="customer", reason="", at=clock.now())
    services.offer_places(at=clock.now())
    where = f"/api/v1/waitlist/{made.json()['public_id']}"
    assert api.get(where).json()["slot_id"] == slot.pk
    order = {
        "cart_id": str(cart.pk), "customer": PERSON, "slot_id": slot.pk,
        "waitlist": made.json()["public_id"],
    }  # fmt: skip
    placed = api.post("/api/v1/orders", order, format="json", headers={"Idempotency-Key": "k1"})
    assert placed.status_code == 201, placed.content
    assert api.get(where).json()["order_number"] == placed.json()["number"]
    assert api.delete(where).status_code == 409


def test_joining_is_limited_by_address(cake, full, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "waitlist": "2/hour"}
    body = {"cart_id": str(uuid4()), "email": "a@example.com", "day": "2026-12-24"}
    codes = [
        people.api().post("/api/v1/waitlist", body, format="json").status_code for _ in range(3)
    ]
    assert codes == [404, 404, 429]


def test_staff_see_the_line_and_take_somebody_out(cake, full):
    slot, _ = full
    cart = fill_cart([(cake, 1, "")], at=clock.now())
    entry = services.join_waitlist(
        cart_id=cart.pk, email="grace@example.com", user_id=None, slot_id=slot.pk, at=clock.now()
    )
    manager = people.api(people.log_in(people.staff("manager")).access)
    rows = manager.get(f"/api/v1/staff/waitlist?day={entry.day}").json()
    assert [(row["id"], row["email"]) for row in rows] == [(entry.pk, "grace@example.com")]
    assert manager.get("/api/v1/staff/waitlist?day=soon").status_code == 400
    path = f"/api/v1/staff/waitlist/{entry.pk}/remove"
    assert manager.post(path, {}, format="json").status_code == 400
    gone = manager.post(path, {"reason": "called us"}, format="json")
    assert (gone.status_code, gone.json()["state"]) == (200, "left")
    assert manager.get("/api/v1/staff/waitlist").json() == []
    assert len(manager.get("/api/v1/staff/waitlist?ended=true").json()) == 1
    assert manager.post("/api/v1/staff/waitlist/99999/remove", {"reason": "why"}).status_code == 404
    assert WaitEntry.objects.get().state == "left"
