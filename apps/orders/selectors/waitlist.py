"""Who waits for a full day, whose turn it is, and what is offered to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from apps.accounts import selectors as accounts
from apps.inventory import selectors as inventory
from apps.inventory.services import Work
from apps.orders.models import WaitEntry
from apps.orders.rules.event_day import day_text
from apps.orders.rules.pickup import local_text, short_text
from apps.orders.selectors.mails import Mail
from apps.orders.states import WaitState
from bakery.kernel import clock, wording
from bakery.kernel.errors import NotFound

ACTIVE = (WaitState.WAITING, WaitState.OFFERED)
# A slot and somebody who waits for it, who is not too late for it.
_PAIR = """
w.state = 'waiting' AND s.starts_at > %(at)s + make_interval(hours => w.lead_hours)
AND (w.slot_id = s.id
     OR w.slot_id IS NULL AND w.day = (s.starts_at AT TIME ZONE %(zone)s)::date)
"""
_TURNS = f"""
SELECT w.id, array_agg(s.id ORDER BY s.starts_at)
FROM orders_waitentry w JOIN inventory_slot s ON {_PAIR}
 AND NOT s.closed AND s.booked < s.capacity
 AND (s.max_pieces IS NULL OR s.pieces_booked + w.pieces <= s.max_pieces)
 AND (s.max_oven_minutes IS NULL OR s.oven_booked + w.oven_minutes <= s.max_oven_minutes)
 AND (s.max_decorator_minutes IS NULL
      OR s.decorator_booked + w.decorator_minutes <= s.max_decorator_minutes)
GROUP BY w.id ORDER BY w.id LIMIT %(limit)s
"""  # noqa: S608 - put together of constants
_PASSED_OVER = f"""
SELECT EXISTS (
SELECT 1 FROM orders_waitentry w JOIN inventory_slot s ON {_PAIR} AND s.id = %(slot)s
 AND (s.max_pieces IS NULL OR s.pieces_booked - %(pieces)s + w.pieces <= s.max_pieces)
 AND (s.max_oven_minutes IS NULL
      OR s.oven_booked - %(oven)s + w.oven_minutes <= s.max_oven_minutes)
 AND (s.max_decorator_minutes IS NULL
      OR s.decorator_booked - %(decorator)s + w.decorator_minutes <= s.max_decorator_minutes))
"""  # noqa: S608 - put together of constants


@dataclass(frozen=True)
class Waiting:
    """A place in the line as its owner sees it.

    ``ahead`` is how many wait before them for the same day or time; ``pickup`` is what is offered,
    in words, until ``offer_until``.
    """

    entry: WaitEntry
    day: str
    ahead: int
    pickup: str


@dataclass(frozen=True)
class DayLine:
    """How many wait for a day, and how many have an offer."""

    day: date
    waiting: int
    offered: int


def turns(*, at: datetime, limit: int = 200) -> list[tuple[int, list[int]]]:
    """Return whoever could be offered a place now, first come first, with the slots that fit."""
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, {"at": at, "zone": clock.shop_zone().key, "limit": limit})
        return [(entry_id, list(slots)) for entry_id, slots in cursor.fetchall()]


def is_passed_over(slot_id: int, own: Work, *, at: datetime) -> bool:
    """Tell whether somebody waits to whom the place belongs that was taken with ``own`` work.

    Asked by whoever took it, in the same transaction: the slot is locked, so that the room before
    the taking is known for certain.
    """
    values: dict[str, Any] = {
        "slot": slot_id,
        "at": at,
        "zone": clock.shop_zone().key,
        "pieces": own.pieces,
        "oven": own.oven_minutes,
        "decorator": own.decorator_minutes,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PASSED_OVER, values)
        return bool(cursor.fetchone()[0])


def wait_entry(public_id: UUID, *, user_id: int | None) -> WaitEntry:
    """Return the place in the line; raise `NotFound` ``wait_not_found``.

    A guest's is opened by its key alone, one of an account is that account's only.
    """
    entry = WaitEntry.objects.filter(public_id=public_id).first()
    if entry is None or entry.user_id not in {None, user_id}:
        raise NotFound("wait_not_found", "There is no such place in the line.")
    return entry


def standing_offer(public_id: UUID, *, user_id: int | None, at: datetime) -> WaitEntry | None:
    """Return the entry while a place is held for it, None otherwise."""
    entry = WaitEntry.objects.filter(
        public_id=public_id, state=WaitState.OFFERED, offer_until__gt=at
    ).first()
    return entry if entry is not None and entry.user_id in {None, user_id} else None


def waiting_view(entry: WaitEntry, *, at: datetime) -> Waiting:
    """Return an entry in words."""
    ahead = 0
    if entry.state == WaitState.WAITING:
        same = (
            Q(slot_id=None) if entry.slot_id is None else Q(slot_id=None) | Q(slot_id=entry.slot_id)
        )
        line = WaitEntry.objects.filter(same, day=entry.day, state=WaitState.WAITING)
        ahead = line.filter(pk__lt=entry.pk).count()
    return Waiting(
        entry, day_text(entry.day, today=clock.shop_date(at)), ahead, pickup_of(entry.slot_offered)
    )


def pickup_of(slot_id: int | None, language: str = wording.DEFAULT) -> str:
    """Return a pickup time in the shop's words, "" for none."""
    slot = inventory.slot(slot_id) if slot_id is not None else None
    if slot is None:
        return ""
    return local_text(slot.starts_at, slot.ends_at, clock.shop_zone(), language)


def waiting_mail(entry_id: int) -> Mail | None:
    """Return recipient and context of the mails about a place in the line; None if it is gone."""
    entry = WaitEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        return None
    zone = clock.shop_zone()
    language = _language_of(entry)
    context = {
        "path": f"/waitlist/{entry.public_id}/",
        "day": wording.day_text(entry.day, language),
        "pickup": pickup_of(entry.slot_offered, language),
        "until": short_text(entry.offer_until, zone, language) if entry.offer_until else "",
    }
    return Mail(entry.email, context, language=language, useful_until=entry.offer_until)


def _language_of(entry: WaitEntry) -> str:
    user = accounts.user(entry.user_id) if entry.user_id is not None else None
    return wording.language_of(user.language if user is not None else "")


def days_waited_for(*, since: date) -> list[DayLine]:
    """Return the days ahead that somebody waits for, with how many."""
    rows = (
        WaitEntry.objects.filter(day__gte=since, state__in=ACTIVE)
        .order_by("day")
        .values("day")
        .annotate(
            waiting=Count("pk", filter=Q(state=WaitState.WAITING)),
            offered=Count("pk", filter=Q(state=WaitState.OFFERED)),
        )
    )
    return [DayLine(**row) for row in rows]


def line_of(*, day: date | None = None, states: Sequence[str] = ()) -> QuerySet[WaitEntry]:
    """Return entries in their order, of one day if told so."""
    rows = WaitEntry.objects.order_by("pk")
    if day is not None:
        rows = rows.filter(day=day)
    return rows.filter(state__in=states) if states else rows
