"""Promises and pickup times for given goods, from what is in the database now.

Whatever is asked, it takes three statements: sizes with their stock, their stock by day and their
blackouts; the calendar; and the first pickup times ahead. Only a promise that is far off reads more
of them.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory.rules import promise as rules
from apps.inventory.rules.calendar import Calendar, Dark, Refusal
from apps.inventory.rules.promise import Judge, Load, Promise, Size
from apps.inventory.selectors.calendar import read_calendar
from apps.inventory.selectors.slots import PickupTimes, SlotRow, loads
from bakery.kernel import clock
from bakery.kernel.errors import Invalid

_SIZES = """
SELECT v.id, p.name, v.lead_time_hours, v.lead_days, v.cutoff_at, v.pieces, v.oven_minutes,
       v.decorator_minutes,
       CASE WHEN v.made_to_order THEN NULL ELSE coalesce(s.on_hand - s.reserved, 0) END,
       s.sold_out_at IS NOT NULL,
       (SELECT json_agg(json_build_array(d.day, d.on_hand - d.reserved))::text
        FROM inventory_datedstock d
        WHERE d.variant_id = v.id AND d.day >= %(since)s AND d.closed_at IS NULL),
       (SELECT json_agg(json_build_array(b.first_day, b.last_day, b.reason) ORDER BY b.id)::text
        FROM inventory_blackout b
        WHERE (b.product_id = p.id OR b.category_id = p.category_id)
          AND b.lifted_at IS NULL AND b.last_day >= %(since)s)
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN inventory_stock s ON s.variant_id = v.id
WHERE v.id = ANY(%(ids)s)
"""
_PICKUP = """
SELECT s.id, s.starts_at, s.ends_at, CASE WHEN s.closed THEN 0 ELSE s.capacity - s.booked END,
       dark.name, dark.reason
FROM inventory_slot s LEFT JOIN LATERAL (
    SELECT p.name, b.reason FROM inventory_blackout b
    JOIN catalog_product p ON p.id = b.product_id OR p.category_id = b.category_id
    JOIN catalog_variant v ON v.product_id = p.id
    WHERE v.id = ANY(%(variants)s) AND b.lifted_at IS NULL
      AND (s.starts_at AT TIME ZONE %(zone)s)::date BETWEEN b.first_day AND b.last_day
    LIMIT 1
) dark ON true
WHERE s.id = %(slot)s
"""


_PRIVATE_DARKS = """
SELECT DISTINCT b.first_day, b.last_day, b.reason FROM inventory_blackout b
JOIN catalog_product p ON p.id = b.product_id OR p.category_id = b.category_id
WHERE p.kind = 'custom_template' AND b.lifted_at IS NULL AND b.last_day >= %(since)s
"""


@dataclass(frozen=True, slots=True)
class PickupDay:
    """A day of the shop with the pickup times that could be had; if none, ``why`` not."""

    day: date
    slots: tuple[Load, ...]
    why: Refusal | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The promise for some goods, and every day ahead with what can be chosen."""

    promise: Promise
    days: tuple[PickupDay, ...]


def sizes_of(variant_ids: Collection[int], *, since: date) -> dict[int, Size]:
    """Return what a promise needs to know of each existing variant: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, {"ids": list(variant_ids), "since": since})
        return {row[0]: _size(*row) for row in cursor.fetchall()}


def _size(pk: int, name: str, hours: int, *facts: Any) -> Size:
    *plain, dated, darks = facts
    free = {date.fromisoformat(day): count for day, count in json.loads(dated or "[]")}
    blackouts = tuple(
        Dark(date.fromisoformat(first), date.fromisoformat(last), reason)
        for first, last, reason in json.loads(darks or "[]")
    )
    values = (timedelta(hours=hours), *plain, free, blackouts)
    return Size(pk, name, *values)


def promise_for(quantities: Mapping[int, int], *, at: datetime) -> Promise:
    """Return the earliest pickup for pieces by variant id, all in one order placed at ``at``.

    Raises `Invalid` ``unknown_variant``.
    """
    since = clock.shop_date(at)
    wanted = _wanted(quantities, sizes_of(quantities, since=since))
    return rules.promise(at, wanted, read_calendar(since=since), PickupTimes(after=at))


def promises_of(variant_ids: Collection[int], at: datetime) -> dict[int, catalog.Promise]:
    """Answer the catalog: the promise of one piece of each variant, ordered alone."""
    since = clock.shop_date(at)
    calendar, slots = read_calendar(since=since), PickupTimes(after=at)
    found = {}
    for pk, size in sizes_of(variant_ids, since=since).items():
        made = rules.promise(at, [(size, 1)], calendar, slots, alternatives=0)
        earliest = made.slot.starts_at if made.slot else None
        found[pk] = catalog.Promise(earliest, made.why.code, made.why.text)
    return found


def outlook(quantities: Mapping[int, int], *, at: datetime, days: int) -> Outlook:
    """Return the promise, and what can be chosen on each of ``days`` days from today on.

    Raises `Invalid` ``unknown_variant``.
    """
    sizes = sizes_of(quantities, since=clock.shop_date(at))
    return _outlook(_wanted(quantities, sizes), at=at, days=days)


def promise_for_size(size: Size, *, at: datetime) -> Promise:
    """Return the earliest pickup for one of a size that is not in the catalog: a custom cake.

    Days on which no custom cakes are made count, beside those that ``size`` names itself.
    """
    since = clock.shop_date(at)
    wanted = [(_as_private(size, since=since), 1)]
    return rules.promise(at, wanted, read_calendar(since=since), PickupTimes(after=at))


def outlook_for_size(size: Size, *, at: datetime, days: int) -> Outlook:
    """Return what `promise_for_size` does, and what can be chosen on each of ``days`` days."""
    wanted = [(_as_private(size, since=clock.shop_date(at)), 1)]
    return _outlook(wanted, at=at, days=days)


def last_call_for_size(size: Size, *, starts_at: datetime, at: datetime) -> datetime:
    """Return until when a custom cake can be ordered for a pickup at ``starts_at``.

    So that it has its working days before that; ``at`` when it is too late by now.
    """
    return rules.last_call(size, starts_at, read_calendar(since=clock.shop_date(at)), at=at)


def _as_private(size: Size, *, since: date) -> Size:
    with connection.cursor() as cursor:
        cursor.execute(_PRIVATE_DARKS, {"since": since})
        darks = tuple(Dark(*row) for row in cursor.fetchall())
    return replace(size, blackouts=(*size.blackouts, *darks))


def _outlook(wanted: list[tuple[Size, int]], *, at: datetime, days: int) -> Outlook:
    first = clock.shop_date(at)
    calendar, slots = read_calendar(since=first), PickupTimes(after=at)
    judge = Judge(at, wanted, calendar)
    by_day: dict[date, list[Load]] = defaultdict(list)
    last = first + timedelta(days=days - 1)
    for slot in slots:
        day = judge.day_of(slot)
        if day > last:
            break
        by_day[day].append(slot)
    else:
        # Days beyond the open calendar are one fact, not many.
        last = min(max(by_day, default=first), last)
    count = (last - first).days + 1
    listed = (first + timedelta(days=offset) for offset in range(count))
    return Outlook(
        rules.promise(at, wanted, calendar, slots),
        tuple(_pickup_day(day, by_day[day], judge) for day in listed),
    )


def judged_times(
    quantities: Mapping[int, int], *, day: date, at: datetime
) -> list[tuple[Load, Refusal | None]]:
    """Return every pickup time of ``day``, each with what stands against it, None when nothing.

    Raises `Invalid` ``unknown_variant``.
    """
    since = clock.shop_date(at)
    judge = Judge(
        at, _wanted(quantities, sizes_of(quantities, since=since)), read_calendar(since=since)
    )
    start = clock.start_of_shop_day(day)
    end = clock.start_of_shop_day(day + timedelta(days=1))
    found = loads(after=start - timedelta(microseconds=1), before=end)
    return [(slot, judge.refusal(slot)) for slot in found]


def _pickup_day(day: date, slots: Sequence[Load], judge: Judge) -> PickupDay:
    refusals = [(slot, judge.refusal(slot)) for slot in slots]
    free = tuple(slot for slot, refused in refusals if refused is None)
    if free:
        return PickupDay(day, free, None)
    return PickupDay(day, (), judge.calendar.why_dark(day) or _why_none(refusals))


def _why_none(refusals: Sequence[tuple[Load, Refusal | None]]) -> Refusal:
    """Return why no time of an open day can be had: the latest that is not closed says it."""
    if not refusals:
        return Refusal("past", "No pickup time is left that day.")
    still_open = [refused for slot, refused in refusals if refused and not slot.closed]
    return still_open[-1] if still_open else Refusal("closed", "Its pickup times are closed.")


def _wanted(quantities: Mapping[int, int], sizes: Mapping[int, Size]) -> list[tuple[Size, int]]:
    if unknown := sorted(quantities.keys() - sizes.keys()):
        raise Invalid(
            "unknown_variant", "Some goods do not exist.", details={"variant_ids": unknown}
        )
    return [(sizes[pk], quantity) for pk, quantity in quantities.items()]


def require_pickup(
    slot_id: int, variants: Mapping[int, SellableVariant], *, at: datetime
) -> SlotRow:
    """Return the pickup time if an order of ``variants``, placed at ``at``, may have it.

    Room and stock are not looked at: the hold takes them, or is refused. Raises `Invalid` with
    ``slot_unknown``, ``slot_past``, ``blackout``, or ``lead_time``, ``working_days``, ``cutoff``
    or ``closed`` (details: earliest, variant_id) when it is too early. One statement, and one
    more when working days count.
    """
    zone = clock.shop_zone()
    with connection.cursor() as cursor:
        cursor.execute(_PICKUP, {"variants": list(variants), "zone": zone.key, "slot": slot_id})
        row = cursor.fetchone()
    if row is None:
        raise Invalid("slot_unknown", "There is no such pickup time.")
    *fields, dark_name, dark_reason = row
    slot = SlotRow(*fields)
    if slot.starts_at < at:
        raise Invalid("slot_past", "This pickup time is over.")
    _require_time(slot, list(variants.values()), at=at)
    if dark_name is not None:
        raise Invalid("blackout", f"{dark_name}: {dark_reason}. Choose another day.")
    return slot


def _require_time(slot: SlotRow, variants: Sequence[SellableVariant], *, at: datetime) -> None:
    counts_days = any(variant.lead_days or variant.cutoff_at for variant in variants)
    calendar = (
        read_calendar(since=clock.shop_date(at))
        if counts_days
        else Calendar(clock.shop_zone(), (), {})
    )
    wanted = [
        (Size(v.id, v.product_name, v.lead_time, v.lead_days, v.cutoff_at), 1) for v in variants
    ]
    timing = rules.slowest(at, wanted, calendar)
    if timing.refusal is None or slot.starts_at >= timing.earliest:
        return
    details: dict[str, Any] = {"variant_id": timing.refusal.variant_id}
    if timing.earliest < rules.NEVER:
        details["earliest"] = timing.earliest.isoformat()
    message = f"{timing.refusal.text} Choose a later pickup time."
    raise Invalid(timing.refusal.code, message, details=details)
