"""The one place that reads the wall clock, and what a local date or time means.

Services take ``at``; only edges (views, tasks, commands, consumers) call `now`.
"""

from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from bakery.kernel.errors import Invalid

_UTC = ZoneInfo("UTC")
_LONGEST_MOMENT = 64


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return timezone.now()


def shop_zone() -> ZoneInfo:
    """Return the IANA zone in which the shop's people mean their dates."""
    return ZoneInfo(settings.SHOP_TIME_ZONE)


def shop_date(at: datetime) -> date:
    """Return the shop's calendar date at the moment ``at``."""
    return at.astimezone(shop_zone()).date()


def start_of_shop_day(day: date) -> datetime:
    """Return the first moment of ``day`` in the shop's zone, as UTC.

    A day that begins inside a gap (some zones change at midnight) starts when the gap ends.
    """
    zone = shop_zone()
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    after = midnight.astimezone(_UTC)
    if after.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return after
    # Inside a gap fold=1 reads the wall clock before the change and fold=0 after it, so that the
    # change itself, which is a whole second, lies between the two.
    before = midnight.replace(fold=1).astimezone(_UTC)
    seconds = range(1, int((after - before).total_seconds()) + 1)
    return before + timedelta(
        seconds=seconds[
            bisect_left(
                seconds,
                day,
                key=lambda second: (before + timedelta(seconds=second)).astimezone(zone).date(),
            )
        ]
    )


def resolve_local(naive: datetime, *, zone: ZoneInfo | None = None) -> datetime:
    """Return the moment that the wall time ``naive`` means in ``zone`` (the shop's by default).

    Raises `Invalid`: ``time_does_not_exist`` inside the gap of a clock change and
    ``time_is_ambiguous`` inside its fold. Guessing would put a pickup an hour off.
    """
    zone = zone or shop_zone()
    early = naive.replace(tzinfo=zone, fold=0)
    late = naive.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        if early.astimezone(_UTC).astimezone(zone).replace(tzinfo=None) != naive:
            raise Invalid(
                "time_does_not_exist",
                f"{naive:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks go forward.",
            )
        raise Invalid(
            "time_is_ambiguous",
            f"{naive:%Y-%m-%d %H:%M} happens twice in {zone.key}: give the UTC offset.",
        )
    return early.astimezone(_UTC)


def is_in_our_time(day: date) -> bool:
    """Tell whether a day or moment can be meant by anybody: within the years 2000 to 2100."""
    return 2000 <= day.year <= 2100


def parse_moment(text: str) -> datetime:
    """Return the UTC moment of an ISO 8601 text; without an offset it is the shop's wall time.

    Raises `Invalid` for anything that is not a full date and time, or not in 2000-2100.
    """
    # The standard parser overlooks a NUL at the end.
    if len(text) > _LONGEST_MOMENT or not (text.isascii() and text.isprintable()):
        raise Invalid("not_a_moment", "This is not an ISO 8601 date and time.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("not_a_moment", f"{text!r} is not an ISO 8601 date and time.") from error
    if "T" not in text.upper() and " " not in text.strip():
        raise Invalid("not_a_moment", f"{text!r} has no time of day.")
    if not is_in_our_time(moment):
        raise Invalid("not_a_moment", f"The year {moment.year} is out of range.")
    if moment.tzinfo is None:
        return resolve_local(moment)
    return moment.astimezone(_UTC)
