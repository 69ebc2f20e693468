"""Pickup times and stock over the API."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from apps.inventory import selectors, services
from apps.inventory.models import Slot, Stock, StockMove
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.inventory.factories import AT, hold, make_slot, make_variant

SLOTS = "/api/v1/slots"
DAY = date(2026, 6, 2)


def open_day(day=DAY, **fields):
    values = {"from_": time(9), "to": time(12), "minutes": 60, "capacity": 4, "at": AT}
    return services.open_slots_for(day=day, **values | fields)


def adjust(client, variant, *, key="k1", raw=None, **body):
    data = raw if raw is not None else json.dumps({"delta": 5, "reason": "baked"} | body)
    return client.generic(
        "POST",
        f"/api/v1/staff/stock/{getattr(variant, 'pk', variant)}/adjust",
        data,
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


# --- pickup times --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_slots_tell_the_shops_time(client):
    open_day()
    with time_machine.travel(AT, tick=False):
        rows = client.get(SLOTS).json()
    assert rows[0] == {
        "id": Slot.objects.first().pk,
        "starts_at": "2026-06-02T13:00:00Z",
        "ends_at": "2026-06-02T14:00:00Z",
        "local_start": "2026-06-02T09:00",
        "local_end": "2026-06-02T10:00",
        "weekday": "Tuesday",
        "time_zone": "America/Toronto",
        "remaining": 4,
    }
    assert [row["local_start"][-5:] for row in rows] == ["09:00", "10:00", "11:00"]


@pytest.mark.django_db
def test_full_closed_and_past_slots_are_not_offered(client):
    open_day()
    full, closed, free = Slot.objects.all()
    Slot.objects.filter(pk=full.pk).update(booked=4)
    Slot.objects.filter(pk=closed.pk).update(closed=True)
    make_slot(hours=-3)
    with time_machine.travel(AT, tick=False):
        assert [row["id"] for row in client.get(SLOTS).json()] == [free.pk]
        assert client.get(f"{SLOTS}?earliest=2020-01-01T00:00Z").json()[0]["id"] == free.pk
    assert selectors.slot(closed.pk).remaining == 0
    assert selectors.slot(10**6) is None


@pytest.mark.django_db
def test_days_are_the_shops_days(client):
    for offset in range(3):
        open_day(DAY + timedelta(days=offset))
    with time_machine.travel(AT, tick=False):
        one = client.get(f"{SLOTS}?days=1&earliest=2026-06-02T10:30").json()
        two = client.get(f"{SLOTS}?days=2&earliest=2026-06-02T10:30").json()
    assert [row["local_start"] for row in one] == ["2026-06-02T11:00"]
    assert {row["local_start"][:10] for row in two} == {"2026-06-02", "2026-06-03"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("days=0", "days"),
        ("days=61", "days"),
        ("days=-1", "days"),
        ("days=1.5", "days"),
        ("days=%C2%B2", "days"),
        ("days=99999999999999999999", "days"),
        ("earliest=tomorrow", "earliest"),
        ("earliest=2026-06-02", "earliest"),
        ("earliest=9999-12-31T23:59Z", "earliest"),
        ("earliest=2026-03-08T02:30", "earliest"),
        ("earliest=2026-11-01T01:30", "earliest"),
    ],
)
def test_bad_slot_queries_name_their_field(client, query, field):
    reply = client.get(f"{SLOTS}?{query}")
    assert reply.status_code == 400
    assert list(reply.json()["error"]["details"]["fields"]) == [field]


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 3])
def test_slots_take_one_query(client, days, django_assert_num_queries):
    for offset in range(days):
        open_day(DAY + timedelta(days=offset))
    with time_machine.travel(AT, tick=False), django_assert_num_queries(1):
        assert len(client.get(SLOTS).json()) == 3 * days


@pytest.mark.django_db
def test_opening_twice_changes_nothing():
    assert (open_day(), open_day(capacity=9)) == (3, 0)
    assert set(Slot.objects.values_list("capacity", flat=True)) == {4}
    assert open_day(to=time(13, 30)) == 1


@pytest.mark.django_db
def test_day_of_a_clock_change_has_its_real_hours():
    open_day(date(2026, 11, 1), from_=time(8), to=time(10))
    open_day(date(2026, 10, 31), from_=time(8), to=time(10))
    starts = list(Slot.objects.values_list("starts_at", flat=True))
    assert starts[0] == datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert starts[2] == datetime(2026, 11, 1, 13, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        open_day(date(2026, 11, 1), from_=time(0), to=time(4))
    assert refused.value.code == "time_is_ambiguous"
    assert Slot.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"minutes": 0}, {"minutes": 400}, {"to": time(8)}, {"capacity": 0}, {"capacity": 1001}],
)
def test_impossible_hours_are_refused(fields):
    with pytest.raises(Invalid):
        open_day(**fields)
    assert not Slot.objects.exists()


@pytest.mark.django_db
def test_capacity_never_drops_below_what_is_booked():
    slot, cake = make_slot(capacity=3), make_variant(made_to_order=True)
    hold({cake.pk: 1}, slot)
    hold({cake.pk: 1}, slot)
    with pytest.raises(Conflict) as refused:
        services.set_slot(slot_id=slot.pk, capacity=1, actor="user:1", at=AT)
    assert refused.value.code == "slot_booked_beyond"
    assert services.set_slot(slot_id=slot.pk, capacity=2, actor="user:1", at=AT).capacity == 2
    assert AuditEntry.objects.first().changes == {"capacity": [3, 2]}


@pytest.mark.django_db
def test_staff_open_close_and_resize(manager_api):
    hours = {"day": "2026-06-02", "from_time": "09:00", "to_time": "11:00", "minutes": 30}
    opened = manager_api.post("/api/v1/staff/slots", hours | {"capacity": 2})
    assert (opened.status_code, opened.json()) == (201, {"opened": 4})
    slot = Slot.objects.first()
    address = f"/api/v1/staff/slots/{slot.pk}"
    reply = manager_api.patch(address, {"closed": True, "capacity": 5, "booked": 5})
    changed = {"id": slot.pk, "capacity": 5, "booked": 0, "closed": True}
    assert reply.json().items() >= changed.items()
    for body in ({"capacity": 0}, {"capacity": "3"}, {"closed": "perhaps"}):
        assert manager_api.patch(address, body).status_code == 400
    for wrong in ({"minutes": 4}, {"day": "soon"}, {"to_time": "09:10"}, {"capacity": None}):
        reply = manager_api.post("/api/v1/staff/slots", hours | {"capacity": 2} | wrong)
        assert reply.status_code == 400
    assert manager_api.patch("/api/v1/staff/slots/999999", {}).status_code == 404
    kitchen = people.api(people.log_in(people.staff("kitchen")).access)
    assert kitchen.patch(address, {"closed": False}).status_code == 403
    assert kitchen.post("/api/v1/staff/slots", {}).status_code == 403
    assert Slot.objects.count() == 4


# --- stock ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_adjustment_is_counted_once_a_key(manager_api):
    variant = make_variant(stock=10)
    first, again = adjust(manager_api, variant), adjust(manager_api, variant)
    expected = {"variant_id": variant.pk, "on_hand": 15, "reserved": 0, "available": 15}
    assert (first.status_code, first.json(), again.json()) == (200, expected, expected)
    assert again["Idempotent-Replayed"] == "true"
    assert adjust(manager_api, variant, delta=6).status_code == 422
    assert adjust(manager_api, variant, key="k2", delta=-3, reason="waste").json()["on_hand"] == 12
    assert StockMove.objects.count() == 3
    assert StockMove.objects.first().actor.startswith("user:")
    entry = AuditEntry.objects.filter(action="adjust_stock").first()
    assert (entry.changes, entry.reason) == ({"on_hand": [15, 12]}, "waste")


@pytest.mark.django_db
@pytest.mark.parametrize("delta", [0, 10**9, -(10**9), 1.5, "1", None, True, [], {}, "", 1e3])
def test_impossible_deltas_are_400(manager_api, delta):
    variant = make_variant(stock=10)
    reply = adjust(manager_api, variant, delta=delta)
    assert reply.status_code == 400
    assert list(reply.json()["error"]["details"]["fields"]) == ["delta"]
    assert Stock.objects.get().on_hand == 10


@pytest.mark.django_db
@pytest.mark.parametrize("raw", ["", "[]", "{", '{"delta": NaN}', '{"delta": 1, "delta": 2}', "7"])
def test_malformed_bodies_are_400(manager_api, raw):
    assert adjust(manager_api, make_variant(stock=10), raw=raw).status_code == 400
    assert Stock.objects.get().on_hand == 10


@pytest.mark.django_db
def test_reasons_of_holds_cannot_be_claimed(manager_api):
    variant = make_variant(stock=10)
    for reason in ("hold", "consume", "", None, "because"):
        assert adjust(manager_api, variant, reason=reason).status_code == 400
    with pytest.raises(Invalid):
        services.adjust_stock(
            variant_id=variant.pk, delta=1, reason="hold", note="", actor="user:1", at=AT
        )


@pytest.mark.django_db
def test_promised_pieces_cannot_be_taken_away(manager_api):
    variant = make_variant(stock=10)
    hold({variant.pk: 8}, make_slot())
    reply = adjust(manager_api, variant, delta=-3, reason="waste")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "stock_promised")
    assert reply.json()["error"]["details"] == {"on_hand": 10, "reserved": 8}
    assert adjust(manager_api, variant, delta=-2, reason="waste").json()["available"] == 0


@pytest.mark.django_db
def test_what_has_no_stock(manager_api):
    cake = make_variant(made_to_order=True)
    assert adjust(manager_api, cake).json()["error"]["code"] == "made_to_order"
    assert adjust(manager_api, 10**6).status_code == 404
    assert adjust(manager_api, 2**80).status_code == 404
    assert not Stock.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["cashier", "kitchen", "decorator"])
def test_stock_is_adjusted_by_those_who_may(role):
    variant = make_variant(stock=10)
    assert adjust(people.api(people.log_in(people.staff(role)).access), variant).status_code == 403
    assert adjust(people.api(), variant).status_code == 401
    assert Stock.objects.get().on_hand == 10


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 50])
def test_available_takes_one_query(size, django_assert_num_queries):
    ids = [make_variant(stock=3).pk for _ in range(min(size, 3))] * (size // 3 + 1)
    with django_assert_num_queries(1):
        assert set(selectors.available(ids).values()) == {3}
