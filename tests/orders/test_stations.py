"""Stations of the kitchen: changed by a service, in the console and over the API."""

import pytest

from apps.orders import selectors, services
from apps.orders.models import Station
from bakery.kernel.errors import Conflict, DomainError, Invalid, NotFound
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people
from tests.orders.factories import AT, make_cake
from tests.orders.kitchen import make_station, on_shelf

pytestmark = pytest.mark.django_db
API = "/api/v1/staff/stations"
CONSOLE = "/console/orders/station/"
SEND = {"content_type": "application/json"}


def change(station_id, **wish):
    return services.change_station(
        station_id=station_id, wish=services.StationWish(**wish), actor="user:1", at=AT
    )


def browser(role):
    return people.browser(people.staff(role), verified=True)


def test_a_change_is_audited_and_wakes_the_boards():
    bread = on_shelf("bread")
    oven = make_station(" Big   oven ", category_ids=[bread.product.category_id])
    assert oven.name == "Big oven"
    change(oven.pk, category_ids=[], product_ids=[bread.product_id], position=3)
    entry = AuditEntry.objects.filter(action="station.change").get()
    assert entry.changes == {
        "position": [0, 3],
        "categories": [[bread.product.category_id], []],
        "products": [[], [bread.product_id]],
    }
    assert OutboxMessage.objects.filter(kind="orders.board_changed").count() == 2
    [work] = selectors.station_plan().stations
    assert (work.products, work.categories) == ({bread.product_id}, frozenset())


@pytest.mark.parametrize(
    ("wish", "error", "code"),
    [
        ({"name": ""}, Invalid, "bad_name"),
        ({"name": "x" * 41}, Invalid, "bad_name"),
        ({"name": "a\x00b"}, Invalid, "bad_name"),
        ({"name": "PACKING"}, Conflict, "station_exists"),
        ({"position": -1}, Invalid, "bad_position"),
        ({"position": 1000}, Invalid, "bad_position"),
        ({"category_ids": [10**9]}, Invalid, "unknown_scope"),
        ({"product_ids": [10**9]}, Invalid, "unknown_scope"),
    ],
)
def test_what_no_station_can_be(wish, error, code):
    oven = make_station("Oven")
    make_station("Packing", everything=True)
    with pytest.raises(error) as refused:
        change(oven.pk, **wish)
    assert refused.value.code == code
    assert [row.name for row in selectors.all_stations()] == ["Oven", "Packing"]


def test_there_are_not_more_than_a_kitchen_has_room_for(monkeypatch):
    monkeypatch.setattr(services.stations, "MAX_STATIONS", 1)
    make_station("Oven")
    with pytest.raises(DomainError) as refused:
        make_station("Second")
    assert refused.value.code == "too_many_stations"
    with pytest.raises(NotFound):
        change(10**9, name="x")


def test_over_the_api():
    cake = make_cake()
    manager, cook = browser("manager"), browser("kitchen")
    body = {"name": "Decorating", "position": 2, "products": [cake.product_id]}
    assert cook.post(API, body, **SEND).status_code == 403
    made = manager.post(API, body, **SEND)
    assert made.status_code == 201
    station = made.json()
    assert station["products"] == [cake.product_id]
    assert cook.get(API).json() == [station]
    address = f"{API}/{station['id']}"
    assert cook.patch(address, {"is_active": False}, **SEND).status_code == 403
    assert manager.patch(address, {"is_active": False}, **SEND).json()["is_active"] is False
    assert selectors.station_plan().stations == ()
    assert manager.post(API, {"name": "decorating"}, **SEND).status_code == 409
    for wrong in (
        {"name": "x", "position": "1"}, {"name": "x", "products": [2**40]}, {}, {"name": "\x00"},
        {"name": "x", "categories": "all"}, {"name": "x", "categories": [10**9]},
    ):  # fmt: skip
        assert manager.post(API, wrong, **SEND).status_code == 400, wrong
    assert manager.patch(f"{API}/{10**9}", {"name": "x"}, **SEND).status_code == 404
    assert Station.objects.count() == 1


def test_in_the_console():
    bread, cake = on_shelf("bread", product_name="Rye loaf"), make_cake()
    manager = browser("manager")
    shelf = bread.product.category_id
    form = {"name": "Oven", "position": 1, "is_active": "on", "categories": [shelf],
            "products": f"Rye loaf\n{cake.product.slug}"}  # fmt: skip
    assert manager.post(f"{CONSOLE}add/", form).status_code == 302
    station = Station.objects.get()
    page = manager.get(f"{CONSOLE}{station.pk}/change/").content.decode()
    assert bread.product.slug in page
    assert "Bread" in manager.get(CONSOLE).content.decode()
    refused = manager.post(f"{CONSOLE}add/", {**form, "name": "OVEN"})
    assert refused.status_code == 200
    assert "There is a station OVEN already" in refused.content.decode()
    unknown = manager.post(f"{CONSOLE}add/", {**form, "name": "B", "products": "Moon cheese"})
    assert "is called: Moon cheese" in unknown.content.decode()
    assert (
        manager.post(f"{CONSOLE}{station.pk}/change/", {**form, "products": ""}).status_code == 302
    )
    [work] = selectors.station_plan().stations
    assert (work.categories, work.products) == ({shelf}, frozenset())
    assert manager.get(f"{CONSOLE}{station.pk}/delete/").status_code == 403
    assert browser("kitchen").get(f"{CONSOLE}add/").status_code == 403
