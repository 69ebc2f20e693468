"""The shop's calendar in the console."""

from datetime import timedelta

import pytest

from apps.inventory import services
from apps.inventory.models import Blackout, Slot, SpecialDay, WeekPlan
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import make_cake, place

pytestmark = pytest.mark.django_db
PAGE = "/console/inventory/weekplan/"


@pytest.fixture
def today(settings):
    """The shop's date; the calendar is open for two weeks, every day."""
    settings.SHOP_OPEN_WEEKDAYS = list(range(7))
    settings.SHOP_CALENDAR_DAYS = 14
    at = clock.now()
    services.extend_calendar(at=at)
    return clock.shop_date(at)


def on(day):
    """Return the pickup times of a day."""
    start = clock.start_of_shop_day(day)
    return Slot.objects.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1))


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def order_on(day):
    at = clock.now()
    return place([(make_cake(), 1, "")], slot=on(day).order_by("starts_at")[2], at=at)


def test_a_week_shows_its_times_and_how_full_they_are(console, today):
    day = today + timedelta(days=7)
    order_on(day)
    page = html(console.get(f"{PAGE}?day={day}"))
    assert page.count('class="cal-day') == 7
    assert "1/6" in page
    assert ">10:00</a>" in page
    for odd in ("tomorrow", "9999-12-31", "0001-01-01", "2026-13-01"):
        assert html(console.get(PAGE, {"day": odd})).count('class="cal-day') == 7
        assert html(console.get(f"{PAGE}month/", {"day": odd})).count("<td class=") == 42


def test_a_month_shows_every_day(console, today):
    services.add_special_day(
        day=today + timedelta(days=3), name="Jubilee", hours=[], actor="user:1", at=clock.now()
    )
    page = html(console.get(f"{PAGE}month/?day={today + timedelta(days=3)}"))
    assert "The shop is closed for Jubilee." in page


@pytest.mark.parametrize("path", ["", "month/"])
def test_pages_cost_the_same_whatever_is_in_force(console, today, path, django_assert_num_queries):
    def enter(number):
        at, day = clock.now(), today + timedelta(days=5 + number)
        services.add_special_day(day=day, name=f"No {number}", hours=[], actor="user:1", at=at)
        product = make_cake().product_id
        services.add_blackout(
            first_day=day, last_day=day, reason="away", product_id=product, actor="user:1", at=at
        )

    enter(0)
    console.get(f"{PAGE}{path}")
    with django_assert_num_queries(20, exact=False) as one:
        console.get(f"{PAGE}{path}")
    for number in range(1, 5):
        enter(number)
    with django_assert_num_queries(len(one)):
        console.get(f"{PAGE}{path}")


def test_a_holiday_shows_its_orders_before_it_is_entered_and_can_be_undone(console, today):
    day = today + timedelta(days=7)
    order = order_on(day)
    data = {"day": str(day), "name": "Jubilee", "hours-TOTAL_FORMS": 2, "hours-INITIAL_FORMS": 0}
    data |= {f"hours-{n}-{name}": value for n in range(2) for name, value in
             {"slot_minutes": 60, "capacity": 6}.items()}  # fmt: skip
    preview = html(console.post(f"{PAGE}special/", data))
    assert order.number in preview
    assert not SpecialDay.objects.exists()
    assert console.post(f"{PAGE}special/", data | {"confirm": "1"}).status_code == 302
    assert not on(day).filter(closed=False).exists()
    page = html(console.get(PAGE))
    assert ("Jubilee" in page, order.number in page) == (True, True)
    again = html(console.post(f"{PAGE}special/", data | {"confirm": "1"}))
    assert "Lift that first" in again
    pk = SpecialDay.objects.get().pk
    assert console.get(f"{PAGE}lift/special/{pk}/").status_code == 405
    assert console.post(f"{PAGE}lift/special/{pk}/").status_code == 302
    assert not on(day).filter(closed=True).exists()
    entry = AuditEntry.objects.filter(object_type="inventory.specialday").latest("seq")
    assert (entry.action, entry.actor.startswith("user:")) == ("lift", True)


def test_other_hours_for_a_day(console, today):
    day = today + timedelta(days=7)
    data = {"day": str(day), "name": "Fair", "confirm": "1", "hours-TOTAL_FORMS": 1,
            "hours-INITIAL_FORMS": 0, "hours-0-opens": "10:00", "hours-0-closes": "12:00",
            "hours-0-slot_minutes": 30, "hours-0-capacity": 2,
            "hours-0-max_decorator_minutes": 45}  # fmt: skip
    assert console.post(f"{PAGE}special/", data).status_code == 302
    slots = on(day).filter(closed=False)
    assert set(slots.values_list("capacity", "max_decorator_minutes")) == {(2, 45)}
    assert slots.count() == 4


def test_a_blackout_of_a_product_lists_the_orders_that_have_it(console, today):
    day = today + timedelta(days=7)
    order, other = order_on(day), order_on(day)
    product = order.lines.get().product_id
    data = {"first_day": str(day), "last_day": "", "reason": "No berries", "product": product}
    preview = html(console.post(f"{PAGE}blackout/", data))
    assert (order.number in preview, other.number in preview) == (True, False)
    assert console.post(f"{PAGE}blackout/", data | {"confirm": "1"}).status_code == 302
    row = Blackout.objects.get()
    assert (row.product_id, row.last_day) == (product, day)
    assert "No berries" in html(console.get(f"{PAGE}?day={day}"))
    assert console.post(f"{PAGE}lift/blackout/{row.pk}/").status_code == 302
    assert "No berries" not in html(console.get(f"{PAGE}?day={day}"))
    both = data | {"category": 10**6}
    assert "errorlist" in html(console.post(f"{PAGE}blackout/", both))
    past = data | {"first_day": "2020-01-01", "last_day": "2020-01-02"}
    assert "That day is over." in html(console.post(f"{PAGE}blackout/", past))
    assert Blackout.objects.count() == 1


def plan_form(rows, **fields):
    data = {"effective_from": "", "note": "", "form-TOTAL_FORMS": len(rows),
            "form-INITIAL_FORMS": 0}  # fmt: skip
    for number, row in enumerate(rows):
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return data | fields


def test_new_opening_hours_from_a_day_on(console, today):
    page = html(console.get(f"{PAGE}hours/"))
    assert page.count("10") > 1
    day = today + timedelta(days=7)
    row = {"weekday": day.weekday(), "opens": "09:00", "closes": "11:00", "slot_minutes": 60,
           "capacity": 3, "max_oven_minutes": 120}  # fmt: skip
    blank = {"weekday": "", "slot_minutes": 60, "capacity": 6}
    gone = row | {"DELETE": "on", "opens": "13:00", "closes": "14:00"}
    sent = plan_form([row, blank, gone], effective_from=str(day))
    assert console.post(f"{PAGE}hours/", sent).status_code == 302
    assert WeekPlan.objects.count() == 2
    slots = on(day).filter(closed=False)
    assert list(slots.values_list("capacity", "max_oven_minutes")) == [(3, 120), (3, 120)]
    assert not on(day + timedelta(days=1)).filter(closed=False).exists()
    for wrong in ({"closes": "08:00"}, {"capacity": 0}, {"weekday": 9}, {"opens": "soon"}):
        page = html(console.post(f"{PAGE}hours/", plan_form([row | wrong], effective_from=day)))
        assert "errorlist" in page
    page = html(console.post(f"{PAGE}hours/", plan_form([row], effective_from="2020-01-01")))
    assert "That day is over." in page


def test_a_pickup_time_is_closed_and_opened_in_place(console, today):
    slot = on(today + timedelta(days=2)).first()
    back = f"{PAGE}?day={today}"
    reply = console.post(f"{PAGE}toggle/{slot.pk}/", {"closed": "1", "back": back})
    assert (reply.status_code, reply["Location"]) == (302, back)
    slot.refresh_from_db()
    assert (slot.closed, slot.by_hand) == (True, True)
    elsewhere = {"closed": "0", "back": "https://evil.example/"}
    assert console.post(f"{PAGE}toggle/{slot.pk}/", elsewhere)["Location"] == PAGE
    slot.refresh_from_db()
    assert slot.closed is False
    assert console.post(f"{PAGE}toggle/999999/", {"closed": "1"}).status_code == 302


def test_kitchen_sees_the_calendar_and_may_not_change_it(today):
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    slot = on(today + timedelta(days=2)).first()
    for path in ("", "month/", "hours/"):
        page = html(kitchen.get(f"{PAGE}{path}"))
        assert "blackout/" not in page
    for path in ("special/", "blackout/", f"toggle/{slot.pk}/", "lift/blackout/1/"):
        assert kitchen.post(f"{PAGE}{path}", {}).status_code == 403
    assert kitchen.post(f"{PAGE}hours/", plan_form([], effective_from=today)).status_code == 403
    assert WeekPlan.objects.count() == 1


def test_notes_tell_of_the_nights_on_which_the_clocks_change(console, settings):
    settings.SHOP_OPENS, settings.SHOP_CLOSES = "00:00", "04:00"
    settings.SHOP_OPEN_WEEKDAYS = list(range(7))
    assert "clocks go forward" in html(console.get(f"{PAGE}?day=2027-03-14"))
    assert "happens twice" in html(console.get(f"{PAGE}?day=2026-11-01"))
