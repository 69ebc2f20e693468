"""Local times mean one moment or are refused, also in the nights when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakery.kernel import clock
from bakery.kernel.errors import Invalid

TORONTO = ZoneInfo("America/Toronto")
LOCAL_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31))  # noqa: DTZ001


def test_now_is_aware_and_utc():
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["2026-03-08T02:00", "2026-03-08T02:30:00", "2026-03-08 02:59:59"])
def test_a_time_in_the_gap_does_not_exist(text):
    with pytest.raises(Invalid) as refusal:
        clock.parse_moment(text)
    assert refusal.value.code == "time_does_not_exist"


@pytest.mark.parametrize("text", ["2026-11-01T01:00", "2026-11-01T01:30:00", "2026-11-01 01:59:59"])
def test_a_time_in_the_fold_is_ambiguous_without_offset(text):
    with pytest.raises(Invalid) as refusal:
        clock.parse_moment(text)
    assert refusal.value.code == "time_is_ambiguous"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-08T01:59:59", datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)),
        ("2026-03-08T03:00:00", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        ("2026-11-01T00:59:59", datetime(2026, 11, 1, 4, 59, 59, tzinfo=UTC)),
        ("2026-11-01T02:00:00", datetime(2026, 11, 1, 7, 0, tzinfo=UTC)),
        ("2026-11-01T01:30:00-04:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-11-01T01:30:00-05:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-08T02:30:00-05:00", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
    ],
)
def test_every_other_time_is_stored_as_the_moment_it_means(text, utc):
    assert clock.parse_moment(text) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-03-08",
        "20260308",
        "12:30",
        "9999-12-31T23:59:59",
        "1999-12-31T12:00",
        "0001-01-01T00:00:00+14:00",
        "2026-02-30T12:00",
        "2026-03-08T25:00",
        "2026-03-08T12:00+99:00",
        "9" * 5000,
        "2026-03-08T12:00\x00",
    ],
)
def test_what_is_not_a_moment_is_refused(text):
    with pytest.raises(Invalid) as refusal:
        clock.parse_moment(text)
    assert refusal.value.code == "not_a_moment"
    assert len(refusal.value.message) < 200


@given(LOCAL_TIMES)
def test_what_is_accepted_reads_back_as_it_was_written(naive):
    try:
        moment = clock.resolve_local(naive, zone=TORONTO)
    except Invalid as refusal:
        assert refusal.code in {"time_does_not_exist", "time_is_ambiguous"}  # noqa: PT017
    else:
        assert moment.utcoffset() == timedelta(0)
        assert moment.astimezone(TORONTO).replace(tzinfo=None) == naive


@pytest.mark.parametrize(
    ("zone", "day", "utc"),
    [
        ("America/Toronto", date(2026, 3, 8), datetime(2026, 3, 8, 5, 0, tzinfo=UTC)),
        ("America/Toronto", date(2026, 3, 9), datetime(2026, 3, 9, 4, 0, tzinfo=UTC)),
        # Midnight itself does not exist in these nights.
        ("America/Havana", date(2026, 3, 8), datetime(2026, 3, 8, 5, 0, tzinfo=UTC)),
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, 0, tzinfo=UTC)),
        # Toronto in 1919 went from 23:30 to 00:30: the day began at half past.
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
    ],
)
def test_a_shop_day_starts_at_its_first_moment(settings, zone, day, utc):
    settings.SHOP_TIME_ZONE = zone
    assert clock.start_of_shop_day(day) == utc
    assert clock.shop_date(utc) == day
    assert clock.shop_date(utc - timedelta(seconds=1)) == day - timedelta(days=1)


def test_the_days_of_the_clock_changes_have_23_and_25_hours():
    spring = clock.start_of_shop_day(date(2026, 3, 9)) - clock.start_of_shop_day(date(2026, 3, 8))
    autumn = clock.start_of_shop_day(date(2026, 11, 2)) - clock.start_of_shop_day(date(2026, 11, 1))
    assert (spring, autumn) == (timedelta(hours=23), timedelta(hours=25))
