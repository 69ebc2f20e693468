"""The demo bakery's hours: closed on Mondays, a day off, a late opening, and a blackout."""

from datetime import date, datetime, time, timedelta

from apps.catalog.models import Product
from apps.inventory import services
from apps.inventory.models import WeekPlan
from apps.inventory.rules.calendar import Hours
from bakery.kernel import clock

ACTOR = "system"
# What one hour of pickups can ask for: pieces, minutes of the ovens, and minutes of decorators, who
# begin on the days before.
_LIMITS = {"max_pieces": 150, "max_oven_minutes": 360, "max_decorator_minutes": 720}
_DARK_PRODUCT = "Garden party three-tier cake"


def _hours(opens: int, closes: int, *, orders: int = 6) -> Hours:
    return Hours(time(opens), time(closes), 60, orders, **_LIMITS)


# 0 is Monday, on which nobody works.
WEEK = {
    **{weekday: (_hours(8, 18),) for weekday in (1, 2, 3, 4)},
    5: (_hours(8, 13, orders=8), _hours(14, 17)),
    6: (_hours(9, 14),),
}


def seed_calendar(*, at: datetime) -> bool:
    """Write the demo's hours and closures and open the pickup times; return whether it was new.

    A calendar that has a plan is only kept open. Nothing within the next three days is closed, so
    that an order can always be placed.
    """
    is_new = not WeekPlan.objects.exists()
    if is_new:
        today = clock.shop_date(at)
        services.set_week_plan(
            effective_from=today, week=WEEK, note="The demo's hours.", actor=ACTOR, at=at
        )
        _enter_closures(today, at=at)
    services.extend_calendar(at=at)
    return is_new


def _enter_closures(today: date, *, at: datetime) -> None:
    wednesday = today + timedelta(days=7 + (2 - today.weekday()) % 7)
    days = (
        (wednesday, "the staff's day out", ()),
        (wednesday + timedelta(days=8), "Late opening", (_hours(12, 18),)),
    )
    for day, name, hours in days:
        services.add_special_day(day=day, name=name, hours=hours, actor=ACTOR, at=at)
    if product := Product.objects.filter(name=_DARK_PRODUCT).first():
        services.add_blackout(
            first_day=wednesday - timedelta(days=3),
            last_day=wednesday + timedelta(days=2),
            reason="our sugar florist is away",
            product_id=product.pk,
            actor=ACTOR,
            at=at,
        )
