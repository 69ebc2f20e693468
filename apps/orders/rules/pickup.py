"""A pickup time in words that leave no doubt about the day."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bakery.kernel import wording


@dataclass(frozen=True)
class Pickup:
    """A pickup time as it is repeated to the customer."""

    weekday: str
    date: date
    local: str
    in_days: int
    in_words: str


def local_text(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, language: str = wording.DEFAULT
) -> str:
    """Return the wall time, such as "Saturday 28 November 2026, 10:00 to 10:30"."""
    return wording.span_text(starts_at, ends_at, zone, language)


def short_text(starts_at: datetime, zone: ZoneInfo, language: str = wording.DEFAULT) -> str:
    """Return the wall time for a text message, such as "Sat 28 Nov 10:00"."""
    return wording.moment_text(starts_at, zone, language)


def days_in_words(days: int) -> str:
    """Return "today", "tomorrow", "in 6 days", or how long ago it was."""
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in named:
        return named[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def describe(starts_at: datetime, *, local: str, zone: ZoneInfo, at: datetime) -> Pickup:
    """Return the pickup as seen at ``at``: days are counted on the shop's calendar."""
    start = starts_at.astimezone(zone)
    days = (start.date() - at.astimezone(zone).date()).days
    return Pickup(f"{start:%A}", start.date(), local, days, days_in_words(days))
