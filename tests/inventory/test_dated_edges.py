"""Stock by day over the API and in the console."""

import re
from datetime import date, timedelta

import pytest

from apps.inventory.models import DatedStock, DatedStockMove
from bakery.kernel import clock
from tests.accounts import people
from tests.inventory.factories import hold, make_slot, make_variant, plan

pytestmark = pytest.mark.django_db
STAFF, WEEK = "/api/v1/staff/dated-stock", "/console/inventory/datedstock/"


def today() -> date:
    return clock.shop_date(clock.now())


def planned(variant, days, delta):
    return plan(variant, today() + timedelta(days=days), delta, at=clock.now())


def change(client, *changes, key="k1", **rest):
    body = {"changes": list(changes), "reason": "planned"} | rest
    return client.post(STAFF, body, format="json", headers={"Idempotency-Key": key})


def row(variant, days=1, delta=108):
    return {"variant_id": variant.pk, "day": str(today() + timedelta(days=days)), "delta": delta}


# --- the API -------------------------------------------------------------------------------------


def test_availability_of_a_day(client):
    doughnut, loaf, cake = make_variant(stock=4), make_variant(), make_variant(made_to_order=True)
    planned(doughnut, 2, 30)
    planned(cake, 2, 1)
    hold({cake.pk: 1}, make_slot())  # of another day
    DatedStock.objects.filter(variant=cake).update(reserved=1)

    def asked(days):
        day = today() + timedelta(days=days)
        ids = "".join(f"&variant={pk}" for pk in (doughnut.pk, loaf.pk, cake.pk, 10**9))
        rows = client.get(f"/api/v1/availability?day={day}{ids}").json()
        assert {row["day"] for row in rows} == {str(day)}
        return [(row["available"], row["code"]) for row in rows]

    assert asked(2) == [(30, "in_stock"), (0, "sold_out"), (0, "sold_out_on_day")]
    assert asked(3) == [(4, "in_stock"), (0, "sold_out"), (None, "made_to_order")]


@pytest.mark.parametrize(
    "query",
    [
        "variant=1",
        "day=2026-13-01&variant=1",
        "day=9999-12-31&variant=1",
        "day=20260602&variant=1",
        "day=TODAY",
        "day=TODAY&variant=x",
        "day=TODAY&variant=-1",
        "day=TODAY&variant=99999999999999999999",
        "day=TODAY" + "&variant=1" * 51,
    ],
)
def test_impossible_questions_are_400(client, query):
    reply = client.get(f"/api/v1/availability?{query.replace('TODAY', str(today()))}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid")


def test_availability_takes_two_queries(client, django_assert_num_queries):
    few = [planned(make_variant(), 1, 5).variant_id for _ in range(4)]
    for ids in (few[:1], few):
        wanted = "".join(f"&variant={pk}" for pk in ids)
        with django_assert_num_queries(2):
            rows = client.get(f"/api/v1/availability?day={today() + timedelta(days=1)}{wanted}")
        assert len(rows.json()) == len(ids)


def test_staff_change_days_once_a_key_and_see_them(manager_api):
    glazed, filled = make_variant(), make_variant()
    first = change(manager_api, row(glazed), row(filled, delta=20))
    again = change(manager_api, row(glazed), row(filled, delta=20))
    assert (first.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert [(x["variant_id"], x["available"]) for x in first.json()] == [
        (glazed.pk, 108),
        (filled.pk, 20),
    ]
    change(manager_api, row(glazed, delta=-8), key="k2", reason="fewer")
    listed = manager_api.get(STAFF).json()
    assert [(x["on_hand"], x["reserved"], x["open"]) for x in listed] == [
        (100, 0, True),
        (20, 0, True),
    ]
    assert manager_api.get(f"{STAFF}?from={today() + timedelta(days=2)}").json() == []
    assert manager_api.get(f"{STAFF}?days=32").status_code == 400
    ended = manager_api.post(
        f"{STAFF}/end", {"variant_id": glazed.pk, "day": str(today() + timedelta(days=1))}
    )
    assert (ended.json()["open"], ended.json()["available"]) == (False, 0)
    nothing = manager_api.post(f"{STAFF}/end", {"variant_id": 10**9, "day": str(today())})
    assert nothing.status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"delta": 0},
        {"delta": 10**9},
        {"delta": "5"},
        {"delta": 1.5},
        {"delta": None},
        {"day": "soon"},
        {"day": "9999-12-31"},
        {"day": "2020-01-01"},
        {"variant_id": "x"},
        {"variant_id": 2**80},
    ],
)
def test_impossible_changes_are_400_and_nothing_is_changed(manager_api, wrong):
    good, bad = make_variant(), make_variant()
    assert change(manager_api, row(good), row(bad) | wrong).status_code == 400
    assert not DatedStock.objects.exists()


def test_changes_that_cannot_be_made_together_are_refused(manager_api):
    variant = make_variant()
    assert change(manager_api, row(variant), row(variant)).status_code == 400
    assert change(manager_api).status_code == 400
    assert change(manager_api, *[row(variant)] * 201).status_code == 400
    assert change(manager_api, row(variant), reason="ended").status_code == 400
    assert change(manager_api, row(variant) | {"variant_id": 10**9}).status_code == 404
    reply = change(manager_api, row(variant, delta=-1), key="k9")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "stock_promised")
    raw = manager_api.generic("POST", STAFF, '{"changes": NaN', content_type="application/json")
    assert raw.status_code == 400


# --- the console ---------------------------------------------------------------------------------


def week_of(days):
    return f"{WEEK}?from={today() + timedelta(days=days)}"


def form(variant, days, text, **rest):
    day = today() + timedelta(days=days)
    return {f"d-{variant.pk}-{day}": text, "reason": "planned", "note": "", "ref": "week-1"} | rest


def test_a_week_is_shown_and_changed_by_deltas(console):
    doughnut, other = make_variant(), make_variant()
    planned(doughnut, 8, 100)
    html = console.get(week_of(8)).content.decode()
    assert (html.count("0 of 100 promised"), doughnut.sku in html, other.sku in html) == (
        1,
        True,
        False,
    )
    assert other.sku in console.get(f"{week_of(8)}&all=1").content.decode()
    for _ in range(2):  # the same page sent twice counts once
        reply = console.post(week_of(8), form(doughnut, 8, "-12", reason="fewer", note="oven"))
        assert reply.status_code == 302
    assert DatedStock.objects.get().on_hand == 88
    move = DatedStockMove.objects.first()
    assert (move.delta_on_hand, move.reason, move.note) == (-12, "fewer", "oven")


@pytest.mark.parametrize("text", ["x", "1.5", "-101", "999999999", "\x00", ""])
def test_impossible_changes_are_said_and_what_was_typed_stays(console, text):
    doughnut = make_variant()
    planned(doughnut, 8, 100)
    reply = console.post(week_of(8), form(doughnut, 8, text))
    assert reply.status_code == 200
    assert "errornote" in reply.content.decode()
    if text in {"x", "-101"}:
        assert f'value="{text}"' in reply.content.decode()
    assert DatedStock.objects.get().on_hand == 100


def test_names_that_are_no_cells_change_nothing(console):
    doughnut = make_variant()
    planned(doughnut, 8, 100)
    good = form(doughnut, 8, "")
    for name in ("d-x-2026-06-02", "d-1", f"d-{'9' * 30}-2026-06-02", "d-1-2026-13-45"):
        assert console.post(week_of(8), good | {name: "5"}).status_code == 200
        assert console.post(week_of(8), good | {"end": name}).status_code == 200
    for start in ("soon", "9999-12-31", "0001-01-01"):
        assert console.get(f"{WEEK}?from={start}").status_code == 200
    assert DatedStockMove.objects.count() == 1


def test_a_day_is_ended_by_a_button(console):
    doughnut = make_variant()
    row = planned(doughnut, 8, 100)
    cell = f"d-{doughnut.pk}-{row.day}"
    # What was typed elsewhere on the page is not saved by this button.
    assert console.post(week_of(8), form(doughnut, 8, "5", end=cell)).status_code == 302
    row.refresh_from_db()
    assert (row.on_hand, row.closed_at is None) == (0, False)
    assert "ended" in console.get(week_of(8)).content.decode()


def test_who_may_see_the_week_and_who_may_change_it():
    doughnut = make_variant()
    planned(doughnut, 8, 100)
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    html = kitchen.get(week_of(8)).content.decode()
    assert "0 of 100 promised" in html
    assert not re.search(r"<input name=\"d-", html)
    assert kitchen.post(week_of(8), form(doughnut, 8, "5")).status_code == 403
    assert DatedStock.objects.get().on_hand == 100


@pytest.mark.parametrize("address", [week_of(8), "/console/inventory/datedstockmove/"])
def test_pages_cost_the_same_whatever_their_length(console, address, django_assert_max_num_queries):
    planned(make_variant(), 8, 5)
    console.get(address)
    with django_assert_max_num_queries(20) as few:
        assert console.get(address).status_code == 200
    for days in (8, 9, 9, 10):
        planned(make_variant(), days, 5)
    with django_assert_max_num_queries(len(few)):
        assert console.get(address).status_code == 200


def test_what_was_typed_is_shown_as_text(console):
    doughnut = make_variant()
    planned(doughnut, 8, 1)
    reply = console.post(week_of(8), form(doughnut, 8, '"><script>alert(1)</script>'))
    assert "<script>alert" not in reply.content.decode()
