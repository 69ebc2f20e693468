"""When a text may come: by the number's own zones and by the law of where it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.notifications.rules import caps, numbers, quiet_hours
from apps.notifications.rules.quiet_hours import next_waking_time

TORONTO = ZoneInfo("America/Toronto")
TORONTO_NUMBER, AUSTIN = "+14165550123", "+15125550123"
EL_PASO, HONOLULU = "+19155550123", "+18085550123"
MIAMI, TULSA, PARIS, FREE = "+13055550123", "+19185550123", "+33612345678", "+18005550123"


def local(number, year, month, day, hour, minute=0):
    """Return the first waking moment from a local time of the number's zone on, local again."""
    zone = (numbers.zones_of(number) or (TORONTO,))[0]
    at = datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    found = next_waking_time(number, at=at, shop_zone=TORONTO)
    return found.astimezone(zone).strftime("%a %H:%M") if found else None


@pytest.mark.parametrize(
    ("number", "moment", "expected"),
    [
        (TORONTO_NUMBER, (2026, 11, 24, 7, 59), "Tue 08:00"),
        (TORONTO_NUMBER, (2026, 11, 24, 8), "Tue 08:00"),
        (TORONTO_NUMBER, (2026, 11, 24, 20, 59), "Tue 20:59"),
        (TORONTO_NUMBER, (2026, 11, 24, 21), "Wed 08:00"),
        (HONOLULU, (2026, 11, 24, 6), "Tue 08:00"),
        (AUSTIN, (2026, 11, 24, 8, 30), "Tue 09:00"),
        (AUSTIN, (2026, 11, 28, 22), "Sun 12:00"),  # Saturday night
        (AUSTIN, (2026, 11, 29, 9), "Sun 12:00"),
        (EL_PASO, (2026, 11, 29, 11), "Sun 12:00"),
        (MIAMI, (2026, 11, 24, 20), "Wed 08:00"),
        (TULSA, (2026, 11, 24, 20, 30), "Wed 08:00"),
        (PARIS, (2026, 11, 28, 20, 30), "Mon 08:00"),  # no text on a Sunday
        (FREE, (2026, 11, 24, 5), "Tue 08:00"),  # anywhere: by the shop's zone
        # The nights on which clocks change.
        (TORONTO_NUMBER, (2026, 3, 8, 1, 30), "Sun 08:00"),
        (TORONTO_NUMBER, (2026, 11, 1, 0, 30), "Sun 08:00"),
    ],
)
def test_the_hours_of_a_place(number, moment, expected):
    assert local(number, *moment) == expected


def test_a_number_of_several_zones_waits_for_all_of_them(monkeypatch):
    zones = (ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles"))
    monkeypatch.setattr(quiet_hours, "zones_of", lambda number: zones)
    at = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 8:00 in the east, 5:00 in the west
    found = next_waking_time(TORONTO_NUMBER, at=at, shop_zone=TORONTO)
    assert found == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def test_zones_that_never_wake_together_have_no_moment(monkeypatch):
    zones = (ZoneInfo("Pacific/Guam"), ZoneInfo("America/New_York"))
    monkeypatch.setattr(quiet_hours, "zones_of", lambda number: zones)
    short = replace(quiet_hours.HOURS[0], opens=time(9), closes=time(11))
    monkeypatch.setattr(quiet_hours, "HOURS", (short,))
    at = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert next_waking_time(TORONTO_NUMBER, at=at, shop_zone=TORONTO) is None


def test_a_law_holds_from_its_day_on():
    assert quiet_hours.hours_of(AUSTIN, on=date(2025, 8, 31))[0].opens.hour == 8
    assert quiet_hours.hours_of(AUSTIN, on=date(2025, 9, 1))[0].opens.hour == 9


def test_every_row_names_its_source():
    assert all(row.source and row.opens < row.closes for row in quiet_hours.HOURS)
    assert set(quiet_hours.STATE_OF_AREA_CODE.values()) == {
        row.region for row in quiet_hours.HOURS if row.region
    }


@pytest.mark.parametrize(
    ("number", "country"),
    [
        (TORONTO_NUMBER, "CA"),
        (AUSTIN, "US"),
        ("+18765550123", "JM"),
        ("+23276123456", "SL"),
        ("+882161234567", "ZZ"),
        ("+99", "ZZ"),
        ("+15555555555", "ZZ"),
    ],
)
def test_the_country_of_a_number(number, country):
    assert numbers.country_of(number) == country


def test_costs_are_rounded_up_and_shares_come_in_one_order():
    cost = caps.cost_of(3, price=Decimal("0.01131"))
    assert cost == Decimal("0.0340")
    assert caps.units(cost) == 340
    shares = caps.shares_of(
        number=TORONTO_NUMBER,
        country="CA",
        segments=3,
        cost=cost,
        at=datetime(2026, 11, 24, 4, 30, tzinfo=UTC),
        zone=TORONTO,
        caps=dict.fromkeys(caps.Scope, 9),
        money_cap=Decimal(1),
    )
    assert [share.scope for share in shares] == sorted(caps.Scope)
    days = {share.window_start for share in shares if share.scope.endswith("_day")}
    assert days == {datetime(2026, 11, 23, 0, 0, tzinfo=TORONTO)}  # the shop's day, not UTC's
    assert {share.key for share in shares if share.scope == "prefix_hour"} == {"+1416555"}
