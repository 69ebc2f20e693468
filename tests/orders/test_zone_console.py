"""Zones and the line in the console."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders import services
from apps.orders.models import DeliveryZone, PostcodePlace, WaitEntry
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import AT, fill_cart, make_cake, make_slot, place

pytestmark = pytest.mark.django_db
ZONES, LINE = "/console/orders/deliveryzone/", "/console/orders/waitentry/"
ZONE = {
    "name": "Downtown", "kind": "postcode", "country": "CA", "codes": "m5v, M5J 2\nM4Y1A1",
    "fee": "8", "minimum": "0", "rank": "0", "active": "on", "served": ["1", "5"],
}  # fmt: skip


@pytest.fixture
def manager():
    return people.browser(people.staff("manager"), verified=True)


def test_a_zone_is_drawn_and_changed_by_hand(manager):
    reply = manager.post(f"{ZONES}add/", ZONE)
    assert reply.status_code == 302, reply.content.decode()
    zone = DeliveryZone.objects.get()
    assert (zone.postcodes, zone.weekdays) == (["M4Y 1A1", "M5J 2", "M5V"], [1, 5])
    page = manager.get(f"{ZONES}{zone.pk}/change/").content.decode()
    assert "M4Y 1A1" in page
    reply = manager.post(f"{ZONES}{zone.pk}/change/", {**ZONE, "fee": "9", "active": ""})
    zone.refresh_from_db()
    assert (reply.status_code, zone.fee, zone.active) == (302, Decimal(9), False)
    assert AuditEntry.objects.filter(object_type="orders.deliveryzone").count() == 2
    assert manager.get(ZONES).status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codes": "M5V, 12"}, "is not a postcode"),
        ({"codes": ""}, "Name 1 to 500 postcodes"),
        ({"kind": "radius"}, "A distance is up to"),
        ({"fee": "-1"}, "An amount is from 0"),
        ({"fee": ""}, "This field is required"),
        ({"name": "Uptown"}, "of this name already"),
    ],
)
def test_a_refused_zone_keeps_what_was_typed(manager, change, words):
    services.add_zone(
        values={"name": "uptown", "kind": "postcode", "postcodes": ["M6"], "fee": Decimal(1)},
        actor="user:1", at=AT,
    )  # fmt: skip
    reply = manager.post(f"{ZONES}add/", {**ZONE, **change})
    page = reply.content.decode()
    assert reply.status_code == 200
    assert words in page
    assert DeliveryZone.objects.count() == 1


def test_a_postcode_is_looked_up_with_every_zone_that_holds_it(manager):
    for name, parts in (("Wide", ["M5"]), ("Narrow", ["M5V"])):
        services.add_zone(
            values={"name": name, "kind": "postcode", "postcodes": parts, "fee": Decimal(5)},
            actor="user:1", at=AT,
        )  # fmt: skip
    assert "M5V lies in Wide too; it belongs to Narrow" in manager.get(ZONES).content.decode()
    assert manager.get(f"{ZONES}check/").status_code == 200
    page = manager.get(f"{ZONES}check/?postcode=m5v3a8&country=CA").content.decode()
    assert "yes, by Narrow" in page
    assert "nobody knows" in page
    PostcodePlace.objects.create(
        country="CA", postcode="M5V", latitude=43.64, longitude=-79.4, source="test"
    )
    page = manager.get(f"{ZONES}check/?postcode=m5v3a8&country=CA").content.decode()
    assert "km from the shop" in page
    for odd in ("K1A 0B1", "x", "9" * 100):
        assert manager.get(f"{ZONES}check/", {"postcode": odd, "country": "CA"}).status_code == 200
    cashier = people.browser(people.staff("cashier"), verified=True)
    assert cashier.get(f"{ZONES}check/").status_code == 403
    assert cashier.get(LINE).status_code == 403


@pytest.fixture
def waiting():
    now, cake = clock.now(), make_cake(stock=50)
    slot = make_slot(now + timedelta(days=7), capacity=1)
    place([(cake, 1, "")], slot=slot, at=now)

    def join(number):
        cart = fill_cart([(cake, 1, "")], at=now)
        return services.join_waitlist(
            cart_id=cart.pk, email=f"guest{number}@example.com", user_id=None, at=now,
            slot_id=slot.pk,
        )  # fmt: skip

    return join


def test_staff_see_who_waits_and_take_somebody_out_with_a_reason(manager, waiting):
    entry = waiting(1)
    page = manager.get(LINE).content.decode()
    assert "guest1@example.com" in page
    assert "Days that are waited for" in page
    reply = manager.post(f"{LINE}remove/", {"entry": entry.pk, "reason": " "}, follow=True)
    assert "Say why." in reply.content.decode()
    reply = manager.post(f"{LINE}remove/", {"entry": entry.pk, "reason": "called us"}, follow=True)
    assert "out of the line" in reply.content.decode()
    assert WaitEntry.objects.get().state == "left"
    assert AuditEntry.objects.get(action="waitlist.remove").reason == "called us"
    for odd in ("", "x", "9" * 30, "99999"):
        gone = manager.post(f"{LINE}remove/", {"entry": odd, "reason": "why"})
        assert gone.status_code == 404
    assert "guest1@example.com" in manager.get(f"{LINE}?turn=over").content.decode()


def test_the_list_takes_as_many_statements_for_one_as_for_many(manager, waiting):
    counts = []
    for number in range(8):
        waiting(number)
        if number in {0, 7}:
            manager.get(LINE)
            with CaptureQueriesContext(connection) as seen:
                assert manager.get(LINE).status_code == 200
            counts.append(len(seen))
    assert counts[0] == counts[1]
