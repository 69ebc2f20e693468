"""Changing the shop's calendar, and keeping pickup times open ahead of today.

What a change closes is closed for new orders in the same transaction. Orders that have a place
keep it and are never called off here: `selectors.bookings_of` lists them for a person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.inventory.models import (
    Blackout,
    SpecialDay,
    SpecialHours,
    WeekHours,
    WeekPlan,
)
from apps.inventory.rules.calendar import Calendar, Hours
from apps.inventory.rules.hours import check_day, check_days, check_week
from apps.inventory.selectors.calendar import (
    hours_json,
    plan_of_settings,
    read_calendar,
    require_scope,
)
from apps.inventory.services.fitting import Fitted, fit_slots, lock_calendar, open_missing
from bakery.kernel import audit, clock
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one

SYSTEM = "system"
_FOREVER = timedelta(days=3 * 366)
_LONGEST_BLACKOUT = timedelta(days=366)
Week = Mapping[int, Sequence[Hours]]


def extend_calendar(*, at: datetime) -> int:
    """Open the pickup times of the next SHOP_CALENDAR_DAYS days; return how many are new.

    Those that exist stay as staff left them, closed ones included. An installation without a
    weekly plan gets the one of its settings.
    """
    today = clock.shop_date(at)
    last = today + timedelta(days=settings.SHOP_CALENDAR_DAYS - 1)
    with transaction.atomic():
        lock_calendar()
        if not WeekPlan.objects.exists():
            plan = plan_of_settings(today)
            _write_plan(today, plan.week, note="as in the settings", actor=SYSTEM, at=at)
        opened = open_missing(today, last, read_calendar(since=today), at=at)
        if opened:
            audit.record(
                actor=SYSTEM,
                action="open_slots",
                object_type="inventory.slot",
                object_id=f"{today}..{last}",
                changes={"slots": [0, len(opened)]},
                at=at,
            )
    return len(opened)


def set_week_plan(
    *, effective_from: date, week: Week, actor: str, at: datetime, note: str = ""
) -> WeekPlan:
    """Let the hours in ``week`` (by weekday, 0 is Monday) hold from a day on; return the plan.

    A plan of that very day is replaced. Pickup times that no longer fit are closed for new orders
    and new ones opened at once. Raises `Invalid` ``bad_days``, ``bad_hours``, ``bad_capacity``.
    """
    today = clock.shop_date(at)
    check_days(effective_from, effective_from, today=today)
    check_week(week)
    with transaction.atomic():
        lock_calendar()
        before = _week_json(WeekPlan.objects.filter(effective_from=effective_from).first())
        plan = _write_plan(effective_from, week, note=note[:200], actor=actor, at=at)
        fitted = _fit(effective_from, today + _FOREVER, at=at)
        changes = {"week": [before, _week_json(plan)]} | _counts(fitted)
        audit.record(
            actor=actor,
            action="set_week_plan",
            object_type="inventory.weekplan",
            object_id=effective_from.isoformat(),
            changes=changes,
            at=at,
        )
    return plan


def _write_plan(day: date, week: Week, *, note: str, actor: str, at: datetime) -> WeekPlan:
    values = {"note": note, "created_by": actor, "created_at": at}
    plan, _ = WeekPlan.objects.update_or_create(effective_from=day, defaults=values)
    plan.hours.all().delete()
    WeekHours.objects.bulk_create(
        WeekHours(plan=plan, weekday=weekday, **_columns(hours))
        for weekday, stretches in week.items()
        for hours in stretches
    )
    return plan


def add_special_day(
    *, day: date, name: str, hours: Sequence[Hours], actor: str, at: datetime
) -> SpecialDay:
    """Give one day other hours, or none: a holiday. Pickup times outside them close.

    Raises `Invalid` ``bad_days``, ``bad_hours``, ``bad_capacity``, ``bad_name``, and `Conflict`
    ``special_day_exists``.
    """
    check_days(day, day, today=clock.shop_date(at))
    check_day(hours)
    name = _named(name, "bad_name", 100)
    with transaction.atomic():
        lock_calendar()
        if known := SpecialDay.objects.filter(day=day, lifted_at=None).first():
            raise Conflict(
                "special_day_exists",
                f"{day:%Y-%m-%d} is {known.name} already. Lift that first.",
                details={"special_day_id": known.pk},
            )
        row = SpecialDay.objects.create(day=day, name=name, created_by=actor, created_at=at)
        SpecialHours.objects.bulk_create(
            SpecialHours(special=row, **_columns(stretch)) for stretch in hours
        )
        changes: dict[str, Any] = {
            "day": [None, day.isoformat()],
            "name": [None, name],
            "hours": [None, [hours_json(stretch) for stretch in hours]],
        }
        changes |= _counts(_fit(day, day, at=at))
        audit.record(
            actor=actor,
            action="add_special_day",
            object_type="inventory.specialday",
            object_id=row.pk,
            changes=changes,
            at=at,
        )
    return row


def lift_special_day(*, special_id: int, actor: str, at: datetime) -> SpecialDay:
    """Undo a special day: the day has its weekday's hours again, and what it closed reopens.

    Lifting it twice is as once. Raises `NotFound` ``special_day_not_found``.
    """
    with transaction.atomic():
        lock_calendar()
        row = lock_one(SpecialDay.objects.filter(pk=special_id), what="special_day")
        if row.lifted_at is None:
            row.lifted_at, row.lifted_by = at, actor
            row.save(update_fields=["lifted_at", "lifted_by"])
            _record_lifted(row, _fit(row.day, row.day, at=at), actor=actor, at=at)
    return row


def add_blackout(
    *,
    first_day: date,
    last_day: date,
    reason: str,
    actor: str,
    at: datetime,
    category_id: int | None = None,
    product_id: int | None = None,
) -> Blackout:
    """Take no new orders for pickup on these days: of everything, a category or a product.

    Raises `Invalid` ``bad_days``, ``bad_reason``, ``bad_scope``, `NotFound`
    ``category_not_found``, ``product_not_found``.
    """
    check_days(first_day, last_day, today=clock.shop_date(at))
    if last_day - first_day > _LONGEST_BLACKOUT:
        raise Invalid("bad_days", "A blackout lasts a year at most.")
    reason = _named(reason, "bad_reason", 200)
    require_scope(category_id=category_id, product_id=product_id)
    values = {
        "first_day": first_day,
        "last_day": last_day,
        "reason": reason,
        "category_id": category_id,
        "product_id": product_id,
    }
    with transaction.atomic():
        lock_calendar()
        row = Blackout.objects.create(**values, created_by=actor, created_at=at)
        changes: dict[str, Any] = {name: [None, value] for name, value in values.items()}
        if category_id is None and product_id is None:
            changes |= _counts(_fit(first_day, last_day, at=at))
        audit.record(
            actor=actor,
            action="add_blackout",
            object_type="inventory.blackout",
            object_id=row.pk,
            changes=changes,
            at=at,
        )
    return row


def lift_blackout(*, blackout_id: int, actor: str, at: datetime) -> Blackout:
    """Undo a blackout: what it closed reopens. Lifting it twice is as once.

    Raises `NotFound` ``blackout_not_found``.
    """
    with transaction.atomic():
        lock_calendar()
        row = lock_one(Blackout.objects.filter(pk=blackout_id), what="blackout")
        if row.lifted_at is None:
            row.lifted_at, row.lifted_by = at, actor
            row.save(update_fields=["lifted_at", "lifted_by"])
            of_shop = row.category_id is None and row.product_id is None
            fitted = _fit(row.first_day, row.last_day, at=at) if of_shop else Fitted()
            _record_lifted(row, fitted, actor=actor, at=at)
    return row


def _record_lifted(row: SpecialDay | Blackout, fitted: Fitted, *, actor: str, at: datetime) -> None:
    audit.record(
        actor=actor,
        action="lift",
        object_type=f"inventory.{row._meta.model_name}",
        object_id=row.pk,
        changes={"lifted_at": [None, at.isoformat()]} | _counts(fitted),
        at=at,
    )


def _fit(first: date, last: date, *, at: datetime) -> Fitted:
    today = clock.shop_date(at)
    calendar: Calendar = read_calendar(since=today)
    return fit_slots(max(first, today), last, calendar, at=at) if last >= today else Fitted()


def _named(text: str, code: str, longest: int) -> str:
    text = " ".join(text.split())
    if not text or len(text) > longest or not text.isprintable():
        raise Invalid(code, f"Say it in 1 to {longest} characters: customers read it.")
    return text


def _columns(hours: Hours) -> dict[str, Any]:
    return {name: getattr(hours, name) for name in hours.__slots__}


def _week_json(plan: WeekPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    week: dict[str, Any] = {}
    for row in WeekHours.objects.filter(plan=plan):
        week.setdefault(str(row.weekday), []).append(hours_json(row))
    return week


def _counts(fitted: Fitted) -> dict[str, Any]:
    counts = {f"slots_{name}": count for name, count in vars(fitted).items()}
    return {name: [0, count] for name, count in counts.items() if count}
