"""Whose cart it is, how a guest's becomes an account's, and what is noted about it."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from rest_framework.test import APIClient

from apps.orders import selectors, services
from apps.orders.models import Cart, CartEvent, CartLine
from apps.orders.rules.checks import MAX_LINES, MAX_QUANTITY
from apps.orders.services import merging
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, NotFound
from tests.accounts import people
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_cake, make_slot, make_variant

pytestmark = pytest.mark.django_db


def put(cart, variant, quantity=1, message="", user_id=None):
    return services.put_line(
        cart_id=cart.pk,
        variant_id=variant.pk,
        quantity=quantity,
        message=message,
        user_id=user_id,
        at=AT,
    )


def lines_of(cart_id):
    rows = CartLine.objects.filter(cart_id=cart_id).order_by("pk")
    return [(row.variant_id, row.message, row.quantity) for row in rows]


def steps_of(cart_id):
    return [step.kind for step in selectors.cart_path(cart_id)]


@pytest.fixture
def ada():
    return people.customer()


def test_an_account_has_one_open_cart(ada):
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    assert services.open_account_cart(user_id=ada.pk, at=AT).pk == mine.pk
    with transaction.atomic():
        services.place_order(
            cart_id=_filled(mine, ada).pk,
            customer=_customer(ada),
            slot_id=make_slot().pk,
            expected_total=None,
            at=AT,
        )
    assert services.open_account_cart(user_id=ada.pk, at=AT).pk != mine.pk


def _filled(cart, user):
    put(cart, make_cake(), user_id=user.pk)
    return cart


def _customer(user):
    return services.Customer(
        name=CUSTOMER.name, email=CUSTOMER.email, phone=CUSTOMER.phone, user_id=user.pk
    )


CALLS = {
    "read": lambda api, cart, line: api.get(f"/api/v1/carts/{cart}"),
    "promise": lambda api, cart, line: api.get(f"/api/v1/carts/{cart}/promise"),
    "put": lambda api, cart, line: api.put(
        f"/api/v1/carts/{cart}/lines", {"variant_id": 1, "quantity": 1}, format="json"
    ),
    "change": lambda api, cart, line: api.put(
        f"/api/v1/carts/{cart}/lines/{line}", {"quantity": 9}, format="json"
    ),
    "remove": lambda api, cart, line: api.delete(f"/api/v1/carts/{cart}/lines/{line}"),
    "order": lambda api, cart, line: api.post(
        "/api/v1/orders",
        {
            "cart_id": str(cart),
            "customer": {"name": "Eve", "email": "eve@example.com", "phone": "+14165550123"},
            "slot_id": make_slot().pk,
        },
        format="json",
        headers={"Idempotency-Key": uuid4().hex},
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_accounts_cart_does_not_exist_for_anybody_else(ada, call):
    mine = _filled(services.open_account_cart(user_id=ada.pk, at=AT), ada)
    line = CartLine.objects.get().pk
    eve = people.customer("eve@example.com")
    staff = people.staff("manager")
    strangers = (
        APIClient(),
        people.api(people.log_in(eve).access),
        people.api(people.log_in(staff).access),
    )
    for stranger in strangers:
        reply = CALLS[call](stranger, mine.pk, line)
        missing = CALLS[call](stranger, uuid4(), line)
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "cart_not_found")
        assert reply.json()["error"] == missing.json()["error"]
    assert lines_of(mine.pk)[0][2] == 1
    hers = CALLS["read"](people.api(people.log_in(ada).access), mine.pk, line)
    assert (hers.status_code, len(hers.json()["lines"])) == (200, 1)


def test_nobody_adopts_an_accounts_cart(ada):
    mine = _filled(services.open_account_cart(user_id=ada.pk, at=AT), ada)
    eve = people.customer("eve@example.com")
    for cart_id in (mine.pk, uuid4()):
        with pytest.raises(NotFound):
            services.adopt_cart(cart_id=cart_id, user_id=eve.pk, at=AT)
    assert len(lines_of(mine.pk)) == 1


def test_a_guests_cart_comes_along_and_the_same_things_add_up(ada):
    cake, loaf = make_cake(message=20), make_variant()
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    put(mine, cake, 1, "Ada", ada.pk)
    put(mine, loaf, 2, "", ada.pk)
    guest = fill_cart([(cake, 2, "Ada"), (cake, 1, "Zoë"), (loaf, 3, "")])
    merged = services.adopt_cart(cart_id=guest.pk, user_id=ada.pk, at=AT)
    assert (merged.cart_id, merged.moved, merged.left) == (mine.pk, 6, ())
    assert lines_of(mine.pk) == [
        (cake.pk, "Ada", 3),
        (loaf.pk, "", 5),
        (cake.pk, "Zoë", 1),
    ]
    again = services.adopt_cart(cart_id=guest.pk, user_id=ada.pk, at=AT)
    assert (again.moved, len(lines_of(mine.pk))) == (0, 3)
    assert steps_of(mine.pk) == ["opened", "line_added", "line_added", "merged"]
    assert lines_of(guest.pk) == []


def test_what_does_not_fit_is_reported_and_stays_in_the_guests_cart(ada):
    loaf = make_variant(stock=None)
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    put(mine, loaf, MAX_QUANTITY - 1, "", ada.pk)
    cake = make_cake(message=20)
    CartLine.objects.bulk_create(
        CartLine(cart=mine, variant_id=cake.pk, message=f"m{n}", quantity=1)
        for n in range(MAX_LINES - 1)
    )
    guest = fill_cart([(loaf, 3, ""), (cake, 2, "more")])
    api = people.api(people.log_in(ada).access)
    reply = api.post(f"/api/v1/carts/{guest.pk}/adopt")
    assert reply.status_code == 200, reply.content
    assert reply.json()["moved"] == 1
    assert reply.json()["left"] == [
        {"variant_id": loaf.pk, "message": "", "quantity": 2, "code": "bad_quantity"},
        {"variant_id": cake.pk, "message": "more", "quantity": 2, "code": "too_many_lines"},
    ]
    assert lines_of(guest.pk) == [(loaf.pk, "", 2), (cake.pk, "more", 2)]
    assert dict(CartLine.objects.filter(cart=mine).values_list("variant_id", "quantity"))[
        loaf.pk
    ] == (MAX_QUANTITY)


def test_a_limit_per_order_holds_over_a_merge(ada):
    cake = make_cake(limit=3, message=10)
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    put(mine, cake, 2, "", ada.pk)
    guest = fill_cart([(cake, 2, "Zoë")])
    services.adopt_cart(cart_id=guest.pk, user_id=ada.pk, at=AT)
    view = selectors.cart_view(mine.pk, user_id=ada.pk, at=AT)
    assert [line.problem.code for line in view.lines] == ["over_limit", "over_limit"]
    assert not view.orderable


def test_coupons_and_gift_cards_come_along_but_no_points(ada):
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    Cart.objects.filter(pk=mine.pk).update(codes=["MINE"], points=70)
    guest = fill_cart([(make_cake(), 1, "")])
    Cart.objects.filter(pk=guest.pk).update(codes=["MINE", "TEN"], gift_cards=[4], points=900)
    services.adopt_cart(cart_id=guest.pk, user_id=ada.pk, at=AT)
    mine.refresh_from_db()
    assert (mine.codes, mine.gift_cards, mine.points) == (["MINE", "TEN"], [4], 70)


def test_staff_have_no_cart_of_their_own():
    api = people.api(people.log_in(people.staff("manager")).access)
    for reply in (api.get("/api/v1/me/cart"), api.post(f"/api/v1/carts/{uuid4()}/adopt")):
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_a_customer")


def test_the_api_opens_the_accounts_cart(ada):
    api = people.api(people.log_in(ada).access)
    first, again = api.get("/api/v1/me/cart"), api.get("/api/v1/me/cart")
    assert (first.status_code, first.json()["id"]) == (200, again.json()["id"])
    assert APIClient().get("/api/v1/me/cart").status_code == 401
    line = {"variant_id": make_cake().pk, "quantity": 2, "message": ""}
    reply = api.put(f"/api/v1/carts/{first.json()['id']}/lines", line, format="json")
    assert (reply.status_code, reply.json()["lines"][0]["quantity"]) == (200, 2)


def test_every_change_is_noted_without_what_was_typed(ada):
    cake = make_cake(message=20)
    cart = services.create_cart(at=AT)
    put(cart, cake, 2, "For Zoë")
    put(cart, cake, 3, "For Zoë")
    services.add_to_cart(cart_id=cart.pk, variant_id=cake.pk, quantity=1, message="For Zoë", at=AT)
    line = CartLine.objects.get()
    services.change_line(cart_id=cart.pk, line_id=line.pk, quantity=5, message="Zoë", at=AT)
    services.remove_line(cart_id=cart.pk, line_id=line.pk, at=AT)
    services.remove_line(cart_id=cart.pk, line_id=line.pk, at=AT)
    path = selectors.cart_path(cart.pk)
    assert [(step.kind, step.quantity) for step in path] == [
        ("opened", None),
        ("line_added", 2),
        ("line_changed", 3),
        ("line_changed", 4),
        ("line_changed", 5),
        ("line_removed", 0),
    ]
    assert "Zo" not in str(list(CartEvent.objects.values()))


def test_a_refused_change_is_not_noted():
    cart = services.create_cart(at=AT)
    with pytest.raises(Exception, match="not sold"):
        services.put_line(cart_id=cart.pk, variant_id=987654321, quantity=1, message="", at=AT)
    assert steps_of(cart.pk) == ["opened"]


def test_the_way_through_checkout_is_noted():
    cart = fill_cart([(make_cake(), 1, "")])
    services.note_checkout_started(cart_id=cart.pk, user_id=None, at=AT)
    services.note_checkout_refused(cart_id=cart.pk, user_id=None, code="slot_full", at=AT)
    services.note_checkout_refused(cart_id=uuid4(), user_id=None, code="slot_full", at=AT)
    services.place_order(
        cart_id=cart.pk, customer=CUSTOMER, slot_id=make_slot().pk, expected_total=None, at=AT
    )
    services.note_checkout_refused(cart_id=cart.pk, user_id=None, code="late", at=AT)
    assert steps_of(cart.pk)[2:] == ["checkout_started", "checkout_refused", "ordered"]
    assert CartEvent.objects.exclude(cart_id=cart.pk).count() == 0


def test_the_path_of_a_cart_is_not_rewritten_but_may_forget_who_it_was(ada):
    services.open_account_cart(user_id=ada.pk, at=AT)
    for change in ({"kind": "ordered"}, {"user_id": 7}, {"user_id": None, "kind": "ordered"}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            CartEvent.objects.update(**change)
    assert CartEvent.objects.update(user_id=None) == 1


def shop(user=None, cart_cookie=None):
    client = Client()
    if user is not None:
        client.force_login(user)
    if cart_cookie is not None:
        client.cookies["cart"] = cart_cookie
    return client


def test_a_browsers_cart_comes_along_at_log_in_and_stays_with_the_account(ada):
    guest = shop()
    cake = make_cake(message=20)
    guest.post("/cart/add/", {"variant_id": cake.pk, "quantity": 2, "message": "Zoë"})
    cookie = guest.cookies["cart"].value
    here = shop(ada, cookie)
    assert "Zoë" in here.get("/cart/").content.decode()
    assert "Zoë" in shop(ada).get("/cart/").content.decode()
    assert "nothing in your cart" in shop(None, cookie).get("/cart/").content.decode()
    here.post("/cart/add/", {"variant_id": cake.pk, "quantity": 1, "message": "Zoë"})
    mine = Cart.objects.get(user=ada)
    assert lines_of(mine.pk) == [(cake.pk, "Zoë", 3)]
    line = CartLine.objects.get().pk
    for eve in (shop(people.customer("eve@example.com")), shop()):
        eve.post(f"/cart/lines/{line}/", {"quantity": 9, "message": ""})
        eve.post(f"/cart/lines/{line}/remove/")
    assert lines_of(mine.pk) == [(cake.pk, "Zoë", 3)]
    here.post(f"/cart/lines/{line}/", {"quantity": 4, "message": "Zoë"})
    assert lines_of(mine.pk) == [(cake.pk, "Zoë", 4)]
    here.post(f"/cart/lines/{line}/remove/")
    assert lines_of(mine.pk) == []


# --- races --------------------------------------------------------------------------------------


def adopt_on_two_devices(parallel, user, guests):
    return parallel(
        2, lambda n: services.adopt_cart(cart_id=guests[n % len(guests)].pk, user_id=user.pk, at=AT)
    )


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_merge_one_cart_find_each_line_once(parallel):
    ada, cake, loaf = people.customer(), make_cake(), make_variant()
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    put(mine, cake, 1, "", ada.pk)
    guest = fill_cart([(cake, 2, ""), (loaf, 1, "")])
    results = adopt_on_two_devices(parallel, ada, [guest])
    assert sorted(result.moved for result in results) == [0, 3]
    assert sorted(lines_of(mine.pk)) == sorted([(cake.pk, "", 3), (loaf.pk, "", 1)])


@pytest.mark.django_db(transaction=True)
def test_two_devices_with_a_cart_each_end_in_one_cart(parallel):
    ada, cake = people.customer(), make_cake()
    guests = [fill_cart([(cake, 1, "")]), fill_cart([(cake, 2, "")])]
    results = adopt_on_two_devices(parallel, ada, guests)
    assert {result.cart_id for result in results} == {Cart.objects.get(user=ada).pk}
    assert lines_of(results[0].cart_id) == [(cake.pk, "", 3)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.control
def test_control_without_the_lock_one_of_two_devices_loses_its_lines(parallel, monkeypatch):
    ada, cake = people.customer(), make_cake()
    mine = services.open_account_cart(user_id=ada.pk, at=AT)
    put(mine, cake, 1, "", ada.pk)
    guests = [fill_cart([(cake, 1, "")]), fill_cart([(cake, 2, "")])]
    read, barrier = merging._lines, threading.Barrier(2)

    def read_together(cart):
        rows = read(cart)
        if cart.pk == mine.pk:
            barrier.wait(60)
        return rows

    monkeypatch.setattr(merging, "locked", lambda rows: rows)
    monkeypatch.setattr(merging, "_lines", read_together)
    results = adopt_on_two_devices(parallel, ada, guests)
    assert sorted(result.moved for result in results) == [1, 2]
    assert lines_of(mine.pk)[0][2] < 4


@pytest.mark.django_db(transaction=True)
def test_of_a_merge_and_a_checkout_one_wins(parallel):
    ada, slot = people.customer(), make_slot()
    guest = fill_cart([(make_cake(), 1, "")])

    def act(number):
        if number:
            return services.adopt_cart(cart_id=guest.pk, user_id=ada.pk, at=AT)
        return services.place_order(
            cart_id=guest.pk, customer=CUSTOMER, slot_id=slot.pk, expected_total=None, at=AT
        )

    ordered, merged = parallel(2, act)
    if isinstance(merged, Conflict):
        assert ordered.total
        assert CartLine.objects.filter(cart__user=ada).count() == 0
    else:
        assert merged.moved == 1
        assert getattr(ordered, "code", "") == "cart_empty"


def test_reading_a_cart_of_an_account_costs_no_more(ada, django_assert_num_queries):
    mine = _filled(services.open_account_cart(user_id=ada.pk, at=AT), ada)
    with django_assert_num_queries(3):
        selectors.cart_view(mine.pk, user_id=ada.pk, at=AT)
    assert connection.vendor == "postgresql"


def test_what_checkout_refuses_is_noted_over_http(ada):
    cake = make_cake(price="48.00")
    cart = fill_cart([(cake, 1, "")])
    body = {
        "cart_id": str(cart.pk),
        "customer": {"name": "Ada", "email": "ada@example.com", "phone": "+14165550123"},
        "slot_id": make_slot(clock.now() + timedelta(days=7)).pk,
        "expected_total": "1.00",
    }
    headers = {"Idempotency-Key": uuid4().hex}
    reply = APIClient().post("/api/v1/orders", body, format="json", headers=headers)
    assert reply.status_code == 409
    step = selectors.cart_path(cart.pk)[-1]
    assert (step.kind, step.data) == ("checkout_refused", {"code": "price_changed"})
    window = shop(ada)
    window.post("/cart/add/", {"variant_id": cake.pk, "quantity": 1, "message": ""})
    assert window.get("/checkout/").status_code == 200
    assert steps_of(Cart.objects.get(user=ada).pk)[-1] == "checkout_started"
