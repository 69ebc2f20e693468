"""The kitchen's board: which orders it holds, on which lane, at which station, and how many."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Variant
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, Order
from apps.orders.rules.firing import Lane, due_at, fires_at, is_up, lane_of
from apps.orders.rules.stations import OTHER
from apps.orders.rules.tickets import what_changed
from apps.orders.selectors import board as board_reads
from apps.orders.selectors.board import days_ahead
from apps.orders.services.board import append_board_event
from apps.orders.states import BoardKind, OrderStatus
from bakery.kernel import clock
from benchmarks.many_orders import fill_orders
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_variant
from tests.orders.kitchen import ACTOR, change_order, make_station, on_shelf, order_for, seen

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOARD = "/api/v1/staff/board"


def numbers(at=AT):
    return [ticket["number"] for ticket in selectors.board_snapshot(at=at)["orders"]]


# ---- days ----


@pytest.mark.parametrize(
    ("due", "lane"),
    [
        ("2026-11-01T04:30:00+00:00", Lane.OVERDUE),
        ("2026-11-01T12:00:00+00:00", Lane.TODAY),
        # Toronto's clocks go back that night: the day has 25 hours and ends at 05:00 UTC.
        ("2026-11-02T04:59:00+00:00", Lane.TODAY),
        ("2026-11-02T05:00:00+00:00", Lane.TOMORROW),
        ("2026-11-03T04:59:00+00:00", Lane.TOMORROW),
        ("2026-11-03T05:00:00+00:00", Lane.LATER),
    ],
)
def test_lanes_follow_the_shops_calendar_when_the_clocks_go_back(due, lane):
    now = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 01:00 there, before the change
    assert lane_of(datetime.fromisoformat(due), now=now, day_starts=days_ahead(now)) == lane


def test_a_day_on_which_the_clocks_go_forward_is_an_hour_shorter():
    days = days_ahead(datetime(2027, 3, 14, 12, 0, tzinfo=UTC))
    assert days[1] - days[0] == 23 * HOUR
    assert days[2] - days[1] == 24 * HOUR


def test_a_ticket_fires_before_its_pickup_by_the_time_that_it_takes():
    pickup = AT + DAY
    minutes = {"oven_minutes": 50, "decorator_minutes": 90}
    spare = timedelta(minutes=30)
    assert fires_at(pickup, **minutes, spare=spare) == pickup - timedelta(minutes=170)


def test_how_long_before_its_pickup_a_ticket_fires_is_the_shops_to_say(settings):
    settings.KITCHEN_SPARE_MINUTES = 45
    cake = make_cake()
    Variant.objects.filter(pk=cake.pk).update(oven_minutes=40, decorator_minutes=35)
    order = order_for(AT + DAY, [(cake, 2, "")])
    assert order.fires_at == AT + DAY - timedelta(minutes=45 + 2 * (40 + 35))


def test_what_hangs_on_the_board():
    coming = {"status": "paid", "is_acknowledged": True, "fires_at": AT + HOUR}
    assert not is_up(**coming, now=AT)
    assert is_up(**coming, now=AT + HOUR)
    for up in ({"is_acknowledged": False}, {"status": "in_production"}, {"fires_at": None}):
        assert is_up(**{**coming, **up}, now=AT), up


def test_an_order_that_is_ready_is_late_when_its_pickup_ends():
    pickup = {"pickup_starts_at": AT, "pickup_ends_at": AT + HOUR}
    assert due_at(status="in_production", **pickup) == AT
    assert due_at(status="ready", **pickup) == AT + HOUR


# ---- what the board holds ----


def test_the_board_holds_what_fires_until_tomorrow_and_counts_the_rest():
    today, tomorrow = seen(order_for(AT + HOUR)), seen(order_for(AT + DAY))
    cake = [(make_cake(), 1, "")]
    seen(order_for(AT + 8 * DAY, cake))
    seen(order_for(AT + 8 * DAY))
    snapshot = selectors.board_snapshot(at=AT)
    assert [ticket["number"] for ticket in snapshot["orders"]] == [today.number, tomorrow.number]
    assert snapshot["later"] == [{"day": "2026-11-28", "orders": 2, "cakes": 1}]
    assert snapshot["left_out"] == 0
    # On the day before it is there.
    assert len(numbers(AT + 7 * DAY)) == 4


def test_what_nobody_has_seen_and_what_somebody_began_is_held_whatever_its_day():
    unseen, begun = order_for(AT + 8 * DAY), seen(order_for(AT + 9 * DAY))
    services.start_production(order_id=begun.pk, actor=ACTOR, at=AT)
    assert numbers() == [unseen.number, begun.number]
    assert selectors.board_snapshot(at=AT)["later"] == []


def test_a_long_preparation_brings_a_far_pickup_onto_the_board():
    order = seen(order_for(AT + 5 * DAY))
    Order.objects.filter(pk=order.pk).update(fires_at=AT + 2 * HOUR)
    [ticket] = selectors.board_snapshot(at=AT)["orders"]
    assert ticket["fires_short"] == "Fri 20 Nov 12:00"
    counts = selectors.board_counts(at=AT)
    assert counts["lanes"]["later"] == {"orders": 1, "cakes": 0}
    assert counts["later"] == []


def test_orders_that_are_over_or_unpaid_are_not_held():
    for status in ("cancelled", "collected", "no_show", "pending_payment", "expired"):
        order_for(AT + HOUR, status=status)
    out = order_for(AT + HOUR, status="out_for_delivery", fulfilment="delivery",
                    delivery_zone="Inner city")  # fmt: skip
    [ticket] = selectors.board_snapshot(at=AT)["orders"]
    assert (ticket["number"], ticket["delivery_zone"]) == (out.number, "Inner city")


def test_when_there_are_too_many_those_of_today_go_first_and_the_rest_is_told(monkeypatch):
    monkeypatch.setattr(board_reads, "MAX_OPEN", 2)
    monkeypatch.setattr(board_reads, "MAX_STALE", 1)
    old = [order_for(AT - days * DAY) for days in (3, 2)]
    new = [order_for(AT + hours * HOUR) for hours in (1, 2, 3)]
    snapshot = selectors.board_snapshot(at=AT)
    shown = [ticket["number"] for ticket in snapshot["orders"]]
    assert shown == [old[1].number, new[0].number, new[1].number]
    assert snapshot["left_out"] == 2


# ---- counts and stations ----


@pytest.fixture
def kitchen():
    """Three stations, and orders on all lanes with all kinds of lines."""
    bread, rye = on_shelf("bread"), on_shelf("bread", product_name="Rye")
    # On the shelf "all", which is no station's.
    cake, loose = make_cake(), make_variant()
    oven = make_station("Oven", position=1, category_ids=[bread.product.category_id])
    decorating = make_station("Decorating", position=2, product_ids=[cake.product_id])
    dark = make_station("Dark corner", position=3, product_ids=[rye.product_id])
    packing = make_station("Packing", position=4, everything=True)
    for pickup in (AT - 2 * HOUR, AT + HOUR, AT + DAY, AT + 9 * DAY):
        order_for(pickup, [(bread, 1, ""), (cake, 1, "")])
        order_for(pickup, [(rye, 2, "")])
        order_for(pickup, [(loose, 1, ""), (cake, 1, "")], status=OrderStatus.READY)
    seen(order_for(AT + 9 * DAY, [(cake, 1, "")]))
    return {"oven": oven.pk, "decorating": decorating.pk, "dark": dark.pk, "packing": packing.pk}


def tickets_at(station, lane=None, at=AT):
    """The same as the board's script does, on the snapshot."""
    days = days_ahead(at)
    found = []
    for ticket in selectors.board_snapshot(at=at)["orders"]:
        starts, ends = (
            datetime.fromisoformat(ticket[f"pickup_{end}_at"]) for end in ("starts", "ends")
        )
        due = due_at(status=ticket["status"], pickup_starts_at=starts, pickup_ends_at=ends)
        here = station is None or station in ticket["stations"]
        if here and lane in {None, lane_of(due, now=at, day_starts=days)}:
            found.append(ticket)
    return found


def test_the_badges_equal_the_query_for_every_station_and_lane(kitchen):
    for station in (None, *kitchen.values(), OTHER, 4242):
        counts = selectors.board_counts(at=AT, station=station)
        for lane in Lane:
            tickets = tickets_at(station, lane)
            cakes = sum(ticket["has_cake"] for ticket in tickets)
            assert counts["lanes"][lane] == {"orders": len(tickets), "cakes": cakes}
            held = selectors.board_orders(at=AT, lane=lane, station=station)
            assert held.filter(has_cake=True).count() == cakes
    assert {row["name"]: row["orders"] for row in counts["stations"]} == {
        "Oven": 4, "Decorating": 8, "Dark corner": 4, "Packing": 12, "Other": 4,
    }  # fmt: skip


def test_the_cakes_of_the_board_are_those_of_the_consoles_filter(kitchen):
    counts = selectors.board_counts(at=AT)
    cakes = sum(lane["cakes"] for lane in counts["lanes"].values())
    cakes += sum(day["cakes"] for day in counts["later"])
    manager = people.browser(people.staff("manager"), verified=True)
    page = manager.get("/console/orders/order/?work=open&has_cake__exact=1")
    listed = page.context["cl"].queryset
    assert cakes == listed.count() == 9


def test_a_product_that_is_named_is_made_there_and_not_where_its_category_is(kitchen):
    tickets = selectors.board_snapshot(at=AT)["orders"]
    rye = next(line for t in tickets for line in t["lines"] if line["name"] == "Rye")
    assert rye["stations"] == [kitchen["dark"], kitchen["packing"]]
    loose = next(line for t in tickets for line in t["lines"] if line["name"] == "Thing"
                 and OTHER in line["stations"])  # fmt: skip
    assert loose["stations"] == [OTHER, kitchen["packing"]]


def test_without_stations_there_is_nothing_to_choose():
    order_for(AT + HOUR)
    snapshot = selectors.board_snapshot(at=AT)
    assert snapshot["stations"] == []
    assert snapshot["orders"][0]["stations"] == []
    assert selectors.board_counts(at=AT)["stations"] == []


def test_a_station_counts_for_old_events_too_and_every_change_moves_the_version():
    variant = on_shelf("bread")
    order_for(AT + HOUR, [(variant, 1, "")])
    versions = [selectors.station_plan().version]
    oven = make_station("Oven", category_ids=[variant.product.category_id])
    versions.append(selectors.station_plan().version)
    [event] = selectors.board_updates(after_seq=0, limit=9)["events"]
    assert event["order"]["stations"] == [oven.pk]
    # At the same moment once more.
    for wish in ({"category_ids": []}, {"name": "Big oven"}, {"is_active": False}):
        services.change_station(
            station_id=oven.pk, wish=services.StationWish(**wish), actor=ACTOR, at=AT
        )
        versions.append(selectors.station_plan().version)
    assert len(set(versions)) == len(versions)


# ---- changes ----


def test_a_change_says_what_is_different_and_stays_on_the_ticket():
    order = order_for(AT + HOUR, [(make_cake(message=40), 1, "Zoë"), (make_variant(), 2, "")])
    change_order(order, message="Zoë & Max", at=AT)
    change_order(order, quantity=3, at=AT + HOUR)
    expected = [
        ["Carrot cake, 8 inch: the message is now “Zoë & Max”, was “Zoë”"],
        ["Carrot cake, 8 inch: 3 instead of 1"],
    ]
    events = selectors.board_updates(after_seq=0, limit=9)["events"]
    assert [e["kind"] for e in events] == ["new_order", "changed", "changed"]
    assert [change["what"] for change in events[-1]["order"]["changes"]] == expected
    services.acknowledge(order_number=order.number, actor=ACTOR, at=AT)
    [ticket] = selectors.board_snapshot(at=AT)["orders"]
    assert [change["what"] for change in ticket["changes"]] == expected
    assert ticket["revision"] == 2


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"lines": [("Cake", "8", 1, "A"), ("Rye", "", 2, "")]}, ["Added: 2 x Rye"]),
        ({}, {"lines": []}, ["Taken off: 1 x Cake, 8 “A”"]),
        ({}, {"lines": [("Cake", "8", 1, "")]}, ["Cake, 8: no message any more, was “A”"]),
        ({}, {"lines": 2 * [("Cake", "8", 1, "A")]}, ["Cake, 8: 2 instead of 1"]),
        (
            {},
            {"pickup_starts_at": "2", "pickup_short": "Sat"},
            ["Pickup is now Sat, was Fri"],
        ),
        ({}, {"fulfilment": "delivery"}, ["Now for delivery"]),
        ({}, {"customer_note": "Ring twice"}, ["The customer's note changed"]),
        ({}, {"notes": ["No nuts on top"]}, ["New note: No nuts on top"]),
        ({}, {}, []),
    ],
)  # fmt: skip
def test_changes_in_words(before, after, told):
    def ticket(**given):
        base = {"lines": [("Cake", "8", 1, "A")], "pickup_starts_at": "1", "pickup_short": "Fri",
                "fulfilment": "pickup", "customer_note": "", "notes": [], **given}  # fmt: skip
        names = ("name", "size", "quantity", "message")
        base["lines"] = [dict(zip(names, line, strict=True)) for line in base["lines"]]
        return base

    assert what_changed(ticket(**before), ticket(**after)) == told


def test_a_note_for_the_kitchen_is_on_the_ticket():
    order = order_for(AT + HOUR, customer_note="Please no plastic")
    services.add_note(
        order_id=order.pk, text="Use the blue box", on_ticket=True, actor=ACTOR, at=AT
    )
    [ticket] = selectors.board_snapshot(at=AT)["orders"]
    assert ticket["notes"] == ["Use the blue box"]
    assert ticket["customer_note"] == "Please no plastic"


# ---- cost ----


def statements(work) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        work()
    return [query["sql"] for query in queries]


def test_a_picture_costs_the_same_statements_at_two_sizes(kitchen):
    def cost():
        snapshot = statements(lambda: selectors.board_snapshot(at=AT))
        counts = statements(lambda: selectors.board_counts(at=AT, station=OTHER))
        events = statements(lambda: selectors.board_updates(after_seq=0, limit=99))
        return len(snapshot), len(counts), len(events)

    small = cost()
    for hours in range(2, 6):
        change_order(order_for(AT + hours * HOUR, [(make_cake(), 1, ""), (make_variant(), 1, "")]))
    assert cost() == small == (9, 5, 3)


def test_among_many_orders_the_board_reads_by_its_indexes():
    fill_orders(3000, at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in statements(lambda: selectors.board_snapshot(at=AT)):
            if 'FROM "orders_order"' not in sql:
                continue
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "order_open" in plan or "order_fires" in plan or "order_pickup_day" in plan, plan
            assert "Seq Scan" not in plan, plan


# ---- over the API ----


def cook():
    return people.browser(people.staff("kitchen"), verified=True)


def test_counts_over_the_api(kitchen, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    client = cook()
    found = client.get(f"{BOARD}/counts").json()
    assert found["lanes"]["overdue"] == {"orders": 3, "cakes": 2}
    assert (
        found["later"] == [{"day": "2026-11-29", "orders": 1, "cakes": 1}] or found["later"] == []
    )
    one = client.get(f"{BOARD}/counts", {"station": kitchen["dark"]}).json()
    assert sum(lane["cakes"] for lane in one["lanes"].values()) == 0
    for wrong in ("-1", "x", str(2**40)):
        assert client.get(f"{BOARD}/counts", {"station": wrong}).status_code == 400


def test_the_snapshot_over_the_api_has_the_beginnings_of_days():
    found = cook().get(BOARD).json()
    starts = [datetime.fromisoformat(day) for day in found["day_starts"]]
    assert starts == days_ahead(datetime.fromisoformat(found["at"]))
    assert {clock.shop_date(day) for day in starts[:1]} == {clock.shop_date(clock.now())}


def test_an_event_that_is_not_a_change_tells_of_none():
    order = order_for(AT + HOUR)
    with transaction.atomic():
        append_board_event(order, BoardKind.STATUS, at=AT)
    assert "changed" not in BoardEvent.objects.latest("seq").payload
