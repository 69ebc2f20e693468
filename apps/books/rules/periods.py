"""The times that people ask the books about. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from bakery.kernel.errors import Invalid

# A leap year and a little: what one page or file is about.
MOST_DAYS = 400
TODAY, WEEK, MONTH, LAST_MONTH, YEAR, CUSTOM = (
    "today", "week", "month", "last_month", "year", "custom",
)  # fmt: skip
PERIODS = (
    (TODAY, "Today"),
    (WEEK, "This week"),
    (MONTH, "This month"),
    (LAST_MONTH, "Last month"),
    (YEAR, "This year"),
    (CUSTOM, "Other days"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """The shop's days ``first`` to ``last``, both in it."""

    name: str
    first: date
    last: date


def named_period(name: str, today: date) -> Period:
    """Return what ``name`` means on the day ``today``; weeks begin on Monday."""
    first, last = today, today
    if name == WEEK:
        first = today - timedelta(days=today.weekday())
    elif name == MONTH:
        first = today.replace(day=1)
    elif name == LAST_MONTH:
        last = today.replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
    elif name == YEAR:
        first = today.replace(month=1, day=1)
    return Period(name, first, last)


def custom_period(first: date, last: date) -> Period:
    """Return the days that somebody named; raise `Invalid` ``bad_period``."""
    if not (2000 <= first.year <= 2100 and 2000 <= last.year <= 2100):
        raise Invalid("bad_period", "Days between the years 2000 and 2100.")
    if first > last:
        raise Invalid("bad_period", "The first day comes after the last one.")
    if (last - first).days >= MOST_DAYS:
        raise Invalid("bad_period", f"At most {MOST_DAYS} days at a time.")
    return Period(CUSTOM, first, last)
