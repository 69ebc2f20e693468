"""Stock, ledgers and the pickup calendar in the console."""

from datetime import timedelta

import pytest
from django.utils.formats import date_format

from apps.inventory.models import Slot, Stock, StockMove
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.inventory.factories import AT, bake, hold, make_slot, make_variant

pytestmark = pytest.mark.django_db
STOCK, SLOT = "/console/inventory/stock/", "/console/inventory/slot/"


def form(variant, /, **changes):
    return {
        "variant": variant.pk,
        "delta": "-2",
        "reason": "waste",
        "note": "dropped",
        "ref": "form-1",
    } | changes


def test_stock_is_adjusted_with_a_reason_and_sent_twice_counts_once(console):
    variant = make_variant(stock=10)
    assert "dropped" not in console.get(f"{STOCK}adjust/?variant={variant.pk}").content.decode()
    for _ in range(2):
        assert console.post(f"{STOCK}adjust/", form(variant)).status_code == 302
    assert Stock.objects.get().on_hand == 8
    move = StockMove.objects.first()
    assert (move.delta_on_hand, move.reason, move.note) == (-2, "waste", "dropped")
    assert AuditEntry.objects.filter(action="adjust_stock").first().reason == "waste: dropped"


@pytest.mark.parametrize(
    "changes", [{"delta": "0"}, {"delta": "x"}, {"reason": ""}, {"variant": "x"}, {"delta": "-99"}]
)
def test_impossible_adjustments_are_said(console, changes):
    variant = make_variant(stock=10)
    reply = console.post(f"{STOCK}adjust/", form(variant, **changes))
    assert reply.status_code == 200
    assert "errorlist" in reply.content.decode()
    assert Stock.objects.get().on_hand == 10


@pytest.mark.parametrize(
    "address", [STOCK, SLOT, "/console/inventory/stockmove/", "/console/inventory/hold/"]
)
def test_lists_cost_the_same_whatever_their_length(console, address, django_assert_max_num_queries):
    hold({make_variant(stock=5).pk: 1}, make_slot())
    console.get(address)
    with django_assert_max_num_queries(20) as few:
        assert console.get(address).status_code == 200
    for number in range(3):
        hold({make_variant(stock=5).pk: 1}, make_slot(hours=30 + number))
    with django_assert_max_num_queries(len(few)):
        assert console.get(address).status_code == 200


def test_nothing_of_the_ledgers_can_be_written(console):
    variant = make_variant(stock=5)
    slot = make_slot()
    hold({variant.pk: 1}, slot)
    for model in ("stockmove", "hold", "stock"):
        assert console.get(f"/console/inventory/{model}/add/").status_code == 403
        pk = variant.pk if model == "stock" else StockMove.objects.order_by("pk").first().pk
        address = f"/console/inventory/{model}/{pk}/change/"
        assert console.post(address, {"on_hand": 99, "state": "released"}).status_code in {302, 403}
        assert console.post(f"/console/inventory/{model}/{pk}/delete/").status_code in {302, 403}
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, StockMove.objects.count()) == (5, 1, 2)


def test_hold_shows_what_became_of_it(console):
    variant = make_variant(stock=5)
    reference = hold({variant.pk: 2}, make_slot())
    pk = variant.reservations.get().hold_id
    html = console.get(f"/console/inventory/hold/{pk}/change/").content.decode()
    assert reference in html


def test_calendar_is_opened_for_several_days(console):
    day = clock.shop_date(clock.now()) + timedelta(days=7)
    data = {
        "day": day.isoformat(),
        "until": (day + timedelta(days=1)).isoformat(),
        "from_": "09:00",
        "to": "11:00",
        "minutes": "30",
        "capacity": "4",
    }
    assert console.post(f"{SLOT}add/", data).status_code == 302
    assert Slot.objects.count() == 8
    wrong = data | {"to": "09:10"}
    assert "errorlist" in console.post(f"{SLOT}add/", wrong).content.decode()
    wrong = data | {"until": (day - timedelta(days=1)).isoformat()}
    assert "errorlist" in console.post(f"{SLOT}add/", wrong).content.decode()
    assert Slot.objects.count() == 8


def test_slots_are_closed_and_resized_by_the_service(console):
    slot, cake = make_slot(capacity=3), make_variant(made_to_order=True)
    hold({cake.pk: 1}, slot)
    console.post(f"{SLOT}?when=all", {"action": "close", "_selected_action": [slot.pk]})
    assert Slot.objects.get().closed is True
    console.post(f"{SLOT}?when=all", {"action": "reopen", "_selected_action": [slot.pk]})
    assert console.post(f"{SLOT}{slot.pk}/change/", {"capacity": "2"}).status_code == 302
    slot.refresh_from_db()
    assert (slot.closed, slot.capacity, slot.booked) == (False, 2, 1)
    assert console.post(f"{SLOT}{slot.pk}/change/", {"capacity": "0"}).status_code == 200
    actions = AuditEntry.objects.filter(object_type="inventory.slot").values_list(
        "action", flat=True
    )
    assert list(actions) == ["set_slot"] * 3


def test_calendar_shows_what_is_ahead(console):
    make_slot(hours=-24 * 365)
    html = console.get(SLOT).content.decode()
    assert ("0 slots" in html, "Ahead" in html) == (True, True)
    assert "1 slot" in console.get(f"{SLOT}?when=past").content.decode()
    assert "1 slot" in console.get(f"{SLOT}?when=all").content.decode()


def test_kitchen_sees_stock_and_may_not_change_it():
    variant, slot = make_variant(stock=5), make_slot()
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.get(STOCK).status_code == 200
    assert kitchen.post(f"{STOCK}adjust/", form(variant)).status_code == 403
    assert kitchen.post(f"{SLOT}add/", {}).status_code == 403
    assert kitchen.post(f"{SLOT}{slot.pk}/change/", {"capacity": "9"}).status_code == 403
    bake(variant, 1)
    assert (Stock.objects.get().on_hand, Slot.objects.get().capacity) == (6, 1000)


def test_moments_are_told_on_the_shops_clock(console):
    make_variant(stock=3)
    page = console.get("/console/inventory/stockmove/").content.decode()
    local = AT.astimezone(clock.shop_zone())
    assert date_format(local, "DATETIME_FORMAT") in page
    assert date_format(AT, "DATETIME_FORMAT") not in page
