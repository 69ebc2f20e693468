"""Keeping the pickup calendar open ahead of today, by the shop's weekly hours."""

from datetime import datetime, time, timedelta

from django.conf import settings

from apps.inventory.services.slots import open_slots_for
from bakery.kernel import clock


def extend_calendar(*, at: datetime) -> int:
    """Open the slots of the next SHOP_CALENDAR_DAYS days; return how many are new.

    Slots that exist stay as staff left them, closed ones included.
    """
    today = clock.shop_date(at)
    opens, closes = (
        time.fromisoformat(settings.SHOP_OPENS),
        time.fromisoformat(settings.SHOP_CLOSES),
    )
    days = (today + timedelta(days=offset) for offset in range(settings.SHOP_CALENDAR_DAYS))
    return sum(
        open_slots_for(
            day=day,
            from_=opens,
            to=closes,
            minutes=settings.SHOP_SLOT_MINUTES,
            capacity=settings.SHOP_SLOT_CAPACITY,
            at=at,
        )
        for day in days
        if day.weekday() in settings.SHOP_OPEN_WEEKDAYS
    )
