"""Carts and orders over HTTP, as any client drives them."""

import http.client
import json
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.inventory.models import Stock
from apps.inventory.selectors import ledger_differences
from apps.orders.models import Order
from apps.orders.states import OrderStatus
from bakery.edge import idempotent as idempotent_edge
from bakery.kernel import clock
from tests.accounts import people
from tests.orders.factories import fill_cart, make_cake, make_slot, make_variant, pay, place

pytestmark = pytest.mark.django_db
CUSTOMER = {"name": "Ada Byron", "email": "ada@example.com", "phone": "+14165550123"}


@pytest.fixture
def api():
    return APIClient()


def soon():
    return make_slot(clock.now() + timedelta(days=7))


def new_cart(api, *lines):
    cart = api.post("/api/v1/carts").json()["id"]
    for variant, quantity, message in lines:
        body = {"variant_id": variant.pk, "quantity": quantity, "message": message}
        reply = api.put(f"/api/v1/carts/{cart}/lines", body, format="json")
        assert reply.status_code == 200, reply.content
    return cart


def order_body(cart, slot, **rest):
    return {"cart_id": str(cart), "customer": CUSTOMER, "slot_id": slot.pk, **rest}


def send_order(api, body, key=None):
    return api.post(
        "/api/v1/orders", body, format="json", headers={"Idempotency-Key": key or uuid4().hex}
    )


def place_over_http(api, variant=None):
    cart = new_cart(api, (variant or make_cake(), 1, ""))
    reply = send_order(api, order_body(cart, soon()))
    assert reply.status_code == 201, reply.content
    return reply.json()


def error(reply):
    return reply.status_code, reply.json()["error"]["code"]


def test_a_guest_fills_a_cart_and_orders_it(api):
    cake = make_cake(message=40, stock=3)
    cart = new_cart(api, (cake, 1, "Zoë 🎂"), (make_variant(price="10.00"), 2, ""))
    shown = api.get(f"/api/v1/carts/{cart}").json()
    assert (shown["subtotal"], shown["tax_total"], shown["total"]) == ("68.00", "2.60", "70.60")
    assert shown["orderable"]
    reply = send_order(api, order_body(cart, soon(), expected_total="70.60"))
    assert reply.status_code == 201, reply.content
    order = reply.json()
    assert (order["status"], order["total"]) == ("pending_payment", "70.60")
    assert order["lines"][0]["message"] == "Zoë 🎂"
    assert order["pickup"]["in_days"] == 7
    assert order["pickup"]["in_words"] == "in 7 days"
    assert order["pickup"]["weekday"] in order["pickup"]["local"]
    assert order["links"]["pay"].endswith(f"/api/v1/orders/{order['public_id']}/pay")
    again = api.get(f"/api/v1/orders/{order['public_id']}")
    assert again.json()["number"] == order["number"]
    assert again["Cache-Control"] == "no-store"
    assert "ada@example.com" not in again.content.decode()


def test_a_line_is_set_changed_and_removed(api):
    cake = make_cake(message=40)
    cart = new_cart(api, (cake, 1, "one"), (cake, 4, "one"))
    line = api.get(f"/api/v1/carts/{cart}").json()["lines"]
    assert [(x["quantity"], x["message"]) for x in line] == [(4, "one")]
    url = f"/api/v1/carts/{cart}/lines/{line[0]['id']}"
    reply = api.put(url, {"quantity": 2, "message": "two"}, format="json")
    assert [(x["quantity"], x["message"]) for x in reply.json()["lines"]] == [(2, "two")]
    assert api.delete(url).json()["lines"] == []
    assert api.delete(url).status_code == 200
    assert error(api.put(url, {"quantity": 2}, format="json")) == (404, "line_not_found")


@pytest.mark.parametrize("quantity", [-1, 0, 10**9, 1.5, "1", None, True, 10**30])
def test_a_quantity_that_is_none_is_refused(api, quantity):
    cart = new_cart(api)
    body = {"variant_id": make_cake().pk, "quantity": quantity}
    reply = api.put(f"/api/v1/carts/{cart}/lines", body, format="json")
    assert error(reply) == (400, "invalid")
    assert "quantity" in reply.json()["error"]["details"]["fields"]


def test_lines_that_cannot_be_are_refused(api):
    cart, plain = new_cart(api), make_variant()

    def put(**body):
        return error(api.put(f"/api/v1/carts/{cart}/lines", {"quantity": 1, **body}, format="json"))

    assert put(variant_id=987654321) == (400, "archived")
    assert put(variant_id=2**63) == (400, "invalid")
    assert put(variant_id=plain.pk, message="Hello") == (400, "message_not_offered")
    assert put(variant_id=make_cake(message=5).pk, message="123456") == (400, "message_too_long")
    assert put(variant_id=plain.pk, message=7) == (400, "invalid")
    assert error(api.get(f"/api/v1/carts/{uuid4()}")) == (404, "cart_not_found")


def test_a_cart_says_what_stands_against_it(api):
    cake = make_cake(stock=1)
    cart = new_cart(api, (cake, 2, ""))
    shown = api.get(f"/api/v1/carts/{cart}").json()
    assert shown["lines"][0]["problem"]["code"] == "sold_out"
    assert not shown["orderable"]
    cake.archived_at = clock.now()
    cake.save()
    shown = api.get(f"/api/v1/carts/{cart}").json()
    assert shown["lines"][0]["problem"]["code"] == "archived"
    assert shown["total"] == "0.00"


def test_a_limit_split_over_lines_is_400(api):
    cake = make_cake(limit=3, message=10)
    cart = new_cart(api, (cake, 2, "a"), (cake, 2, "b"))
    reply = send_order(api, order_body(cart, soon()))
    assert error(reply) == (400, "lines_refused")
    codes = [line["code"] for line in reply.json()["error"]["details"]["lines"]]
    assert codes == ["over_limit", "over_limit"]


FORGED = {
    "price": "0.01",
    "unit_price": "0.01",
    "total": "0.01",
    "subtotal": "0.01",
    "tax_total": "0",
    "status": "paid",
    "user": 987654321,
    "user_id": 987654321,
    "number": "B-000000-0000",
    "public_id": str(uuid4()),
    "id": 987654321,
    "paid_at": "2026-01-01T00:00:00Z",
    "payment_ref": "pi_forged",
    "hold_expires_at": "2099-01-01T00:00:00Z",
    "has_cake": False,
    "allergy_flag": False,
    "currency": "JPY",
    "tax_region": "XX",
    "acknowledged_at": "2026-01-01T00:00:00Z",
    "acknowledged_by": "nobody",
    "lines": [],
    "ordered_at": "2026-01-01T00:00:00Z",
}


def test_nothing_but_what_is_asked_for_is_taken_from_a_client(api):
    cake = make_cake(price="48.00", message=20)
    cart = api.post("/api/v1/carts", FORGED, format="json").json()["id"]
    line = {**FORGED, "variant_id": cake.pk, "quantity": 1, "message": "no nuts"}
    shown = api.put(f"/api/v1/carts/{cart}/lines", line, format="json").json()
    assert shown["lines"][0]["unit_price"] == "48.00"
    forged_customer = {**FORGED, **CUSTOMER}
    body = {**FORGED, **order_body(cart, soon()), "customer": forged_customer}
    placed = send_order(api, body).json()
    order = Order.objects.get(public_id=placed["public_id"])
    values = {name: str(getattr(order, name, "")) for name in FORGED if hasattr(order, name)}
    assert values["total"] == values["subtotal"] == "48.00"
    for name, forged in FORGED.items():
        if name in values and name != "tax_total":
            assert values[name] != str(forged), name
    assert order.status == OrderStatus.PENDING_PAYMENT
    cancelled = api.post(f"/api/v1/orders/{order.public_id}/cancel", FORGED, format="json").json()
    assert (cancelled["status"], cancelled["total"]) == ("cancelled", "48.00")


def test_a_changed_price_is_409_with_the_new_total(api):
    cake = make_cake(price="48.00")
    cart = new_cart(api, (cake, 1, ""))
    cake.price = "50.00"
    cake.save()
    reply = send_order(api, order_body(cart, soon(), expected_total="48.00"))
    assert error(reply) == (409, "price_changed")
    assert reply.json()["error"]["details"]["total"] == "50.00"


@pytest.mark.parametrize(
    "change",
    [
        {"cart_id": "7"},
        {"customer": None},
        {"customer": {"name": "Ada"}},
        {"customer": {**CUSTOMER, "name": 7}},
        {"slot_id": "1"},
        {"slot_id": 2**64},
        {"expected_total": "NaN"},
        {"expected_total": "1e99"},
        {"customer": {**CUSTOMER, "email": "x" * 300}},
    ],
)
def test_a_checkout_that_makes_no_sense_is_400(api, change):
    cart = new_cart(api, (make_cake(), 1, ""))
    reply = send_order(api, {**order_body(cart, soon()), **change})
    assert error(reply) == (400, "invalid")


def test_a_checkout_needs_an_idempotency_key(api):
    cart = new_cart(api, (make_cake(), 1, ""))
    reply = api.post("/api/v1/orders", order_body(cart, soon()), format="json")
    assert error(reply) == (400, "idempotency_key_required")


def test_checkouts_of_one_address_are_limited(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "order": "2/minute"}
    codes = [send_order(api, {}).status_code for _ in range(3)]
    assert codes == [400, 400, 429]


def test_an_accounts_order_exists_for_that_account_only(api):
    ada, eve = people.customer(), people.customer("eve@example.com")
    hers = people.api(people.log_in(ada).access)
    placed = place_over_http(hers)
    url = f"/api/v1/orders/{placed['public_id']}"
    assert hers.get(url).status_code == 200
    for stranger in (api, people.api(people.log_in(eve).access)):
        assert error(stranger.get(url)) == (404, "order_not_found")
        assert error(stranger.post(f"{url}/cancel", {}, format="json")) == (404, "order_not_found")
        assert (
            stranger.get(url).content.split(b"request_id")[0]
            == (stranger.get(f"/api/v1/orders/{uuid4()}").content.split(b"request_id")[0])
        )
    assert people.browser(eve).get(f"/orders/{placed['public_id']}/").status_code == 404
    assert people.browser().get(f"/orders/{placed['public_id']}/").status_code == 404
    assert people.browser(ada).get(f"/orders/{placed['public_id']}/").status_code == 200
    assert Order.objects.get().status == OrderStatus.PENDING_PAYMENT


def test_a_guest_cancels_while_nothing_is_paid(api):
    placed = place_over_http(api)
    url = f"/api/v1/orders/{placed['public_id']}/cancel"
    reply = api.post(url, {"reason": "changed my mind"}, format="json")
    assert (reply.status_code, reply.json()["status"]) == (200, "cancelled")
    assert reply.json()["links"]["pay"] is None
    assert error(api.post(url, {}, format="json")) == (409, "not_cancellable")


@pytest.mark.parametrize("size", [1, 12])
def test_a_cart_costs_three_queries_whatever_its_size(api, size):
    cart = fill_cart([(make_cake(), 1, "") for _ in range(size)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get(f"/api/v1/carts/{cart.pk}").status_code == 200
    assert len(queries) == 3


def checkout_queries(api, size):
    cart = fill_cart([(make_variant(), 1, "") for _ in range(size)])
    slot = soon()
    with CaptureQueriesContext(connection) as queries:
        assert send_order(api, order_body(cart.pk, slot)).status_code == 201
    return len(queries)


def test_a_checkout_costs_one_query_more_for_each_further_product(api):
    # The one is the conditional update of that product's stock.
    assert checkout_queries(api, 5) - checkout_queries(api, 1) == 4
    # Seventeen of the checkout and two of the test's own transaction around the keyed reply.
    assert checkout_queries(api, 1) == 19


@pytest.mark.parametrize("size", [1, 12])
def test_putting_a_line_costs_the_same_whatever_the_cart(api, size):
    cart = fill_cart([(make_cake(), 1, "") for _ in range(size)])
    line = {"variant_id": make_cake().pk, "quantity": 2, "message": ""}
    with CaptureQueriesContext(connection) as queries:
        reply = api.put(f"/api/v1/carts/{cart.pk}/lines", line, format="json")
    assert reply.status_code == 200
    # Claim, lines, variants, the line itself, its event, stock; and two of the test's transaction.
    assert len(queries) == 8
    assert reply.json() == api.get(f"/api/v1/carts/{cart.pk}").json()


def test_a_line_put_again_is_changed_and_shown_as_it_is_then(api):
    variant = make_cake(message=20)
    cart = new_cart(api, (variant, 1, "Ada"), (variant, 1, "Zoë"))
    line = {"variant_id": variant.pk, "quantity": 3, "message": "Ada"}
    reply = api.put(f"/api/v1/carts/{cart}/lines", line, format="json").json()
    assert [(x["message"], x["quantity"]) for x in reply["lines"]] == [("Ada", 3), ("Zoë", 1)]
    assert reply == api.get(f"/api/v1/carts/{cart}").json()


def test_a_placed_order_reads_later_as_it_was_answered(api):
    placed = place_over_http(api, make_cake(price="48.00"))
    assert api.get(f"/api/v1/orders/{placed['public_id']}").json() == placed


@pytest.fixture
def no_limits(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "order": "9999/minute", "public": "9999/minute"}


def post_for_real(live_server, body, key):
    """Send a checkout; a connection that breaks is tried again with the same key."""
    host = urlsplit(live_server.url).netloc
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    for _ in range(20):
        link = http.client.HTTPConnection(host, timeout=60)
        try:
            link.request("POST", "/api/v1/orders", json.dumps(body), headers)
            reply = link.getresponse()
            return reply.status, json.loads(reply.read())
        except ConnectionError:
            continue  # the test server's short queue of new connections was full
        finally:
            link.close()
    raise AssertionError("never connected")


@pytest.mark.django_db(transaction=True)
def test_a_hundred_clients_get_ten_pieces(live_server, parallel, no_limits):
    cake, slot = make_cake(stock=10), soon()
    carts = [fill_cart([(cake, 1, "")]).pk for _ in range(100)]
    results = parallel(
        100, lambda n: post_for_real(live_server, order_body(carts[n], slot), uuid4().hex)
    )
    statuses = [result[0] for result in results]
    assert sorted(set(statuses)) == [201, 409]
    assert (statuses.count(201), statuses.count(409)) == (10, 90)
    codes = {body["error"]["code"] for status, body in results if status == 409}
    assert codes <= {"out_of_stock", "busy"}
    row = Stock.objects.get(pk=cake.pk)
    assert (row.on_hand, row.reserved, Order.objects.count()) == (10, 10, 10)
    assert ledger_differences() == []


@pytest.mark.django_db(transaction=True)
def test_ten_requests_with_one_key_place_one_order(live_server, parallel, no_limits):
    body = order_body(fill_cart([(make_cake(), 1, "")]).pk, soon())
    results = parallel(10, lambda _: post_for_real(live_server, body, "the-same"))
    assert {result[0] for result in results} == {201}
    assert len({result[1]["public_id"] for result in results}) == 1
    assert Order.objects.count() == 1
    other = {**body, "customer": {**CUSTOMER, "name": "Somebody else"}}
    status, reply = post_for_real(live_server, other, "the-same")
    assert (status, reply["error"]["code"]) == (422, "idempotency_key_reused")


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_key_retries_are_refused(live_server, parallel, no_limits, monkeypatch):
    monkeypatch.setattr(idempotent_edge, "run_once", lambda *, work, **_: work())
    body = order_body(fill_cart([(make_cake(), 1, "")]).pk, soon())
    results = parallel(10, lambda _: post_for_real(live_server, body, "the-same"))
    assert sorted(result[0] for result in results) == [201] + [409] * 9


def staff_api(role="manager"):
    return people.api(people.log_in(people.staff(role)).access)


def test_staff_take_an_order_through_the_kitchen():
    order = place([(make_cake(), 1, "")])
    pay(order)
    staff = staff_api("kitchen")
    url = f"/api/v1/staff/orders/{order.public_id}"
    assert error(staff.post(f"{url}/ready")) == (409, "illegal_transition")
    for action, status in [
        ("start", "in_production"),
        ("ready", "ready"),
        ("collected", "collected"),
    ]:
        body = {"code": order.pickup_code} if action == "collected" else None
        reply = staff.post(f"{url}/{action}", body, format="json")
        assert (reply.status_code, reply.json()["status"]) == (200, status)
    shown = staff.get(url).json()
    assert shown["customer"]["email"] == "ada@example.com"
    titles = [entry["title"] for entry in shown["timeline"]]
    assert titles.index("placed") < titles.index("paid") < titles.index("collected")
    assert staff.get(f"/api/v1/staff/orders/{uuid4()}").status_code == 404


def test_only_some_staff_cancel_and_they_say_why():
    order = place([(make_cake(), 1, "")])
    url = f"/api/v1/staff/orders/{order.public_id}/cancel"
    assert staff_api("cashier").post(url, {"reason": "a reason"}, format="json").status_code == 403
    manager = staff_api()
    assert error(manager.post(url, {}, format="json")) == (400, "invalid")
    reply = manager.post(url, {"reason": "the oven broke"}, format="json")
    assert reply.json()["status"] == "cancelled"
    assert any(entry["detail"] == "the oven broke" for entry in reply.json()["timeline"])


def test_customers_and_guests_see_no_staff_list(api):
    url = "/api/v1/staff/orders"
    assert api.get(url).status_code == 401
    assert people.api(people.log_in(people.customer()).access).get(url).status_code == 403


def test_staff_filter_orders():
    cake = place([(make_cake(), 1, "")])
    bread = place([(make_variant(), 1, "")], slot=make_slot(cake.pickup_starts_at + timedelta(1)))
    pay(cake)
    staff = staff_api()

    def numbers(query):
        reply = staff.get(f"/api/v1/staff/orders?{query}")
        assert reply.status_code == 200, reply.content
        return [row["number"] for row in reply.json()["results"]]

    assert numbers("") == [bread.number, cake.number]
    assert numbers("status=paid") == [cake.number]
    assert numbers("status=paid&status=pending_payment") == [bread.number, cake.number]
    assert numbers("pickup=2026-11-27") == [cake.number]
    assert numbers("cake=true") == [cake.number]
    assert numbers("payment=unpaid") == [bread.number]
    assert numbers("payment=paid&email=ada@example.com") == [cake.number]
    assert numbers("email=nobody@example.com") == []
    assert len(numbers("page_size=1")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "pickup=9999-12-31",
        "pickup=0001-01-01",
        "pickup=soon",
        "cake=maybe",
        "payment=late",
        "email=",
    ],
)
def test_filters_that_make_no_sense_are_400(query):
    assert staff_api().get(f"/api/v1/staff/orders?{query}").status_code == 400


@pytest.mark.parametrize("query", ["page_size=1000000000", "ordering=user__password", "offset=-1"])
def test_pages_are_bounded_and_ordering_is_ours(query):
    place([(make_variant(), 1, "")])
    reply = staff_api().get(f"/api/v1/staff/orders?{query}")
    assert (reply.status_code, len(reply.json()["results"])) == (200, 1)


def test_a_list_costs_the_same_queries_at_one_and_at_five_orders():
    staff = staff_api()
    counts = []
    for _ in range(2):
        for _ in range(1 if not counts else 4):
            services_order = place([(make_variant(), 1, "")])
            assert services_order.pk
        with CaptureQueriesContext(connection) as queries:
            staff.get("/api/v1/staff/orders")
        counts.append(len(queries))
    assert counts[0] == counts[1]
