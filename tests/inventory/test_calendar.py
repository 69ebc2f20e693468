"""Weekly plans, special days and blackouts, and what they do to pickup times and orders."""

import threading
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
import time_machine

from apps.catalog.models import Variant
from apps.inventory import selectors, services, tasks
from apps.inventory.models import Blackout, Slot, SpecialDay, WeekHours, WeekPlan
from apps.inventory.rules.calendar import Hours
from apps.inventory.selectors.bookings import bookings_in_blackout, bookings_of, bookings_outside
from apps.inventory.selectors.calendar import week_plans
from apps.inventory.services.fitting import Fitted
from apps.orders.services import making, placing
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.harness import patience
from tests.inventory.factories import AT, hold, make_variant
from tests.inventory.guards import Meeting
from tests.orders.factories import make_cake, place

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 6, 1)  # AT is its 08:00
MORNING = Hours(time(9), time(12), 60, 4, None, 90, 120)
EVENING = Hours(time(15), time(18), 60, 2)
WEEK = dict.fromkeys(range(7), (MORNING,))


@pytest.fixture
def days(settings):
    """A calendar of two weeks, three pickup times every morning."""
    settings.SHOP_CALENDAR_DAYS = 14
    plan(WEEK)


def plan(week, day=MONDAY, **fields):
    values = {"effective_from": day, "week": week, "actor": "user:1", "at": AT}
    return services.set_week_plan(**values | fields)


def special(day, hours=(), **fields):
    values = {"day": day, "name": "Jubilee", "hours": hours, "actor": "user:1", "at": AT}
    return services.add_special_day(**values | fields)


def blackout(first, last=None, **fields):
    values = {"first_day": first, "last_day": last or first, "reason": "Mixer away",
              "actor": "user:1", "at": AT}  # fmt: skip
    return services.add_blackout(**values | fields)


def offered(day):
    """Return the times of ``day`` that are open for new orders."""
    rows = Slot.objects.filter(closed=False, starts_at__gt=AT).order_by("starts_at")
    local = [slot.starts_at.astimezone(clock.shop_zone()) for slot in rows]
    return [f"{moment:%H:%M}" for moment in local if moment.date() == day]


def numbers_in(closure):
    """Return the numbers of the orders that a closure concerns."""
    (found,) = bookings_of([closure])
    return [row.number for row in found]


def day_after(number):
    return MONDAY + timedelta(days=number)


def at_day(number, *, index=0):
    start = clock.start_of_shop_day(day_after(number))
    slots = Slot.objects.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1))
    return slots.order_by("starts_at")[index]


THREE = ["09:00", "10:00", "11:00"]


# --- the weekly plan -----------------------------------------------------------------------------


def test_the_first_plan_is_that_of_the_settings_and_running_again_changes_nothing(settings):
    settings.SHOP_CALENDAR_DAYS = 7
    with time_machine.travel(AT - timedelta(hours=8), tick=False):
        assert tasks.extend_calendar() == 6 * 10
        assert tasks.extend_calendar() == 0
    (first,) = week_plans(at=AT)
    assert {row.weekday for row in first.hours.all()} == {1, 2, 3, 4, 5, 6}
    assert Slot.objects.filter(by_hand=False).count() == 60
    assert WeekPlan.objects.count() == 1


def test_a_plan_has_several_stretches_a_day_and_their_limits(days):
    plan({0: (MORNING, EVENING)}, day=day_after(7))
    assert offered(day_after(6)) == THREE
    assert offered(day_after(7)) == [*THREE, "15:00", "16:00", "17:00"]
    first, last = at_day(7), at_day(7, index=5)
    assert (first.capacity, first.max_oven_minutes, first.max_decorator_minutes) == (4, 90, 120)
    assert (last.capacity, last.max_oven_minutes, last.max_pieces) == (2, None, None)
    assert [p.effective_from for p in week_plans(at=AT)] == [MONDAY, day_after(7)]


def test_a_new_plan_begins_on_its_day_and_leaves_what_staff_set_by_hand(days):
    by_hand, booked, closed = at_day(8), at_day(8, index=1), at_day(8, index=2)
    services.set_slot(slot_id=by_hand.pk, capacity=9, actor="user:1", at=AT)
    services.set_slot(slot_id=closed.pk, closed=True, actor="user:1", at=AT)
    hold({make_variant(made_to_order=True).pk: 1}, booked)
    plan({1: (Hours(time(10), time(12), 30, 3),), 2: (EVENING,)}, day=day_after(8))
    assert offered(day_after(7)) == THREE
    # 09:00 was set by hand, 10:00 has an order and keeps its hour, 11:00 was closed by staff.
    assert offered(day_after(8)) == ["09:00", "10:00", "10:30", "11:30"]
    assert offered(day_after(9)) == ["15:00", "16:00", "17:00"]
    booked.refresh_from_db()
    assert (booked.capacity, booked.ends_at - booked.starts_at) == (3, timedelta(hours=1))
    assert Slot.objects.get(pk=by_hand.pk).capacity == 9
    assert services.extend_calendar(at=AT) == 0


def test_a_limit_below_what_is_booked_is_left(days):
    slot = at_day(8)
    Slot.objects.filter(pk=slot.pk).update(oven_booked=80)
    plan({1: (Hours(time(9), time(12), 60, 6, None, 70, 50),)}, day=day_after(8))
    slot.refresh_from_db()
    assert (slot.capacity, slot.max_oven_minutes, slot.max_decorator_minutes) == (6, 90, 50)
    assert at_day(8, index=1).max_oven_minutes == 70


def test_a_plan_of_the_same_day_replaces_it_and_the_trail_knows_both(days):
    plan({0: (EVENING,)})
    assert WeekPlan.objects.count() == 1
    assert WeekHours.objects.count() == 1
    assert offered(day_after(7)) == ["15:00", "16:00", "17:00"]
    assert offered(day_after(1)) == []
    entry = AuditEntry.objects.filter(action="set_week_plan").latest("seq")
    before, after = entry.changes["week"]
    assert (sorted(before), after["0"][0]["opens"]) == ([str(n) for n in range(7)], "15:00")
    plan(WEEK)
    assert offered(day_after(1)) == THREE


@pytest.mark.parametrize(
    ("week", "code"),
    [
        ({7: (MORNING,)}, "bad_hours"),
        ({0: (MORNING, Hours(time(11), time(13), 30, 1))}, "bad_hours"),
        ({0: (Hours(time(12), time(9), 60, 4),)}, "bad_hours"),
        ({0: (Hours(time(9), time(9, 30), 60, 4),)}, "bad_hours"),
        ({0: (Hours(time(9), time(12), 4, 4),)}, "bad_hours"),
        ({0: (Hours(time(9), time(12), 60, 0),)}, "bad_capacity"),
        ({0: (Hours(time(9), time(12), 60, 1001),)}, "bad_capacity"),
        ({0: (Hours(time(9), time(12), 60, 1, -1),)}, "bad_capacity"),
        ({0: tuple(Hours(time(n), time(n + 1), 60, 1) for n in range(7))}, "bad_hours"),
    ],
)
def test_impossible_plans_are_refused(week, code):
    with pytest.raises(Invalid) as refused:
        plan(week)
    assert refused.value.code == code
    assert not WeekPlan.objects.exists()


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), date(2030, 1, 1), date.max])
def test_days_that_are_over_or_years_away_are_refused(day):
    for call in (lambda: plan(WEEK, day=day), lambda: special(day), lambda: blackout(day)):
        with pytest.raises(Invalid) as refused:
            call()
        assert refused.value.code == "bad_days"


# --- special days --------------------------------------------------------------------------------


def test_a_holiday_closes_its_day_and_undo_reopens_it(days):
    by_staff = at_day(3, index=1)
    services.set_slot(slot_id=by_staff.pk, closed=True, actor="user:1", at=AT)
    row = special(day_after(3))
    assert (offered(day_after(3)), offered(day_after(4))) == ([], THREE)
    assert services.extend_calendar(at=AT) == 0
    services.lift_special_day(special_id=row.pk, actor="user:2", at=AT)
    assert offered(day_after(3)) == ["09:00", "11:00"]
    services.lift_special_day(special_id=row.pk, actor="user:3", at=AT)
    row.refresh_from_db()
    assert (row.lifted_by, row.lifted_at) == ("user:2", AT)
    closed, lifted = AuditEntry.objects.filter(object_type="inventory.specialday").order_by("seq")
    assert (closed.changes["slots_closed"], lifted.changes["slots_reopened"]) == ([0, 2], [0, 2])


def test_other_hours_for_one_day(days):
    special(day_after(3), (Hours(time(11), time(14), 60, 1),))
    assert offered(day_after(3)) == ["11:00", "12:00", "13:00"]
    assert at_day(3, index=2).capacity == 1


def test_a_closed_weekday_can_be_opened_for_once(days):
    plan(dict.fromkeys(range(1, 7), (MORNING,)))
    assert offered(day_after(7)) == []
    row = special(day_after(7), (MORNING,))
    assert offered(day_after(7)) == THREE
    services.lift_special_day(special_id=row.pk, actor="user:1", at=AT)
    assert offered(day_after(7)) == []


def test_what_was_opened_by_hand_is_closed_by_a_holiday_and_comes_back(days):
    services.open_slots_for(
        day=day_after(3), from_=time(20), to=time(21), minutes=60, capacity=1, at=AT
    )
    row = special(day_after(3))
    assert offered(day_after(3)) == []
    services.set_slot(slot_id=at_day(3, index=3).pk, closed=False, actor="user:1", at=AT)
    assert services.extend_calendar(at=AT) == 0
    assert offered(day_after(3)) == ["20:00"]
    services.lift_special_day(special_id=row.pk, actor="user:1", at=AT)
    assert offered(day_after(3)) == [*THREE, "20:00"]


def test_a_day_has_one_special_at_a_time(days):
    row = special(day_after(3))
    with pytest.raises(Conflict) as refused:
        special(day_after(3), name="Another")
    assert refused.value.details == {"special_day_id": row.pk}
    for name in ("", "  ", "x" * 101, "a\x00b"):
        with pytest.raises(Invalid):
            special(day_after(4), name=name)
    assert SpecialDay.objects.count() == 1


# --- blackouts -----------------------------------------------------------------------------------


def test_a_blackout_of_the_shop_closes_its_days_and_undo_reopens_them(days):
    row = blackout(day_after(2), day_after(3))
    assert [len(offered(day_after(n))) for n in range(1, 5)] == [3, 0, 0, 3]
    # Days that open later, while it is in force, open without pickup times.
    Slot.objects.filter(starts_at__gt=clock.start_of_shop_day(day_after(3))).delete()
    services.extend_calendar(at=AT)
    assert offered(day_after(3)) == []
    services.lift_blackout(blackout_id=row.pk, actor="user:1", at=AT)
    assert [len(offered(day_after(n))) for n in range(1, 5)] == [3, 3, 3, 3]


def test_overlapping_closures_reopen_only_with_the_last_of_them(days):
    first, second, holiday = (
        blackout(day_after(2), day_after(3)),
        blackout(day_after(3), day_after(4)),
        special(day_after(4)),
    )
    services.lift_blackout(blackout_id=second.pk, actor="user:1", at=AT)
    assert [len(offered(day_after(n))) for n in range(1, 6)] == [3, 0, 0, 0, 3]
    services.lift_blackout(blackout_id=first.pk, actor="user:1", at=AT)
    assert [len(offered(day_after(n))) for n in range(1, 6)] == [3, 3, 3, 0, 3]
    services.lift_special_day(special_id=holiday.pk, actor="user:1", at=AT)
    assert [len(offered(day_after(n))) for n in range(1, 6)] == [3, 3, 3, 3, 3]


def test_a_blackout_of_a_product_closes_no_pickup_time(days):
    cake = make_cake()
    product = Variant.objects.get(pk=cake.pk).product
    row = blackout(day_after(2), product_id=product.pk)
    assert offered(day_after(2)) == THREE
    services.lift_blackout(blackout_id=row.pk, actor="user:1", at=AT)
    assert Blackout.objects.get().lifted_at == AT


@pytest.mark.parametrize(
    ("fields", "error", "code"),
    [
        ({"last": MONDAY - timedelta(days=1)}, Invalid, "bad_days"),
        ({"last": MONDAY + timedelta(days=400)}, Invalid, "bad_days"),
        ({"reason": " "}, Invalid, "bad_reason"),
        ({"category_id": 1, "product_id": 1}, Invalid, "bad_scope"),
        ({"category_id": 10**6}, NotFound, "category_not_found"),
        ({"product_id": 10**6}, NotFound, "product_not_found"),
    ],
)
def test_impossible_blackouts_are_refused(fields, error, code):
    with pytest.raises(error) as refused:
        blackout(MONDAY, **fields)
    assert refused.value.code == code
    assert not Blackout.objects.exists()


# --- orders in what is closed --------------------------------------------------------------------


def test_orders_in_a_closure_are_listed_and_never_called_off(days):
    cake, bread = make_cake(), make_variant(stock=9)
    first, second = at_day(3), at_day(3, index=2)
    with_cake = place([(cake, 1, "")], slot=first, at=AT)
    with_bread = place([(bread, 2, "")], slot=second, at=AT)
    row = special(day_after(3), (Hours(time(9), time(10), 60, 4),))
    ((found,),) = bookings_of([row])
    assert (found.number, found.contents) == (with_bread.number, "2 x Loaf")
    assert (found.customer, found.status) == (with_bread.customer_name, "waiting for payment")
    for order in (with_cake, with_bread):
        before = order.status
        order.refresh_from_db()
        assert order.status == before
    assert selectors.ledger_differences() == []
    product = Variant.objects.get(pk=cake.pk).product
    dark = blackout(day_after(3), product_id=product.pk)
    with_both = blackout(day_after(3), category_id=product.category_id)
    assert numbers_in(dark) == [with_cake.number]
    assert with_cake.number in numbers_in(with_both)
    assert [len(listed) for listed in bookings_of([row, dark, blackout(day_after(3))])] == [1, 1, 2]
    of_category = {"category_id": product.category_id, "product_id": None}
    everything = {"category_id": None, "product_id": None}
    listed = bookings_in_blackout(day_after(3), day_after(3), **of_category)
    assert with_cake.number in [row.number for row in listed]
    assert len(bookings_in_blackout(day_after(3), day_after(9), **everything)) == 2
    assert bookings_in_blackout(day_after(4), day_after(9), **everything) == []
    assert bookings_outside(day_after(3), [MORNING]) == []


def order_while_a_holiday_is_entered(parallel, monkeypatch):
    """Enter a holiday after the checkout looked at its pickup time, before it takes its place.

    Return the refusal's code, or the order's number.
    """
    plan(WEEK)
    cake, slot = make_cake(), at_day(3)
    look = placing.stock_reads.require_pickup

    def look_then_close(*args, **fields):
        found = look(*args, **fields)
        parallel(1, lambda _: special(day_after(3)))
        return found

    monkeypatch.setattr(placing.stock_reads, "require_pickup", look_then_close)
    try:
        return place([(cake, 1, "")], slot=slot, at=AT).number
    except Conflict as error:
        return error.code


@pytest.mark.django_db(transaction=True)
def test_an_order_beside_a_holiday_is_refused(parallel, monkeypatch, settings):
    settings.SHOP_CALENDAR_DAYS = 7
    assert order_while_a_holiday_is_entered(parallel, monkeypatch) == "slot_closed"
    assert numbers_in(SpecialDay.objects.get()) == []
    assert selectors.ledger_differences() == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_unless_its_pickup_times_close_with_it(parallel, monkeypatch, settings):
    settings.SHOP_CALENDAR_DAYS = 7
    fit = services.calendar.fit_slots
    monkeypatch.setattr(
        services.calendar,
        "fit_slots",
        lambda *args, **fields: (
            fit(*args, **fields) if not SpecialDay.objects.exists() else Fitted()
        ),
    )
    number = order_while_a_holiday_is_entered(parallel, monkeypatch)
    assert numbers_in(SpecialDay.objects.get()) == [number]


@pytest.mark.django_db(transaction=True)
def test_a_holiday_waits_for_orders_that_are_being_placed_and_lists_them(
    parallel, monkeypatch, settings
):
    settings.SHOP_CALENDAR_DAYS = 7
    plan(WEEK)
    cake, slot = make_cake(), at_day(3)
    placed = threading.Event()
    emit = making.outbox.emit

    def place_is_taken(*args, **fields):
        placed.set()
        return emit(*args, **fields)

    monkeypatch.setattr(making.outbox, "emit", place_is_taken)

    def work(number):
        if number:
            placed.wait(60)
            return numbers_in(special(day_after(3)))
        return [place([(cake, 1, "")], slot=slot, at=AT).number]

    ordered, listed = parallel(2, work)
    assert ordered == listed
    assert offered(day_after(3)) == []


def open_beside_a_closure(parallel, monkeypatch):
    """Let the nightly task and a holiday both read the calendar; the task, if it can, writes last.

    Return what is offered on the holiday.
    """
    plan(WEEK)
    Slot.objects.all().delete()
    meeting, closed = Meeting(), threading.Event()
    read = services.calendar.read_calendar
    task = threading.local()

    def read_and_meet(**fields):
        found = read(**fields)
        meeting.wait()
        if getattr(task, "is_here", False):
            closed.wait(patience(0.4))
        return found

    def work(number):
        if number:
            special(day_after(3))
            closed.set()
        else:
            task.is_here = True
            services.extend_calendar(at=AT)

    monkeypatch.setattr(services.calendar, "read_calendar", read_and_meet)
    parallel(2, work)
    return offered(day_after(3))


@pytest.mark.django_db(transaction=True)
def test_the_nightly_task_beside_a_holiday_opens_nothing_on_it(parallel, monkeypatch, settings):
    settings.SHOP_CALENDAR_DAYS = 7
    assert open_beside_a_closure(parallel, monkeypatch) == []


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_its_lock_the_nightly_task_opens_a_holiday(parallel, monkeypatch, settings):
    settings.SHOP_CALENDAR_DAYS = 7
    monkeypatch.setattr(services.calendar, "lock_calendar", lambda: None)
    assert open_beside_a_closure(parallel, monkeypatch) == THREE


# --- the nights on which the clocks change -------------------------------------------------------


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        (date(2027, 3, 14), ["00:00", "01:00", "03:00"]),
        (date(2026, 11, 1), ["00:00", "01:00", "02:00", "03:00"]),
    ],
)
def test_the_nightly_task_survives_both_nights_of_the_clocks(settings, night, expected):
    settings.SHOP_CALENDAR_DAYS = 3
    at = datetime.combine(night - timedelta(days=1), time(16), tzinfo=UTC)
    hours = Hours(time(0), time(4), 60, 2)
    services.set_week_plan(
        effective_from=night, week=dict.fromkeys(range(7), (hours,)), actor="user:1", at=at
    )
    Slot.objects.all().delete()
    assert services.extend_calendar(at=at) == len(expected) + 4
    assert services.extend_calendar(at=at) == 0
    zone = clock.shop_zone()
    starts = [slot.starts_at.astimezone(zone) for slot in Slot.objects.order_by("starts_at")]
    assert [f"{s:%H:%M}" for s in starts if s.date() == night] == expected
    slots = list(Slot.objects.order_by("starts_at"))
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(slots))


@pytest.mark.parametrize("size", [7, 28])
def test_extending_costs_the_same_statements_whatever_its_length(
    settings, size, django_assert_max_num_queries
):
    plan(WEEK)
    settings.SHOP_CALENDAR_DAYS = size
    with django_assert_max_num_queries(12):
        services.extend_calendar(at=AT)
    assert Slot.objects.count() >= 3 * size - 3
