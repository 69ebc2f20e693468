"""The line for a full day: until when an offer stands, and when nobody should be asked any more."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

# Less time than this is no offer.
SHORTEST = timedelta(minutes=15)
# What stands against a pickup time that may come free again, as promises name it.
FULL_CODES = frozenset({"slot_orders", "slot_pieces", "oven_minutes", "decorator_minutes"})


def offer_end(
    at: datetime, *, minutes: int, from_hour: int, to_hour: int, zone: ZoneInfo, before: datetime
) -> datetime | None:
    """Return when an offer made ``at`` ends, None when there is no time left to make one.

    Its ``minutes`` run only between the two local hours, so that nobody loses a place at night: an
    offer of two hours made at 23:00 ends at 10:00. It never stands beyond ``before``, the last
    moment at which the order could still be made in time.
    """
    if to_hour <= from_hour:
        from_hour, to_hour = 0, 24  # hours that make no day: offers run around the clock
    left, moment = timedelta(minutes=minutes), at.astimezone(zone)
    while True:
        opens, closes = _hour(moment, from_hour), _hour(moment, to_hour)
        start = max(moment, opens)
        # Subtracting on one zone's wall would count the hour that a change of clocks skips.
        room = closes.astimezone(at.tzinfo) - start.astimezone(at.tzinfo)
        if left <= room:
            end = start.astimezone(at.tzinfo) + left
            break
        left -= max(room, timedelta())
        moment = _hour(moment + timedelta(days=1), 0)
    end = min(end, before)
    return end if end - at >= SHORTEST else None


def _hour(moment: datetime, hour: int) -> datetime:
    """Return the ``hour`` of the moment's local day; 24 is the next midnight."""
    day = moment.date() + timedelta(days=hour // 24)
    return datetime.combine(day, time(hour % 24), tzinfo=moment.tzinfo)
