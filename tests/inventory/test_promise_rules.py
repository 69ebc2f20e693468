"""Promises by themselves: for any calendar, load and order, and against brute force."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.inventory.rules.calendar import Calendar, Dark, Hours, Plan, Special, cut_day
from apps.inventory.rules.promise import (
    NEVER,
    Judge,
    Load,
    Size,
    promise,
    slowest,
    timing_of,
)

TORONTO = ZoneInfo("America/Toronto")
DAY = Hours(time(9), time(17), 60, 4)
TO_SATURDAY = dict.fromkeys(range(1, 6), (DAY,))  # Tuesday to Saturday
PLAIN = Calendar(TORONTO, (Plan(date(2026, 1, 1), TO_SATURDAY),), {})
MONDAY = date(2026, 6, 1)  # closed, as every Monday
TUESDAY = MONDAY + timedelta(days=1)


def wall(day, hour, minute=0, zone=TORONTO):
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def slots_of(calendar, first=MONDAY, days=14, **fields):
    cuts = [
        cut
        for offset in range(days)
        for cut in cut_day(
            first + timedelta(days=offset),
            calendar.hours_of(first + timedelta(days=offset)),
            calendar.zone,
        )[0]
    ]
    return [
        Load(number, cut.starts_at, cut.ends_at, False, 4, 0, **fields)
        for number, cut in enumerate(cuts)
    ]


def size(**fields):
    return Size(**{"variant_id": 1, "name": "Cake"} | fields)


def local(moment, zone=TORONTO):
    return f"{moment.astimezone(zone):%a %H:%M}"


# --- when it can be ready ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "at", "ready", "code"),
    [
        ({}, wall(TUESDAY, 10), "Tue 10:00", None),
        ({"lead_time": timedelta(hours=30)}, wall(TUESDAY, 10), "Wed 16:00", "lead_time"),
        # The day that is counted from is not one of the working days.
        ({"lead_days": 1}, wall(TUESDAY, 10), "Wed 00:00", "working_days"),
        ({"lead_days": 2}, wall(TUESDAY, 23, 59), "Thu 00:00", "working_days"),
        # Friday and two working days, with Sunday and Monday closed: Saturday and Tuesday.
        ({"lead_days": 2}, wall(date(2026, 6, 5), 10), "Tue 00:00", "working_days"),
        # Ordered on a closed day, counted from the next working day.
        ({"lead_days": 1}, wall(MONDAY, 10), "Wed 00:00", "working_days"),
        ({"cutoff_at": time(14)}, wall(TUESDAY, 13, 59), "Tue 13:59", None),
        ({"cutoff_at": time(14)}, wall(TUESDAY, 14), "Wed 00:00", "cutoff"),
        ({"cutoff_at": time(14)}, wall(date(2026, 6, 6), 14), "Tue 00:00", "cutoff"),
        ({"cutoff_at": time(14)}, wall(MONDAY, 9), "Tue 00:00", "closed"),
        ({"cutoff_at": time(14), "lead_days": 1}, wall(TUESDAY, 14), "Thu 00:00", "working_days"),
        # Whichever of the two takes longer.
        (
            {"lead_days": 1, "lead_time": timedelta(hours=40)},
            wall(TUESDAY, 10),
            "Thu 02:00",
            "lead_time",
        ),
    ],
)
def test_lead_times_and_cut_offs(fields, at, ready, code):
    timing = timing_of(at, size(**fields), PLAIN)
    assert local(timing.earliest) == ready
    assert (timing.refusal.code if timing.refusal else None) == code


def test_a_holiday_is_no_working_day():
    holiday = replace(PLAIN, specials={TUESDAY + timedelta(days=1): Special("Jubilee")})
    timing = timing_of(wall(TUESDAY, 10), size(lead_days=1), holiday)
    assert local(timing.earliest) == "Thu 00:00"
    opened = replace(PLAIN, specials={MONDAY: Special("Fair", (DAY,))})
    assert local(timing_of(wall(MONDAY, 10), size(lead_days=1), opened).earliest) == "Tue 00:00"


def test_the_slowest_of_a_cart_decides_and_is_named():
    cart = [
        (size(), 1),
        (size(variant_id=2, name="Tiers", lead_days=2), 1),
        (size(variant_id=3, lead_time=timedelta(hours=20)), 1),
    ]
    timing = slowest(wall(TUESDAY, 10), cart, PLAIN)
    assert (local(timing.earliest), timing.refusal.variant_id) == ("Thu 00:00", 2)
    assert timing.refusal.text == "Tiers needs 2 working days."


def test_a_shop_that_never_works_promises_nothing():
    never = Calendar(TORONTO, (Plan(date(2026, 1, 1), {}),), {})
    assert timing_of(wall(TUESDAY, 10), size(lead_days=1), never).earliest == NEVER
    made = promise(wall(TUESDAY, 10), [(size(lead_days=1), 1)], never, slots_of(PLAIN))
    assert (made.slot, made.why.code) == (None, "beyond_calendar")


# --- the nights on which the clocks change -------------------------------------------------------

SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
NIGHT = Hours(time(0), time(4), 30, 2)
ALWAYS = Calendar(TORONTO, (Plan(date(2026, 1, 1), dict.fromkeys(range(7), (NIGHT,))),), {})


def test_hours_that_the_clock_skips_are_left_out_with_a_note():
    cuts, notes = cut_day(SPRING, [NIGHT], TORONTO)
    assert [f"{cut.starts_at.astimezone(TORONTO):%H:%M}" for cut in cuts] == [
        "00:00", "00:30", "01:00", "01:30", "03:00", "03:30",
    ]  # fmt: skip
    assert [note[:5] for note in notes] == ["02:00", "02:30"]
    assert cuts[4].starts_at == cuts[3].ends_at


def test_of_hours_that_come_twice_the_first_is_offered_with_a_note():
    cuts, notes = cut_day(AUTUMN, [NIGHT], TORONTO)
    assert len(cuts) == len({cut.starts_at for cut in cuts}) == 8
    assert cuts[2].starts_at == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert cuts[4].starts_at == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert [note[:5] for note in notes] == ["01:00", "01:30"]


def test_clock_hours_are_real_hours_across_both_nights():
    for night in (SPRING, AUTUMN):
        at = wall(night - timedelta(days=1), 12)
        timing = timing_of(at, size(lead_time=timedelta(hours=24)), ALWAYS)
        assert timing.earliest - at == timedelta(hours=24)
    assert local(timing.earliest) == "Sun 11:00"


def test_a_working_day_begins_at_midnight_on_the_wall_on_both_nights():
    for night in (SPRING, AUTUMN):
        timing = timing_of(wall(night, 12), size(lead_days=1), ALWAYS)
        assert timing.earliest == wall(night + timedelta(days=1), 0)


def test_a_cut_off_inside_a_change_is_one_moment():
    gap = size(cutoff_at=time(2, 30))
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert timing_of(change - timedelta(seconds=1), gap, ALWAYS).refusal is None
    assert timing_of(change, gap, ALWAYS).refusal.code == "cutoff"
    fold = size(cutoff_at=time(1, 30))
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert timing_of(first - timedelta(seconds=1), fold, ALWAYS).refusal is None
    # 01:10 on the wall again, but the cut-off is over.
    assert timing_of(first + timedelta(minutes=40), fold, ALWAYS).refusal.code == "cutoff"


ZONES = ["America/Toronto", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
         "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "UTC"]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_every_night_of_two_years_is_cut_without_overlap_in_any_zone(zone):
    hours = [Hours(time(0), time(3), 30, 1), Hours(time(22), time(23, 59), 20, 1)]
    before = None
    for offset in range(730):
        for cut in cut_day(date(2017, 1, 1) + timedelta(days=offset), hours, ZoneInfo(zone))[0]:
            assert before is None or cut.starts_at >= before
            before = cut.ends_at


# --- what binds ----------------------------------------------------------------------------------

AT = wall(TUESDAY, 8)
HOUR_OF_DAY = {local(slot.starts_at): slot.id for slot in slots_of(PLAIN, TUESDAY, 5)}


def full(slots, *names, **fields):
    """Return the slots, the named ones with ``fields``."""
    return [replace(s, **fields) if local(s.starts_at) in names else s for s in slots]


WEEK = slots_of(PLAIN, TUESDAY, 7, max_pieces=20, max_oven_minutes=90, max_decorator_minutes=60)
CAKE = size(oven_minutes=40, decorator_minutes=30)


@pytest.mark.parametrize(
    ("wanted", "slots", "expected", "code"),
    [
        ([(CAKE, 1)], WEEK, "Tue 09:00", "none"),
        ([(CAKE, 1)], full(WEEK, "Tue 09:00", booked=4), "Tue 10:00", "slot_orders"),
        ([(CAKE, 1)], full(WEEK, "Tue 09:00", pieces_booked=20), "Tue 10:00", "slot_pieces"),
        ([(CAKE, 1)], full(WEEK, "Tue 09:00", oven_booked=51), "Tue 10:00", "oven_minutes"),
        ([(CAKE, 1)], full(WEEK, "Tue 09:00", oven_booked=50), "Tue 09:00", "none"),
        (
            [(CAKE, 1)], full(WEEK, "Tue 09:00", "Tue 10:00", decorator_booked=31),
            "Tue 11:00", "decorator_minutes",
        ),
        ([(CAKE, 1)], full(WEEK, "Tue 09:00", closed=True), "Tue 10:00", "closed"),
        ([(CAKE, 3)], WEEK, None, "oven_minutes"),
        ([(replace(CAKE, free=2), 2)], WEEK, "Tue 09:00", "none"),
        ([(replace(CAKE, free=2, pieces=1), 3)], WEEK, None, "stock"),
        ([(replace(CAKE, sold_out=True), 1)], WEEK, None, "sold_out"),
        ([(replace(CAKE, dated={TUESDAY: 0}), 1)], WEEK, "Wed 09:00", "dated_stock"),
        ([(replace(CAKE, free=0, dated={TUESDAY: 1}), 1)], WEEK, "Tue 09:00", "none"),
        (
            [(replace(CAKE, blackouts=(Dark(MONDAY, TUESDAY, "mixer away"),)), 1)], WEEK,
            "Wed 09:00", "blackout",
        ),
        ([(replace(CAKE, lead_time=timedelta(hours=3)), 1)], WEEK, "Tue 11:00", "lead_time"),
        ([(replace(CAKE, lead_days=30), 1)], WEEK, None, "beyond_calendar"),
        ([(replace(CAKE, lead_days=5), 1)], slots_of(PLAIN, TUESDAY, 9), "Tue 09:00",
         "working_days"),
        # Friday's last pickup time is refused, yet it is the weekend that comes last.
        ([(replace(CAKE, lead_time=timedelta(hours=106)), 1)], slots_of(PLAIN, TUESDAY, 9),
         "Tue 09:00", "closed"),
        # Ready on Tuesday morning only: that it is closed before keeps nothing back.
        ([(replace(CAKE, lead_time=timedelta(hours=168)), 1)], slots_of(PLAIN, TUESDAY, 9),
         "Tue 09:00", "lead_time"),
    ],
)  # fmt: skip
def test_the_constraint_that_binds(wanted, slots, expected, code):
    made = promise(AT, wanted, PLAIN, slots)
    assert (local(made.slot.starts_at) if made.slot else None) == expected
    assert made.why.code == code
    assert made.why.text.endswith(".")


def test_words_say_what_binds():
    booked = full(WEEK, "Tue 09:00", decorator_booked=60)
    assert promise(AT, [(CAKE, 1)], PLAIN, booked).why.text == (
        "The decorators are fully booked until then."
    )
    assert promise(AT, [(size(dated={TUESDAY: 2}), 3)], PLAIN, WEEK).why.text == (
        "Cake: only 2 left for Tuesday 2 June."
    )
    late = promise(wall(TUESDAY, 15), [(size(cutoff_at=time(14)), 1)], PLAIN, WEEK)
    assert late.why.text == "Cake: orders after 14:00 count from the next working day."
    monday = promise(wall(date(2026, 6, 6), 17), [(size(), 1)], PLAIN, slots_of(PLAIN))
    assert (monday.why.code, monday.why.text) == ("closed", "The shop is closed on Mondays.")
    holiday = replace(PLAIN, specials={TUESDAY: Special("Jubilee")})
    closed = [replace(s, closed=s.id < 8) for s in WEEK]
    assert promise(AT, [(size(), 1)], holiday, closed).why.text == (
        "The shop is closed for Jubilee."
    )
    dark = replace(PLAIN, blackouts=(Dark(TUESDAY, TUESDAY, "Street festival"),))
    assert promise(AT, [(size(), 1)], dark, closed).why.text == "No pickups then: Street festival."


def test_alternatives_are_the_next_that_would_do():
    made = promise(AT, [(CAKE, 1)], PLAIN, full(WEEK, "Tue 10:00", booked=4))
    assert [local(slot.starts_at) for slot in made.alternatives] == [
        "Tue 11:00", "Tue 12:00", "Tue 13:00",
    ]  # fmt: skip
    assert promise(AT, [(CAKE, 1)], PLAIN, WEEK, alternatives=0).alternatives == ()


# --- for any calendar, load and order ------------------------------------------------------------

DAYS = [MONDAY + timedelta(days=offset) for offset in range(10)]
darks = st.builds(
    lambda first, length: Dark(first, first + timedelta(days=length), "away"),
    st.sampled_from(DAYS),
    st.integers(0, 3),
)
sizes = st.builds(
    Size,
    variant_id=st.integers(1, 3),
    name=st.just("Cake"),
    lead_time=st.integers(0, 80).map(lambda hours: timedelta(hours=hours)),
    lead_days=st.integers(0, 3),
    cutoff_at=st.none() | st.sampled_from([time(8), time(12), time(16, 30)]),
    pieces=st.integers(1, 3),
    oven_minutes=st.integers(0, 40),
    decorator_minutes=st.integers(0, 40),
    free=st.none() | st.integers(0, 8),
    sold_out=st.sampled_from([False] * 9 + [True]),
    dated=st.dictionaries(st.sampled_from(DAYS), st.integers(0, 6), max_size=3),
    blackouts=st.lists(darks, max_size=1).map(tuple),
)
carts = st.lists(st.tuples(sizes, st.integers(1, 5)), min_size=1, max_size=3)
moments = st.integers(0, 4 * 24 * 60).map(lambda minutes: wall(MONDAY, 0) + timedelta(
    minutes=minutes
))  # fmt: skip
calendars = st.builds(
    lambda closed, dark: replace(
        PLAIN, specials={day: Special("Holiday") for day in closed}, blackouts=tuple(dark)
    ),
    st.lists(st.sampled_from(DAYS), max_size=2),
    st.lists(darks, max_size=1),
)


PLANNED = slots_of(PLAIN, MONDAY, 10)


@st.composite
def loads(draw, calendar):
    """Pickup times of a week with anything booked; dark days are closed, as the service does."""
    # Bytes, because drawing each number by itself takes most of the test's time.
    drawn = draw(st.binary(min_size=3 * len(PLANNED), max_size=3 * len(PLANNED)))
    return [
        replace(
            slot,
            booked=drawn[3 * slot.id] % 5,
            max_pieces=12,
            pieces_booked=drawn[3 * slot.id] // 5 % 13,
            max_oven_minutes=60,
            oven_booked=drawn[3 * slot.id + 1] % 4 * 20,
            max_decorator_minutes=60 if drawn[3 * slot.id + 1] < 128 else None,
            decorator_booked=drawn[3 * slot.id + 2] % 3 * 30,
            closed=calendar.why_dark(slot.starts_at.astimezone(TORONTO).date()) is not None,
        )
        for slot in PLANNED
    ]


@st.composite
def scenes(draw):
    calendar = draw(calendars)
    return draw(moments), draw(carts), calendar, draw(loads(calendar))


def earliest(*scene):
    made = promise(*scene)
    return made.slot.starts_at if made.slot else NEVER


def fits(at, cart, calendar, slot):
    """Say in the plainest way whether an order may have ``slot``."""
    day = slot.starts_at.astimezone(TORONTO).date()
    if slot.closed or slot.starts_at <= at or slot.booked + 1 > slot.capacity:
        return False
    for one, quantity in cart:
        if one.sold_out or any(dark.covers(day) for dark in one.blackouts):
            return False
        free = one.dated.get(day, one.free)
        if free is not None and quantity > free:
            return False
        if slot.starts_at < at + one.lead_time:
            return False
        if one.lead_days or one.cutoff_at:
            today = at.astimezone(TORONTO).date()
            over = one.cutoff_at and at.astimezone(TORONTO).time() >= one.cutoff_at
            counted = [
                today + timedelta(days=offset)
                for offset in range(60)
                if calendar.works_on(today + timedelta(days=offset)) and not (over and offset == 0)
            ]
            if day < counted[one.lead_days]:
                return False
    return all(
        limit is None or taken + sum(getattr(one, per) * n for one, n in cart) <= limit
        for limit, taken, per in [
            (slot.max_pieces, slot.pieces_booked, "pieces"),
            (slot.max_oven_minutes, slot.oven_booked, "oven_minutes"),
            (slot.max_decorator_minutes, slot.decorator_booked, "decorator_minutes"),
        ]
    )


@given(scenes())
@settings(max_examples=80, deadline=None)
def test_a_promise_is_what_brute_force_finds(scene):
    at, cart, calendar, slots = scene
    made = promise(*scene)
    possible = [slot for slot in slots if fits(at, cart, calendar, slot)]
    assert made.slot == (possible[0] if possible else None)
    assert made.alternatives == tuple(possible[1:4])
    if made.slot is not None:
        assert made.slot.starts_at >= at + max(one.lead_time for one, _ in cart)
    assert made.why.code
    assert made.why.text


@given(scenes(), st.data())
@settings(max_examples=80, deadline=None)
def test_a_promise_only_moves_later(scene, data):
    at, cart, calendar, slots = scene
    before = earliest(*scene)
    more = [(one, quantity + data.draw(st.integers(0, 2))) for one, quantity in cart]
    assert earliest(at, more, calendar, slots) >= before
    assert earliest(at, [*cart, data.draw(st.tuples(sizes, st.integers(1, 2)))], calendar, slots) \
        >= before  # fmt: skip
    later = at + timedelta(minutes=data.draw(st.integers(0, 3 * 24 * 60)))
    assert earliest(later, cart, calendar, slots) >= before
    index = data.draw(st.integers(0, len(slots) - 1))
    busier = [
        replace(slot, booked=min(4, slot.booked + 1), oven_booked=60) if number >= index else slot
        for number, slot in enumerate(slots)
    ]
    assert earliest(at, cart, calendar, busier) >= before
    closed = data.draw(st.sampled_from(DAYS))
    fewer = replace(calendar, specials={**calendar.specials, closed: Special("Closed")})
    shut = [
        replace(s, closed=s.closed or s.starts_at.astimezone(TORONTO).date() == closed)
        for s in slots
    ]
    assert earliest(at, cart, fewer, shut) >= before


@given(scenes())
@settings(max_examples=50, deadline=None)
def test_what_binds_is_true_of_the_last_time_that_was_refused(scene):
    at, cart, calendar, slots = scene
    made = promise(*scene)
    judge = Judge(at, cart, calendar)
    end = made.slot.starts_at if made.slot else NEVER
    looked_at = [s for s in slots if at < s.starts_at < end and not judge.is_outside(s)]
    refused = [judge.refusal(s) for s in looked_at]
    dark = {calendar.why_dark(day) for day in DAYS}
    if made.why.code == "none":
        assert refused == []
    elif made.why.code != "beyond_calendar":
        codes = {why.code for why in dark | set(refused[-1:]) if why}
        assert made.why.code in codes
