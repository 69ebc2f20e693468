"""The shop's calendar, read in one statement."""

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import connection

from apps.catalog.models import Category, Product
from apps.inventory.models import Blackout, SpecialDay, WeekPlan
from apps.inventory.rules.calendar import Calendar, Dark, Hours, Plan, Special
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

_HOURS = "h.opens, h.closes, h.slot_minutes, h.capacity, h.max_pieces, h.max_oven_minutes,"
_HOURS += " h.max_decorator_minutes"
# Constants of this module; the values are parameters.
_CALENDAR = f"""
SELECT 'plan', p.effective_from, NULL::date, '', h.weekday, {_HOURS}
FROM inventory_weekplan p LEFT JOIN inventory_weekhours h ON h.plan_id = p.id
UNION ALL
SELECT 'special', d.day, NULL, d.name, NULL, {_HOURS}
FROM inventory_specialday d LEFT JOIN inventory_specialhours h ON h.special_id = d.id
WHERE d.lifted_at IS NULL AND d.day >= %(since)s
UNION ALL
SELECT 'dark', b.first_day, b.last_day, b.reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM inventory_blackout b
WHERE b.lifted_at IS NULL AND b.category_id IS NULL AND b.product_id IS NULL
  AND b.last_day >= %(since)s
ORDER BY 1, 2, 5, 6
"""  # noqa: S608


def read_calendar(*, since: date) -> Calendar:
    """Return plans, and the special days and blackouts of the whole shop from ``since`` on.

    While no weekly plan was ever written, the hours are those of the settings.
    """
    weeks: dict[date, dict[int, list[Hours]]] = {}
    names: dict[date, str] = {}
    special_hours: dict[date, list[Hours]] = defaultdict(list)
    darks = []
    with connection.cursor() as cursor:
        cursor.execute(_CALENDAR, {"since": since})
        for kind, day, last_day, text, weekday, *stretch in cursor.fetchall():
            if kind == "dark":
                darks.append(Dark(day, last_day, text))
            elif kind == "special":
                names[day] = text
                if stretch[0] is not None:
                    special_hours[day].append(Hours(*stretch))
            else:
                week = weeks.setdefault(day, defaultdict(list))
                if weekday is not None:
                    week[weekday].append(Hours(*stretch))
    plans = [Plan(day, _frozen(week)) for day, week in weeks.items()]
    return Calendar(
        zone=clock.shop_zone(),
        plans=tuple(plans) or (plan_of_settings(since),),
        specials={day: Special(name, tuple(special_hours[day])) for day, name in names.items()},
        blackouts=tuple(darks),
    )


def _frozen(week: dict[int, list[Hours]]) -> dict[int, tuple[Hours, ...]]:
    return {weekday: tuple(hours) for weekday, hours in week.items()}


def plan_of_settings(effective_from: date) -> Plan:
    """Return the plan with which an installation begins, as its settings say."""
    hours = Hours(
        opens=time.fromisoformat(settings.SHOP_OPENS),
        closes=time.fromisoformat(settings.SHOP_CLOSES),
        slot_minutes=settings.SHOP_SLOT_MINUTES,
        capacity=settings.SHOP_SLOT_CAPACITY,
    )
    return Plan(effective_from, dict.fromkeys(settings.SHOP_OPEN_WEEKDAYS, (hours,)))


def closures(*, since: date) -> tuple[list[SpecialDay], list[Blackout]]:
    """Return the special days and all blackouts that are in force from ``since`` on, in order."""
    specials = SpecialDay.objects.filter(lifted_at=None, day__gte=since).prefetch_related("hours")
    blackouts = Blackout.objects.filter(lifted_at=None, last_day__gte=since)
    return list(specials), list(blackouts.select_related("category", "product"))


def require_scope(*, category_id: int | None, product_id: int | None) -> None:
    """Raise unless these name one thing, or nothing: the whole shop.

    `Invalid` ``bad_scope`` for both at once, `NotFound` ``category_not_found`` or
    ``product_not_found``.
    """
    if category_id is not None and product_id is not None:
        raise Invalid("bad_scope", "A blackout is for a category or for a product, not for both.")
    if category_id is not None and not Category.objects.filter(pk=category_id).exists():
        raise NotFound("category_not_found", "There is no such category.")
    if product_id is not None and not Product.objects.filter(pk=product_id).exists():
        raise NotFound("product_not_found", "There is no such product.")


def week_plans(*, at: datetime) -> list[WeekPlan]:
    """Return the plan that is in force and those that come, in order, with their hours."""
    today = clock.shop_date(at)
    plans = list(WeekPlan.objects.prefetch_related("hours").order_by("effective_from"))
    begun = [plan for plan in plans if plan.effective_from <= today]
    return begun[-1:] + [plan for plan in plans if plan.effective_from > today]


def hours_json(hours: Any) -> dict[str, Any]:
    """Return a stretch, of a row or of a plan, as the API and the audit trail write it."""
    return {
        "opens": f"{hours.opens:%H:%M}",
        "closes": f"{hours.closes:%H:%M}",
        "slot_minutes": hours.slot_minutes,
        "capacity": hours.capacity,
        "max_pieces": hours.max_pieces,
        "max_oven_minutes": hours.max_oven_minutes,
        "max_decorator_minutes": hours.max_decorator_minutes,
    }
