"""Who is on duty when. Pure."""

from collections.abc import Collection
from datetime import datetime, time


def is_on_duty(
    local: datetime,
    *,
    weekdays: Collection[int],
    from_time: time | None,
    to_time: time | None,
) -> bool:
    """Tell whether ``local``, a time of the shop's zone, is within somebody's hours.

    ``weekdays`` counts from Monday as 0, none means every day. Without times all day; a shift
    that ends before it begins goes on after midnight and belongs to the day it began on. A
    missing end is midnight. The end itself is not part of it.
    """
    start, end, moment = from_time or time.min, to_time or time.min, local.time()

    def is_day(weekday: int) -> bool:
        return not weekdays or weekday in weekdays

    if from_time is None and to_time is None:
        return is_day(local.weekday())
    if start < end or end == time.min:
        return is_day(local.weekday()) and moment >= start and (moment < end or end == time.min)
    is_late_part = moment < end and is_day((local.weekday() - 1) % 7)
    return is_late_part or (moment >= start and is_day(local.weekday()))
