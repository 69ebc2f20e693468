"""Which opening hours are believable."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from itertools import pairwise

from apps.inventory.rules.calendar import Hours
from bakery.kernel.errors import Invalid

MAX_CAPACITY = 1000
MAX_MINUTES = 100_000
MAX_STRETCHES = 6
_SHORTEST, _LONGEST = 5, 24 * 60
_FURTHEST = timedelta(days=3 * 366)


def check_week(week: Mapping[int, Sequence[Hours]]) -> None:
    """Raise `Invalid` ``bad_hours`` or ``bad_capacity`` unless every day of ``week`` makes sense.

    Its keys are weekdays, 0 is Monday; details name the weekday.
    """
    for weekday, hours in week.items():
        if type(weekday) is not int or not 0 <= weekday <= 6:
            raise Invalid("bad_hours", "A weekday is 0 (Monday) to 6 (Sunday).")
        check_day(hours, details={"weekday": weekday})


def check_day(hours: Sequence[Hours], *, details: Mapping[str, int] | None = None) -> None:
    """Raise as `check_week` unless the stretches of one day make sense and do not overlap."""
    if len(hours) > MAX_STRETCHES:
        raise Invalid("bad_hours", f"At most {MAX_STRETCHES} stretches a day.", details=details)
    for stretch in hours:
        _check_stretch(stretch, details)
    ordered = sorted(hours, key=lambda stretch: stretch.opens)
    for earlier, later in pairwise(ordered):
        if later.opens < earlier.closes:
            raise Invalid("bad_hours", "Two stretches of one day overlap.", details=details)


def _check_stretch(hours: Hours, details: Mapping[str, int] | None) -> None:
    length = _since_midnight(hours.closes) - _since_midnight(hours.opens)
    if not _SHORTEST <= hours.slot_minutes <= _LONGEST or hours.slot_minutes > length:
        text = f"The hours must hold at least one pickup time of {_SHORTEST} minutes or more."
        raise Invalid("bad_hours", text, details=details)
    if not 1 <= hours.capacity <= MAX_CAPACITY:
        text = f"A pickup time takes 1 to {MAX_CAPACITY} orders."
        raise Invalid("bad_capacity", text, details=details)
    limits = (hours.max_pieces, hours.max_oven_minutes, hours.max_decorator_minutes)
    if any(limit is not None and not 0 <= limit <= MAX_MINUTES for limit in limits):
        text = f"A limit is a number from 0 to {MAX_MINUTES}, or none."
        raise Invalid("bad_capacity", text, details=details)


def _since_midnight(wall: time) -> float:
    return wall.hour * 60 + wall.minute + wall.second / 60


def check_days(first_day: date, last_day: date, *, today: date) -> None:
    """Raise `Invalid` ``bad_days`` unless the days are ahead, in order and not years away."""
    if last_day < first_day:
        raise Invalid("bad_days", "The last day is before the first.")
    if first_day < today:
        raise Invalid("bad_days", "That day is over.")
    if last_day - today > _FURTHEST:
        raise Invalid("bad_days", "That is more than three years ahead.")
