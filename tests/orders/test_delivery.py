"""Delivery zones: whose an address is, what it costs, and the checkout that brings an order."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import services as accounts
from apps.orders import selectors, services
from apps.orders.models import DeliveryZone, Order, PostcodePlace
from apps.orders.rules.event_day import check_event_day
from apps.orders.rules.order_data import Address, Terms
from apps.orders.rules.zones import Spot, Zone, distance_km, matching, overlaps
from apps.orders.states import Fulfilment
from bakery.demo.delivery import seed_delivery
from bakery.kernel import clock, postal
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import AT, CUSTOMER, fill_cart, make_cake, make_slot

DOWNTOWN = {"name": "Downtown", "kind": "postcode", "postcodes": ["M5V"], "fee": Decimal(8)}
ADDRESS = {
    "recipient": "Ada Byron",
    "line1": "12 King Street",
    "city": "Toronto",
    "postcode": "m5v3a8",
    "country": "CA",
}


def draw(**changes):
    return services.add_zone(values={**DOWNTOWN, **changes}, actor="user:1", at=AT)


def address(postcode="M5V 3A8", **changes):
    return Address(**{**ADDRESS, "postcode": postcode, **changes})


def zone(pk, *, postcodes=(), radius=None, fee=5, rank=0, country="CA"):
    kind = "radius" if radius is not None else "postcode"
    radius = None if radius is None else Decimal(radius)
    return Zone(pk, f"zone {pk}", kind, country, postcodes, radius, Decimal(fee), None, Decimal(0),
                (), rank)  # fmt: skip


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "typed", "normal"),
    [
        ("CA", "m5v3a8", "M5V 3A8"),
        ("CA", " M5V-3a8 ", "M5V 3A8"),
        ("US", "94107", "94107"),
        ("US", "94107 1234", "94107-1234"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "n19gu", "N1 9GU"),
        ("GB", "M1 1AE", "M1 1AE"),
        ("GB", "DN55 1PT", "DN55 1PT"),
        ("DE", "10115", "10115"),
    ],
)
def test_postcodes_are_written_in_one_way(country, typed, normal):
    assert postal.normal_postcode(typed, country=country) == normal


@pytest.mark.parametrize(
    ("country", "typed"),
    [("CA", "D5V 3A8"), ("CA", "M5V"), ("US", "9410"), ("US", "١٢٣٤٥"), ("GB", "SW1A"),
     ("GB", "Q1 1AA"), ("CA", "M5V\x003A8"), ("CA", ""), ("DE", "<b>")],
)  # fmt: skip
def test_what_is_no_postcode_is_refused(country, typed):
    with pytest.raises(Invalid) as refused:
        postal.normal_postcode(typed, country=country)
    assert refused.value.code == "bad_postcode"


@pytest.mark.parametrize(
    ("country", "part", "inside", "outside"),
    [
        ("CA", "m5v", "M5V 3A8", "M5W 3A8"),
        ("CA", "m5v3", "M5V 3A8", "M5V 4A8"),
        ("US", "941", "94107-1234", "95107"),
        ("GB", "n1", "N1 9GU", "N10 9GU"),
        ("GB", "e", "E1 6AN", "EC1A 1BB"),
        ("GB", "sw1", "SW1A 1AA", "SW10 1AA"),
        ("GB", "n1 9", "N1 9GU", "N19 3GU"),
    ],
)
def test_a_part_of_a_postcode_holds_what_people_mean(country, part, inside, outside):
    part = postal.normal_part(part, country=country)
    assert postal.starts_with(inside, part, country=country)
    assert not postal.starts_with(outside, part, country=country)


def test_distances_are_great_circles():
    toronto, montreal = (43.6532, -79.3832), (45.5019, -73.5674)
    assert distance_km(toronto, montreal) == pytest.approx(504, abs=1)
    assert distance_km((0.0, 179.9), (0.0, -179.9)) == pytest.approx(22.24, abs=0.01)
    assert distance_km(toronto, toronto) == 0


def test_of_several_zones_the_rule_picks_one():
    near, area, exact = (
        zone(1, radius="10", fee=1),
        zone(2, postcodes=["M5"]),
        zone(3, postcodes=["M5V 3A8"], fee=9),
    )
    cheap, ranked = zone(4, postcodes=["M5"], fee=4), zone(5, postcodes=["M5"], fee=4, rank=1)
    spot = Spot("M5V 3A8", "CA", 3.0)
    found = matching([near, area, ranked, cheap, exact], spot)
    assert [row.id for row in found] == [3, 4, 5, 2, 1]
    assert matching([near], Spot("M5V 3A8", "CA", 10.01)) == []
    assert matching([near], Spot("M5V 3A8", "CA", None)) == []
    assert matching([zone(1, postcodes=["94"], country="US")], Spot("94107", "CA")) == []


def test_overlaps_name_who_has_what():
    wide, narrow, other = (
        zone(1, postcodes=["M5"]),
        zone(2, postcodes=["M5V"]),
        zone(3, postcodes=["M6"]),
    )
    found = overlaps([wide, narrow, other])
    assert [(a.id, b.id, part) for a, b, part in found] == [(2, 1, "M5V")]


@given(st.permutations(range(6)))
def test_the_choice_does_not_depend_on_the_order_of_zones(order):
    zones = [
        zone(1, radius="10"), zone(2, postcodes=["M"]), zone(3, postcodes=["M5V"], fee=7),
        zone(4, postcodes=["M5V"], fee=6), zone(5, postcodes=["M5V"], fee=6, rank=2),
        zone(6, postcodes=["K"]),
    ]  # fmt: skip
    found = matching([zones[index] for index in order], Spot("M5V 3A8", "CA", 1.0))
    assert [row.id for row in found] == [4, 5, 3, 2, 1]


@pytest.mark.parametrize(
    ("days", "code"),
    [(0, None), (1, None), (2, None), (3, "pickup_long_before_event"),
     (7, "pickup_long_before_event"), (-1, "pickup_after_event"), (-7, "pickup_after_event")],
)  # fmt: skip
def test_the_day_of_the_feast_is_compared_with_the_pickup(days, code):
    pickup = AT.date()
    found = check_event_day(pickup, pickup + timedelta(days=days))
    assert (found[0] if found else None) == code
    assert check_event_day(pickup, None) is None


# --- zones --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_zone_is_drawn_changed_and_audited():
    row = draw(free_from=Decimal(100), minimum=Decimal(30), weekdays=[5, 1])
    quote = selectors.quote_delivery(address())
    assert (quote.zone, quote.fee, quote.weekdays) == ("Downtown", Decimal(8), (1, 5))
    assert (quote.fee_for(Decimal("99.99")), quote.fee_for(Decimal(100))) == (8, 0)
    assert (quote.missing_for(Decimal(20)), quote.missing_for_free(Decimal(20))) == (10, 80)
    services.change_zone(zone_id=row.pk, values={"active": False}, actor="user:1", at=AT)
    with pytest.raises(Invalid) as refused:
        selectors.quote_delivery(address())
    assert refused.value.code == "delivery_not_offered"
    actions = AuditEntry.objects.order_by("seq").values_list("action", flat=True)
    assert list(actions)[-2:] == ["delivery_zone.add", "delivery_zone.change"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "bad_name"),
        ({"kind": "cloud"}, "bad_kind"),
        ({"country": "Canada"}, "bad_country"),
        ({"postcodes": []}, "bad_postcode"),
        ({"postcodes": ["M5V", "12"]}, "bad_postcode"),
        ({"kind": "radius"}, "bad_radius"),
        ({"kind": "radius", "radius_km": Decimal("NaN")}, "bad_radius"),
        ({"kind": "radius", "radius_km": Decimal(501)}, "bad_radius"),
        ({"fee": None}, "bad_amount"),
        ({"fee": Decimal(-1)}, "bad_amount"),
        ({"free_from": Decimal(0)}, "bad_amount"),
        ({"minimum": Decimal("Infinity")}, "bad_amount"),
        ({"weekdays": [7]}, "bad_weekdays"),
        ({"rank": 1001}, "bad_rank"),
    ],
)
def test_a_zone_that_makes_no_sense_is_refused(values, code):
    with pytest.raises(Invalid) as refused:
        draw(**values)
    assert refused.value.code == code
    assert not DeliveryZone.objects.exists()


@pytest.mark.django_db
def test_two_zones_have_two_names():
    draw()
    with pytest.raises(Conflict) as refused:
        draw(name="DOWNTOWN")
    assert refused.value.code == "zone_exists"


@pytest.mark.django_db
def test_postcodes_are_read_from_a_file_and_give_distances(tmp_path):
    file = tmp_path / "CA.txt"
    rows = [
        "CA\tM5V\tDowntown Toronto\tOntario\tON\t\t\t\t\t43.6404\t-79.3995\t6",
        "CA\tM1B\tScarborough\tOntario\tON\t\t\t\t\t43.8113\t-79.1930\t6",
        "CA\tM1B\tnot a place\tOntario\tON\t\t\t\t\tnan\t-79.1930\t6",
        "rubbish",
    ]
    file.write_text("\n".join(rows))
    call_command("import_postcodes", file)
    call_command("import_postcodes", file)
    assert PostcodePlace.objects.count() == 2
    draw(name="Near", kind="radius", radius_km=Decimal(5), fee=Decimal(3))
    assert selectors.quote_delivery(address("M5V 3A8")).zone == "Near"
    assert selectors.check_postcode("M5V 3A8", country="CA").distance_km == pytest.approx(
        1.9, abs=0.1
    )
    for elsewhere in ("M1B 1A1", "K1A 0B1"):  # too far, and a place that nobody knows
        with pytest.raises(Invalid):
            selectors.quote_delivery(address(elsewhere))
    (tmp_path / "empty.txt").write_text("rubbish\n")
    for name in ("empty.txt", "missing.txt"):
        with pytest.raises(CommandError):
            call_command("import_postcodes", tmp_path / name)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 30])
def test_a_quote_takes_two_statements_whatever_zones_there_are(count):
    for number in range(count):
        draw(name=f"zone {number}", postcodes=[f"M{number % 10}"])
    draw(name="Near", kind="radius", radius_km=Decimal(5))
    with CaptureQueriesContext(connection) as seen:
        selectors.quote_delivery(address("M0A 1A1"))
    assert len(seen) == 2


@pytest.mark.django_db
def test_the_demo_delivers():
    assert [seed_delivery(at=AT), seed_delivery(at=AT)] == [True, False]
    assert selectors.quote_delivery(address("M5V 3A8")).zone == "Downtown"
    assert selectors.quote_delivery(address("M6G 1A1")).zone == "Within 8 km"
    with pytest.raises(Invalid):
        selectors.quote_delivery(address("M1B 1A1"))


# --- placing ------------------------------------------------------------------------------------


def order_with(terms, *, price="48.00", slot=None):
    cart = fill_cart([(make_cake(price=price), 1, "")])
    return services.place_order(
        cart_id=cart.pk,
        customer=CUSTOMER,
        slot_id=(slot or make_slot()).pk,
        expected_total=None,
        terms=terms,
        at=AT,
    )


@pytest.mark.django_db
def test_an_order_that_is_brought_keeps_address_zone_and_fee():
    draw(minimum=Decimal(40))
    order = order_with(Terms(fulfilment=Fulfilment.DELIVERY, address=Address(**ADDRESS)))
    order.refresh_from_db()
    assert (order.delivery_zone, order.delivery_fee) == ("Downtown", Decimal("8.00"))
    assert order.delivery_address["postcode"] == "M5V 3A8"
    assert order.total == order.subtotal + order.tax_total
    services.change_zone(
        zone_id=DeliveryZone.objects.get().pk, values={"fee": Decimal(99)}, actor="user:1", at=AT
    )
    order.refresh_from_db()
    assert order.delivery_fee == Decimal("8.00")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone_values", "where", "code"),
    [
        ({}, {"postcode": "K1A 0B1"}, "delivery_not_offered"),
        ({}, {"postcode": "1234"}, "bad_postcode"),
        ({}, {"line1": ""}, "address_incomplete"),
        ({}, {"city": "x" * 101}, "address_too_long"),
        ({}, {"phone": "call me"}, "bad_phone"),
        ({"minimum": Decimal(49)}, {}, "below_minimum"),
        ({"weekdays": [0]}, {}, "delivery_day"),
    ],
)
def test_what_stands_against_bringing_it(zone_values, where, code):
    draw(**zone_values)
    with pytest.raises(Invalid) as refused:
        order_with(Terms(fulfilment=Fulfilment.DELIVERY, address=Address(**{**ADDRESS, **where})))
    assert refused.value.code == code
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_a_pickup_that_does_not_fit_the_feast_is_asked_about():
    feast = (AT + timedelta(days=6)).date()
    with pytest.raises(Conflict) as asked:
        order_with(Terms(event_on=feast))
    assert (asked.value.code, asked.value.details["question"]) == (
        "event_day",
        "pickup_after_event",
    )
    assert "1 day too late" in asked.value.message
    assert order_with(Terms(event_on=feast, event_confirmed=True)).event_on == feast


# --- API and page -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_quote_says_what_is_missing_for_a_cart():
    draw(minimum=Decimal(60), free_from=Decimal(100))
    cart = fill_cart([(make_cake(price="48.00"), 1, "")])
    body = {"postcode": "m5v 3a8", "cart_id": str(cart.pk)}
    reply = people.api().post("/api/v1/delivery/quote", body, format="json")
    assert reply.status_code == 200
    assert reply.json() == {
        "postcode": "M5V 3A8", "zone": "Downtown", "currency": "CAD", "fee": "8.00",
        "minimum": "60.00", "free_from": "100.00", "weekdays": [], "goods": "48.00",
        "missing": "12.00", "missing_for_free": "52.00",
    }  # fmt: skip
    for bad, code in [
        ({"postcode": "K1A 0B1"}, "delivery_not_offered"),
        ({"postcode": "M5V\x003A8"}, "invalid"),
        ({"postcode": 5}, "invalid"),
        ({"postcode": "M5V 3A8", "country": "Canada"}, "bad_country"),
    ]:
        reply = people.api().post("/api/v1/delivery/quote", bad, format="json")
        assert reply.status_code == 400, (bad, code, reply.content)


def order_body(cart, slot, **more):
    return {
        "cart_id": str(cart.pk),
        "customer": {"name": "Ada Byron", "email": "ada@example.com", "phone": "+14165550123"},
        "slot_id": slot.pk,
        **more,
    }


@pytest.mark.django_db
def test_an_account_orders_to_an_address_of_its_book_and_nobody_else_s():
    draw()
    one, two = people.customer("one@example.com"), people.customer("two@example.com")
    row = accounts.add_address(user_id=one.pk, parts=ADDRESS, at=AT)
    slot = make_slot(clock.now() + timedelta(days=7))
    for user, status in ((two, 404), (None, 404), (one, 201)):
        api = people.api(people.log_in(user).access if user else None)
        cart = fill_cart([(make_cake(), 1, "")])
        reply = api.post(
            "/api/v1/orders",
            order_body(cart, slot, fulfilment="delivery", address_id=row.pk),
            format="json",
            headers={"Idempotency-Key": f"key-{cart.pk}"},
        )
        assert reply.status_code == status, reply.content
    order = Order.objects.get()
    assert order.delivery_address["line1"] == "12 King Street"
    accounts.change_address(
        user_id=one.pk, address_id=row.pk, changes={"line1": "1 Queen Street"}, at=AT
    )
    order.refresh_from_db()
    assert order.delivery_address["line1"] == "12 King Street"


@pytest.mark.django_db
def test_staff_draw_and_check_zones_over_the_api():
    api = people.api(people.log_in(people.staff("manager")).access)
    body = {"name": "Downtown", "kind": "postcode", "postcodes": ["m5v"], "fee": "8.00"}
    made = api.post("/api/v1/staff/delivery-zones", body, format="json")
    assert (made.status_code, made.json()["postcodes"]) == (201, ["M5V"])
    pk = made.json()["id"]
    again = api.post("/api/v1/staff/delivery-zones", body, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "zone_exists")
    found = api.post("/api/v1/staff/delivery-zones/check", {"postcode": "M5V 3A8"}, format="json")
    assert found.json()["zones"] == ["Downtown"]
    changed = api.patch(f"/api/v1/staff/delivery-zones/{pk}", {"fee": "9.00"}, format="json")
    assert changed.json()["fee"] == "9.00"
    for odd in (999_999, 2**70):
        assert (
            api.patch(f"/api/v1/staff/delivery-zones/{odd}", {}, format="json").status_code == 404
        )
    assert [row["name"] for row in api.get("/api/v1/staff/delivery-zones").json()] == ["Downtown"]


PERSON = {"name": "Ada Byron", "email": "ada@example.com", "phone": "416 555 0123"}


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


@pytest.mark.django_db
def test_the_page_shows_the_fee_before_it_is_agreed_to():
    draw()
    slot = make_slot(clock.now() + timedelta(days=7))
    shopper = Client()
    shopper.post("/cart/add/", {"variant_id": make_cake().pk, "quantity": 1, "message": ""})
    page = shopper.get("/checkout/").content.decode()
    assert "Bring it to me" in page
    sent = {
        **PERSON, "slot_id": slot.pk, "key": hidden(page, "key"), "fulfilment": "delivery",
        "expected_total": hidden(page, "expected_total"), "line1": "12 King Street",
        "city": "Toronto", "postcode": "m5v 3a8", "country": "CA",
    }  # fmt: skip
    missing = shopper.post("/checkout/", {**sent, "line1": ""})
    assert missing.status_code == 400
    assert "street and number" in missing.content.decode()
    elsewhere = shopper.post("/checkout/", {**sent, "postcode": "K1A 0B1"})
    assert elsewhere.status_code == 400
    assert "do not deliver to this address" in elsewhere.content.decode()
    first = shopper.post("/checkout/", sent)
    page = first.content.decode()
    assert first.status_code == 200
    assert "Delivery to Downtown costs $8.00" in page
    assert not Order.objects.exists()
    agreed = {name: hidden(page, name) for name in ("seen_for", "expected_total", "expected_due")}
    done = shopper.post("/checkout/", {**sent, **agreed})
    assert done.status_code == 303
    assert Order.objects.get().delivery_fee == Decimal("8.00")


@pytest.mark.django_db
def test_the_page_asks_about_a_feast_in_another_week():
    slot = make_slot(clock.now() + timedelta(days=7))
    feast = clock.shop_date(slot.starts_at) - timedelta(days=1)
    shopper = Client()
    shopper.post("/cart/add/", {"variant_id": make_cake().pk, "quantity": 1, "message": ""})
    page = shopper.get("/checkout/").content.decode()
    sent = {**PERSON, "slot_id": slot.pk, "key": hidden(page, "key"), "event_on": str(feast)}
    asked = shopper.post("/checkout/", sent)
    assert asked.status_code == 409
    page = asked.content.decode()
    assert "1 day too late. Is that right?" in page
    assert f'name="event_on" type="date" value="{feast}"' in page
    assert 'name="event_confirmed"' in page
    assert shopper.post("/checkout/", {**sent, "event_confirmed": "on"}).status_code == 303
    assert Order.objects.get().event_on == feast
