"""Promises and pickup times from the database, over HTTP, and at checkout."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog import selectors as catalog
from apps.catalog.models import Variant
from apps.inventory import selectors, services
from apps.inventory.models import DatedStock, Slot, Stock
from apps.inventory.rules.calendar import Hours
from apps.inventory.selectors import slots
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid
from tests.accounts import people
from tests.inventory.factories import AT, LATER, make_variant
from tests.orders.factories import CUSTOMER, fill_cart, place

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 6, 1)  # AT is its 08:00; closed
TUESDAY = MONDAY + timedelta(days=1)
DAY = Hours(time(9), time(12), 60, 2, 30, 60, 60)


@pytest.fixture
def days(settings):
    """Two weeks, three pickup times each morning from Tuesday to Sunday."""
    settings.SHOP_CALENDAR_DAYS = 14
    services.set_week_plan(
        effective_from=MONDAY, week=dict.fromkeys(range(1, 7), (DAY,)), actor="user:1", at=AT
    )


@pytest.fixture
def now():
    """The clock, stopped."""
    with time_machine.travel(AT, tick=False):
        yield


def cake(**fields):
    return make_variant(
        made_to_order=True, **{"oven_minutes": 30, "decorator_minutes": 20} | fields
    )


def local(moment):
    return f"{moment.astimezone(clock.shop_zone()):%a %H:%M}"


def slot_of(text, *, week=0):
    """Return the pickup time that reads so on the shop's wall, such as "Tue 09:00"."""
    found = [slot for slot in Slot.objects.order_by("starts_at") if local(slot.starts_at) == text]
    return found[week]


def promised(quantities, at=AT):
    made = selectors.promise_for(quantities, at=at)
    return (local(made.slot.starts_at) if made.slot else None, made.why.code)


def order(quantities, slot, at=AT):
    services.place_hold(
        reference=uuid4().hex, quantities=quantities, slot_id=slot.pk,
        work=work(quantities), expires_at=LATER, at=at,
    )  # fmt: skip


def work(quantities):
    return services.work_of(quantities, catalog.sellable_variants(quantities))


# --- what the promise is made of -----------------------------------------------------------------


def test_unpaid_holds_count_and_given_back_they_do_not(days):
    one = cake()
    assert promised({one.pk: 1}) == ("Tue 09:00", "closed")
    order({one.pk: 2}, slot_of("Tue 09:00"))
    assert promised({one.pk: 1}) == ("Tue 10:00", "oven_minutes")
    services.place_hold(
        reference="again", quantities={one.pk: 2}, work=work({one.pk: 2}),
        slot_id=slot_of("Tue 10:00").pk, expires_at=LATER, at=AT,
    )  # fmt: skip
    assert promised({one.pk: 1}) == ("Tue 11:00", "oven_minutes")
    services.release_hold(reference="again", reason="expired", at=AT)
    assert promised({one.pk: 1}) == ("Tue 10:00", "oven_minutes")


def test_stock_stock_of_a_day_and_the_switch(days):
    loaf = make_variant(stock=5)
    assert promised({loaf.pk: 5}) == ("Tue 09:00", "closed")
    assert promised({loaf.pk: 6}) == (None, "stock")
    DatedStock.objects.create(variant=loaf, day=TUESDAY, on_hand=3)
    assert promised({loaf.pk: 4}) == ("Wed 09:00", "dated_stock")
    DatedStock.objects.create(variant=loaf, day=TUESDAY + timedelta(days=1), on_hand=9)
    assert promised({loaf.pk: 6}) == ("Wed 09:00", "dated_stock")
    Stock.objects.filter(pk=loaf.pk).update(sold_out_at=AT)
    assert promised({loaf.pk: 1}) == (None, "sold_out")


def test_working_days_cut_offs_holidays_and_blackouts(days):
    one = cake(lead_days=2, cutoff_at=time(14))
    # Monday is closed: counted from Tuesday, ready on Thursday.
    assert promised({one.pk: 1}) == ("Thu 09:00", "working_days")
    late = AT + timedelta(days=1, hours=7)
    assert promised({one.pk: 1}, at=late) == ("Fri 09:00", "working_days")
    wednesday = TUESDAY + timedelta(days=1)
    services.add_special_day(day=wednesday, name="Jubilee", hours=[], actor="user:1", at=AT)
    assert promised({one.pk: 1}) == ("Fri 09:00", "working_days")
    friday = TUESDAY + timedelta(days=3)
    row = services.add_blackout(
        first_day=friday, last_day=friday + timedelta(days=1), reason="No berries",
        category_id=Variant.objects.get(pk=one.pk).product.category_id, actor="user:1", at=AT,
    )  # fmt: skip
    assert promised({one.pk: 1}) == ("Sun 09:00", "blackout")
    services.lift_blackout(blackout_id=row.pk, actor="user:1", at=AT)
    assert promised({one.pk: 1}) == ("Fri 09:00", "working_days")


def test_the_catalog_is_answered_for_many_sizes_in_three_statements(
    days, django_assert_num_queries
):
    quick, slow = cake(), cake(lead_days=30)
    with django_assert_num_queries(3):
        found = catalog.promises_of([quick.pk, slow.pk, 10**9], at=AT)
    assert found.keys() == {quick.pk, slow.pk}
    assert local(found[quick.pk].earliest) == "Tue 09:00"
    assert (found[slow.pk].earliest, found[slow.pk].binding) == (None, "beyond_calendar")
    more = [cake().pk for _ in range(8)]
    with django_assert_num_queries(3):
        assert len(catalog.promises_of(more, at=AT)) == 8


def test_pickup_times_are_read_as_far_as_they_are_looked_at(
    days, monkeypatch, django_assert_num_queries
):
    """A few at first, then more at once, each once; what is far off is found all the same."""
    monkeypatch.setattr(slots, "_FIRST_READ", 2)
    every = slots.loads(after=AT)
    assert len(every) == 36
    with django_assert_num_queries(1):
        times = slots.PickupTimes(after=AT)
        assert [next(iter(times)), next(iter(times))] == [every[0], every[0]]
    with django_assert_num_queries(2):  # 8, and of the next 32 the 26 that there are
        assert [*times] == every
    with django_assert_num_queries(0):
        assert [*times] == every
    one, last = cake(), every[-1]
    Slot.objects.exclude(pk=last.id).update(booked=2)
    assert selectors.promise_for({one.pk: 1}, at=AT).slot.id == last.id
    seen = selectors.outlook({one.pk: 1}, at=AT, days=60)
    assert (len(seen.days), seen.days[-1].slots) == (14, (last,))
    assert [day.slots for day in seen.days[:-1]] == [()] * 13
    assert len(selectors.outlook({one.pk: 1}, at=AT, days=5).days) == 5
    with django_assert_num_queries(5):
        catalog.promises_of([one.pk], at=AT)


def test_what_does_not_exist_cannot_be_promised():
    with pytest.raises(Invalid) as refused:
        selectors.promise_for({10**9: 1}, at=AT)
    assert refused.value.code == "unknown_variant"


# --- a promise can be kept -----------------------------------------------------------------------


def test_what_is_promised_can_be_booked_and_nothing_earlier(days):
    """Try the hold itself at every pickup time, in order, on what anybody may have booked."""
    one = cake(pieces=4)
    slots = list(Slot.objects.order_by("starts_at"))[:9]
    assert Slot.objects.exclude(pk__in=[slot.pk for slot in slots]).update(closed=True)

    @given(st.binary(min_size=9, max_size=9), st.integers(1, 3), st.sampled_from([0, 26, 50]))
    @settings(max_examples=12, deadline=None)
    def check(drawn, quantity, hours):
        Variant.objects.filter(pk=one.pk).update(lead_time_hours=hours, lead_days=drawn[0] % 2)
        for slot, number in zip(slots, drawn, strict=True):
            slot.booked, slot.pieces_booked = number % 3, number % 31
            slot.oven_booked, slot.decorator_booked = number % 4 * 20, number % 5 * 15
            slot.closed = number > 230
        columns = ["booked", "pieces_booked", "oven_booked", "decorator_booked", "closed"]
        Slot.objects.bulk_update(slots, columns)
        made = selectors.promise_for({one.pk: quantity}, at=AT)
        booked = next((slot.pk for slot in slots if can_be_had(slot, {one.pk: quantity})), None)
        assert booked == (made.slot.id if made.slot else None)

    check()


def can_be_had(slot, quantities):
    try:
        selectors.require_pickup(slot.pk, catalog.sellable_variants(quantities), at=AT)
        order(quantities, slot)
    except (Conflict, Invalid):
        return False
    return True


# --- over HTTP -----------------------------------------------------------------------------------


def test_anybody_asks_for_the_earliest_pickup(client, days, now):
    one, loaf = cake(lead_time_hours=30), make_variant(stock=5)
    reply = client.get(f"/api/v1/promise?variant={one.pk}&variant={loaf.pk}&quantity=1&quantity=2")
    body = reply.json()
    assert (reply.status_code, reply["Cache-Control"]) == (200, "no-store")
    assert body["earliest"]["local_start"] == "2026-06-03T09:00"
    assert (body["binding"], body["variant_id"]) == ("lead_time", one.pk)
    assert body["sentence"] == "Ready from Wednesday 3 June, 09:00. Loaf needs 30 hours."
    assert [row["local_start"][-5:] for row in body["alternatives"]] == ["10:00", "11:00", "09:00"]
    assert body["days"] == []
    body = client.get(f"/api/v1/promise?variant={one.pk}&days=3").json()
    assert [(row["weekday"], row["code"], len(row["slots"])) for row in body["days"]] == [
        ("Monday", "closed", 0),
        ("Tuesday", "lead_time", 0),
        ("Wednesday", None, 3),
    ]
    assert body["days"][0]["reason"] == "The shop is closed on Mondays."


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("variant=x", 400),
        ("variant=0", 400),
        ("variant=99999999999999999999", 400),
        ("variant=1&quantity=0", 400),
        ("variant=1&quantity=1.5", 400),
        ("variant=1&quantity=1&quantity=2", 400),
        ("variant=1&quantity=%C2%B2", 400),
        ("variant=1&days=61", 400),
        ("&".join(f"variant={n}" for n in range(1, 52)), 400),
        ("variant=999999999", 404),
    ],
)
def test_bad_questions_are_refused_by_name(client, query, status):
    assert client.get(f"/api/v1/promise?{query}").status_code == status


def test_what_is_not_sold_is_not_promised(client, days, now):
    one = cake()
    Variant.objects.filter(pk=one.pk).update(archived_at=AT)
    reply = client.get(f"/api/v1/promise?variant={one.pk}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "variant_not_found")


@pytest.mark.parametrize("lines", [1, 5])
def test_a_cart_is_promised_at_a_constant_cost(client, days, now, lines, django_assert_num_queries):
    cart = fill_cart([(cake(), 1, "") for _ in range(lines)], at=AT)
    address = f"/api/v1/carts/{cart.pk}/promise?days=2"
    with django_assert_num_queries(6):
        body = client.get(address).json()
    if lines == 1:
        assert (body["binding"], len(body["days"])) == ("closed", 2)
        assert body["earliest"]["weekday"] == "Tuesday"
    else:
        # Five cakes need 150 minutes of an oven that has 60.
        assert (body["earliest"], body["binding"]) == (None, "oven_minutes")


def test_an_empty_cart_and_odd_questions(client, days, now):
    cart = fill_cart([], at=AT)
    reply = client.get(f"/api/v1/carts/{cart.pk}/promise")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "cart_empty")
    assert client.get(f"/api/v1/carts/{uuid4()}/promise").status_code == 404
    full = fill_cart([(cake(), 1, "")], at=AT)
    for odd in ("0", "61", "-1", "x", "1.5"):
        assert client.get(f"/api/v1/carts/{full.pk}/promise?days={odd}").status_code == 400


# --- checkout looks again ------------------------------------------------------------------------


def checkout(client, variant, **when):
    cart = fill_cart([(variant, 1, "")], at=AT)
    body = {"cart_id": str(cart.pk), "customer": {"name": CUSTOMER.name, "email": CUSTOMER.email,
            "phone": CUSTOMER.phone}} | when  # fmt: skip
    reply = client.post(
        "/api/v1/orders", body, content_type="application/json",
        headers={"Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    data = reply.json()
    return reply.status_code, data["error"]["code"] if "error" in data else data["pickup"]["local"]


def test_checkout_refuses_what_cannot_be_ready(client, days, now):
    slow = cake(lead_days=2)
    assert checkout(client, slow, slot_id=slot_of("Wed 11:00").pk) == (400, "working_days")
    assert checkout(client, slow, slot_id=slot_of("Thu 09:00").pk)[0] == 201
    soon = cake(lead_time_hours=30)
    assert checkout(client, soon, slot_id=slot_of("Tue 11:00").pk) == (400, "lead_time")
    late = cake(cutoff_at=time(7))
    assert checkout(client, late, slot_id=slot_of("Tue 09:00").pk)[0] == 201
    with time_machine.travel(AT + timedelta(days=1, minutes=30), tick=False):
        assert checkout(client, late, slot_id=slot_of("Tue 11:00").pk) == (400, "cutoff")


def test_checkout_refuses_blackouts_and_closures(client, days, now):
    one = cake()
    product = Variant.objects.get(pk=one.pk).product_id
    services.add_blackout(
        first_day=TUESDAY, last_day=TUESDAY, reason="No berries", product_id=product,
        actor="user:1", at=AT,
    )  # fmt: skip
    assert checkout(client, one, slot_id=slot_of("Tue 09:00").pk) == (400, "blackout")
    assert checkout(client, one, slot_id=slot_of("Wed 09:00").pk)[0] == 201
    assert checkout(client, cake(), slot_id=slot_of("Tue 09:00").pk)[0] == 201
    wednesday = TUESDAY + timedelta(days=1)
    services.add_special_day(day=wednesday, name="Jubilee", hours=[], actor="user:1", at=AT)
    assert checkout(client, one, slot_id=slot_of("Wed 10:00").pk) == (409, "slot_closed")
    assert checkout(client, one, pickup_at="2026-06-03T10:00") == (400, "closed")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-05-31T09:00", "slot_past"),
        ("2026-06-02T10:00", "lead_time"),
        ("2026-06-08T10:00", "closed"),
        ("2026-06-04T10:17", "closed"),
        ("2027-06-02T10:00", "closed"),
        ("9999-06-02T10:00", "not_a_moment"),
        ("2026-06-04", "not_a_moment"),
        ("10:00", "not_a_moment"),
        ("tomorrow", "not_a_moment"),
        ("2027-03-14T02:30", "time_does_not_exist"),
        ("2026-11-01T01:30", "time_is_ambiguous"),
        ("2026-11-01T25:30", "not_a_moment"),
    ],
)
def test_a_pickup_that_cannot_be_is_400(client, days, now, text, code):
    assert checkout(client, cake(lead_time_hours=30), pickup_at=text) == (400, code)


def test_an_ambiguous_pickup_is_right_with_its_offset(client, settings):
    settings.SHOP_CALENDAR_DAYS = 2
    at = datetime(2026, 10, 31, 16, tzinfo=UTC)
    night = Hours(time(0), time(4), 60, 2)
    services.set_week_plan(
        effective_from=date(2026, 10, 31), week=dict.fromkeys(range(7), (night,)), actor="u", at=at
    )
    with time_machine.travel(at, tick=False):
        first = checkout(client, cake(), pickup_at="2026-11-01T01:00-04:00")
        assert checkout(client, cake(), pickup_at="2026-11-01T01:00-05:00") == (400, "closed")
        plain = checkout(client, cake(), pickup_at="2026-11-01T03:00")
    assert first == (201, "Sunday 1 November 2026, 01:00 to 01:00")
    assert plain == (201, "Sunday 1 November 2026, 03:00 to 04:00")
    starts = [slot.starts_at for slot in Slot.objects.filter(booked=1).order_by("starts_at")]
    assert starts == [datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 8, tzinfo=UTC)]


@pytest.mark.parametrize(
    "when", [{}, {"slot_id": 1, "pickup_at": "2026-06-02T10:00"}, {"slot_id": None}]
)
def test_a_pickup_is_given_in_one_way(client, days, now, when):
    assert checkout(client, cake(), **when)[0] == 400


def test_the_checkout_page_says_when_and_why_not_earlier(client, days, now):
    one = cake(lead_days=2)
    client.post("/cart/add/", {"variant_id": one.pk, "quantity": 1})
    page = client.get("/checkout/").content.decode()
    assert "Ready from Thursday 4 June, 09:00. Loaf needs 2 working days." in page
    assert "Monday 1 June (today): The shop is closed on Mondays." in page
    slug = Variant.objects.get(pk=one.pk).product.slug
    page = client.get(f"/shop/{slug}/").content.decode()
    assert "Earliest pickup: Thursday 4 June, 09:00. Loaf needs 2 working days." in page


# --- staff over the API --------------------------------------------------------------------------

CALENDAR = "/api/v1/staff/calendar"


def soon(days):
    return clock.shop_date(clock.now()) + timedelta(days=days)


def test_staff_run_the_calendar_over_the_api(manager_api, settings):
    settings.SHOP_CALENDAR_DAYS = 14
    hours = [HOURS | {"weekday": n, "max_oven_minutes": 90} for n in range(7)]
    plan = {"effective_from": str(soon(0)), "note": "Summer", "hours": hours}
    reply = manager_api.post(f"{CALENDAR}/plans", plan)
    assert (reply.status_code, len(reply.json()["hours"])) == (201, 7)
    assert manager_api.get(f"{CALENDAR}/plans").json()[0]["hours"][0]["max_oven_minutes"] == 90
    day = soon(7)
    slot = Slot.objects.filter(starts_at__gte=clock.start_of_shop_day(day)).earliest("starts_at")
    placed = place([(cake(), 1, "")], slot=slot, at=clock.now())
    holiday = {"day": str(day), "name": "Jubilee"}
    preview = manager_api.post(f"{CALENDAR}/special-days", holiday | {"preview": True})
    assert (preview.status_code, preview.json()["id"]) == (200, None)
    assert [row["number"] for row in preview.json()["orders"]] == [placed.number]
    entered = manager_api.post(f"{CALENDAR}/special-days", holiday)
    assert (entered.status_code, len(entered.json()["orders"])) == (201, 1)
    assert manager_api.post(f"{CALENDAR}/special-days", holiday).status_code == 409
    (row,) = manager_api.get(f"{CALENDAR}?from={day}&days=1").json()
    assert (row["closed_code"], row["closed_reason"]) == (
        "closed",
        "The shop is closed for Jubilee.",
    )
    assert [(s["booked"], s["closed"], s["oven_booked"]) for s in row["slots"]] == [
        (1, True, 30),
        (0, True, 0),
    ]
    pk = entered.json()["id"]
    for _ in range(2):
        assert manager_api.post(f"{CALENDAR}/special-days/{pk}/lift").status_code == 204
    assert manager_api.get(f"{CALENDAR}/special-days").json() == []
    (row,) = manager_api.get(f"{CALENDAR}?from={day}&days=1").json()
    assert [s["closed"] for s in row["slots"]] == [False, False]


def test_staff_enter_blackouts_over_the_api(manager_api):
    product = Variant.objects.get(pk=cake().pk).product_id
    dark = {"first_day": str(soon(2)), "last_day": str(soon(3)), "reason": "Mixer away",
            "product_id": product}  # fmt: skip
    assert manager_api.post(f"{CALENDAR}/blackouts", dark | {"preview": True}).json()["id"] is None
    entered = manager_api.post(f"{CALENDAR}/blackouts", dark)
    assert (entered.status_code, entered.json()["orders"]) == (201, [])
    assert manager_api.get(f"{CALENDAR}/blackouts").json()[0]["product_id"] == product
    pk = entered.json()["id"]
    assert manager_api.post(f"{CALENDAR}/blackouts/{pk}/lift").status_code == 204
    assert manager_api.post(f"{CALENDAR}/blackouts/999999/lift").status_code == 404


HOURS = {"weekday": 0, "opens": "09:00", "closes": "11:00", "slot_minutes": 60, "capacity": 2}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("plans", {"effective_from": "2020-01-01", "hours": []}),
        ("plans", {"effective_from": "9999-12-31", "hours": []}),
        ("plans", {"hours": []}),
        ("plans", {"effective_from": None, "hours": {}}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS | {"weekday": 7}]}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS | {"closes": "08:00"}]}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS | {"capacity": "2"}]}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS | {"max_pieces": 10**12}]}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS] * 43}),
        ("plans", {"effective_from": "SOON", "hours": [HOURS, HOURS]}),
        ("special-days", {"day": "SOON", "name": ""}),
        ("special-days", {"day": "SOON", "name": "x" * 101}),
        ("special-days", {"day": "2020-01-01", "name": "Past", "preview": True}),
        ("special-days", {"day": "SOON", "name": "Fair", "hours": [{"opens": "09:00"}]}),
        ("blackouts", {"first_day": "SOON", "last_day": "2020-01-01", "reason": "x"}),
        ("blackouts", {"first_day": "SOON", "last_day": "SOON", "reason": "x", "product_id": 0}),
        (
            "blackouts",
            {"first_day": "SOON", "last_day": "SOON", "reason": "x", "category_id": True},
        ),
    ],
)
def test_impossible_calendars_are_400(manager_api, path, body):
    sent = {name: str(soon(3)) if value == "SOON" else value for name, value in body.items()}
    assert manager_api.post(f"{CALENDAR}/{path}", sent).status_code == 400


@pytest.mark.parametrize("query", ["days=0", "days=63", "days=x", "from=soon", "from=9999-01-01"])
def test_odd_questions_of_staff_are_400(manager_api, query):
    assert manager_api.get(f"{CALENDAR}?{query}").status_code == 400


def test_the_kitchen_sees_the_calendar_over_the_api_and_may_not_change_it():
    kitchen = people.api(people.log_in(people.staff("kitchen")).access)
    for path in ("", "/plans", "/special-days", "/blackouts"):
        assert kitchen.get(f"{CALENDAR}{path}").status_code == 200
    for path in ("plans", "special-days", "blackouts", "blackouts/1/lift"):
        assert kitchen.post(f"{CALENDAR}/{path}", {}).status_code == 403
