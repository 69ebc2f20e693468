"""The line for full days: joining, timed offers in turn, and what becomes of them.

A place that comes free goes to whoever waited longest of those it fits, and is held for them until
they order or the offer ends. Whoever orders without having waited is refused a place that somebody
in the line could use, however quick they are: see `yield_to_line`.

Locks are taken in the order entry, hold, stock, slot.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock_reads
from apps.inventory import services as stock
from apps.inventory.services import Work
from apps.orders.events import PlaceOffered, WaitEnded, WaitJoined
from apps.orders.models import CartLine, WaitEntry
from apps.orders.rules.contact import clean_email
from apps.orders.rules.waitlist import FULL_CODES, SHORTEST, offer_end
from apps.orders.selectors.cart_access import require_cart
from apps.orders.selectors.waitlist import ACTIVE, is_passed_over, turns
from apps.orders.states import WAIT_LIFE, WaitState
from bakery.kernel import audit, clock, outbox
from bakery.kernel.errors import Conflict, DomainError, Invalid, NotFound
from bakery.kernel.locks import advisory_lock, lock_one, locked
from bakery.kernel.rows import insert_unless_taken
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
CUSTOMER, SYSTEM = "customer", "system"
MAX_WAITS = 10
# How long it is known who waited, once it is over.
KEPT = timedelta(days=30)


def join_waitlist(
    *,
    cart_id: UUID,
    email: str,
    user_id: int | None,
    at: datetime,
    day: date | None = None,
    slot_id: int | None = None,
) -> WaitEntry:
    """Take the next place in the line for a day, or for one pickup time, with what is in the cart.

    Raises `NotFound` ``cart_not_found``; `Conflict` ``not_full`` when it can be ordered now,
    ``already_waiting``, ``too_many_waits``; `Invalid` ``cart_empty``, ``bad_email``,
    ``slot_unknown``, or why no place will ever do: ``never_fits``, ``closed``, ``lead_time`` and
    the other codes of a promise.
    """
    email = clean_email(email).lower()
    cart = require_cart(cart_id, user_id=user_id)
    quantities, variants = _goods(cart.pk)
    day = _day_of(day, slot_id)
    work = stock.work_of(quantities, variants)
    _require_full(quantities, work, day, slot_id, at=at)
    entry = WaitEntry(
        day=day,
        slot_id=slot_id,
        cart_id=cart.pk,
        user_id=user_id,
        email=email,
        quantities={str(pk): quantity for pk, quantity in quantities.items()},
        pieces=work.pieces,
        oven_minutes=work.oven_minutes,
        decorator_minutes=work.decorator_minutes,
        lead_hours=max(v.lead_time for v in variants.values()) // timedelta(hours=1),
        joined_at=at,
    )
    with transaction.atomic():
        advisory_lock(f"waitlist:{email}")
        if WaitEntry.objects.filter(email=email, state__in=ACTIVE).count() >= MAX_WAITS:
            raise Conflict("too_many_waits", "You wait for many days already. Leave one first.")
        if not insert_unless_taken(entry):
            raise Conflict("already_waiting", "This address waits for that already.")
        outbox.emit(WaitJoined(entry_id=entry.pk), key=str(entry.pk), at=at)
    return entry


def _day_of(day: date | None, slot_id: int | None) -> date:
    if slot_id is not None:
        slot = stock_reads.slot(slot_id)
        if slot is None:
            raise Invalid("slot_unknown", "There is no such pickup time.")
        return clock.shop_date(slot.starts_at)
    if day is None:
        raise Invalid("day_missing", "Say which day, or which pickup time.")
    return day


def _goods(cart_id: UUID) -> tuple[dict[int, int], Mapping[int, SellableVariant]]:
    """Return what of the cart is sold, by variant id, and those variants."""
    lines = list(CartLine.objects.filter(cart_id=cart_id))
    variants = catalog.sellable_variants({line.variant_id for line in lines}) if lines else {}
    quantities: dict[int, int] = {}
    for line in lines:
        if line.variant_id in variants:
            quantities[line.variant_id] = quantities.get(line.variant_id, 0) + line.quantity
    if not quantities:
        raise Invalid("cart_empty", "There is nothing in the cart.")
    return quantities, variants


def _require_full(
    quantities: Mapping[int, int], work: Work, day: date, slot_id: int | None, *, at: datetime
) -> None:
    """Insist that places are what is missing, and that one could come free that is big enough."""
    judged = stock_reads.judged_times(quantities, day=day, at=at)
    times = [(load, why) for load, why in judged if slot_id in {None, load.id}]
    if not times:
        raise Invalid("closed", "Nothing can be collected then.")
    if any(why is None for _, why in times):
        raise Conflict("not_full", "There is room: you can order this now.")
    full = [load for load, why in times if why and why.code in FULL_CODES]
    if not full:
        last = times[-1][1]
        raise Invalid(last.code if last else "closed", last.text if last else "")
    limits = [(x.max_pieces, x.max_oven_minutes, x.max_decorator_minutes) for x in full]
    needs = (work.pieces, work.oven_minutes, work.decorator_minutes)
    if not any(
        all(limit is None or need <= limit for need, limit in zip(needs, row, strict=True))
        for row in limits
    ):
        raise Invalid(
            "never_fits", "This is more than one pickup time has room for. Please talk to us."
        )


def leave_waitlist(*, entry_id: int, actor: str, at: datetime, reason: str = "") -> WaitEntry:
    """Give up a place in the line, and the place that is held, if one is; twice is as once.

    Raises `NotFound` ``wait_not_found``, `Conflict` ``illegal_transition`` when it was ordered.
    """
    with transaction.atomic():
        entry = lock_one(WaitEntry.objects.filter(pk=entry_id), what="wait")
        if entry.state in {WaitState.LEFT, WaitState.EXPIRED}:
            return entry
        _end(entry, WaitState.LEFT, actor=actor, reason=reason or "left the line", at=at)
        if actor != CUSTOMER:
            audit.record(
                actor=actor,
                action="waitlist.remove",
                object_type="orders.waitentry",
                object_id=entry.pk,
                changes={"day": [entry.day, None]},
                reason=reason,
                at=at,
            )
    return entry


def sweep_waitlist(*, at: datetime) -> int:
    """End what is over, then offer what is free; return how many offers were made."""
    end_overdue(at=at)
    WaitEntry.objects.filter(ended_at__lt=at - KEPT).delete()
    return offer_places(at=at)


def offer_places(*, at: datetime, limit: int = 200) -> int:
    """Offer every free place to the first in line whom it fits; return how many offers were made.

    Each offer is a transaction of its own; one that cannot be made now is left for the next round.
    """
    offered = 0
    for entry_id, slot_ids in turns(at=at, limit=limit):
        for slot_id in slot_ids:
            if _tried(partial(_offer, entry_id, slot_id, at=at), entry_id):
                offered += 1
                break
    return offered


def end_overdue(*, at: datetime, limit: int = 500) -> int:
    """End offers whose time is over, and the waiting of whom no place could help any more."""
    offers = WaitEntry.objects.filter(state=WaitState.OFFERED, offer_until__lte=at)
    ended = sum(
        _tried(partial(_end_offer, entry_id, at=at), entry_id)
        for entry_id in list(offers.order_by("pk").values_list("pk", flat=True)[:limit])
    )
    waiting = WaitEntry.objects.filter(state=WaitState.WAITING).order_by("day", "pk")
    for entry in list(waiting[:limit]):
        if _is_too_late(entry, at=at):
            ended += _tried(partial(_end_waiting, entry.pk, at=at), entry.pk)
    return ended


def redeem_offer(
    *, public_id: UUID, slot_id: int, user_id: int | None, order_number: str, at: datetime
) -> str:
    """Turn an offer into the order that is being placed; a step of that transaction.

    Returns the reference of the hold that the order's takes the place of. Raises `NotFound`
    ``wait_not_found``, `Conflict` ``offer_over`` or ``offer_elsewhere``.
    """
    entry = locked(WaitEntry.objects.filter(public_id=public_id)).first()
    if entry is None or entry.user_id not in {None, user_id}:
        raise NotFound("wait_not_found", "There is no such place in the line.")
    if entry.state != WaitState.OFFERED or entry.offer_until is None or entry.offer_until <= at:
        raise Conflict("offer_over", "This offer is over. Choose another pickup time.")
    if entry.slot_offered != slot_id:
        raise Conflict("offer_elsewhere", "Your offer is for another pickup time.")
    transition(
        entry,
        machine=WAIT_LIFE,
        to=WaitState.ACCEPTED,
        actor=CUSTOMER,
        at=at,
        order_number=order_number,
        ended_at=at,
    )
    return entry.hold_reference


def yield_to_line(*, slot_id: int, work: Work, at: datetime) -> None:
    """Refuse a place that was taken just now while somebody waits whom it would fit.

    A step of the transaction that took it, which must end with the refusal: `Conflict`
    ``slot_full`` with ``details.constraint`` "waiting".
    """
    if is_passed_over(slot_id, work, at=at):
        raise Conflict(
            "slot_full",
            "This pickup time is full: others wait for it. Choose another one, or join them.",
            details={"constraint": "waiting"},
        )


def forget_waiting(*, user_id: int, at: datetime) -> int:
    """Take an erased account out of every line and delete what names it; return how many rows."""
    rows = list(WaitEntry.objects.filter(user_id=user_id).values_list("pk", "state"))
    for entry_id, state in rows:
        if state in ACTIVE:
            leave_waitlist(entry_id=entry_id, actor=SYSTEM, reason="account erased", at=at)
    WaitEntry.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    return len(rows)


def _tried(call: Callable[[], bool], entry_id: int) -> bool:
    """Return what ``call`` returns; what is busy or refused now is for the next round."""
    try:
        return call()
    except (DatabaseError, DomainError):
        logger.warning("waiting list: left for the next round", extra={"object_id": entry_id})
        return False


def _offer(entry_id: int, slot_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        entry = locked(WaitEntry.objects.filter(pk=entry_id, state=WaitState.WAITING)).first()
        until = _offer_until(entry, slot_id, at=at) if entry is not None else None
        if entry is None or until is None:
            return False
        try:
            with transaction.atomic():
                stock.take_place_hold(
                    reference=entry.hold_reference,
                    slot_id=slot_id,
                    work=Work(entry.pieces, entry.oven_minutes, entry.decorator_minutes),
                    expires_at=until,
                    at=at,
                )
        except (Conflict, Invalid):
            return False  # somebody of the line before, or the calendar, was quicker
        transition(
            entry,
            machine=WAIT_LIFE,
            to=WaitState.OFFERED,
            actor=SYSTEM,
            at=at,
            slot_offered=slot_id,
            offered_at=at,
            offer_until=until,
        )
        outbox.emit(PlaceOffered(entry_id=entry.pk), key=str(entry.pk), at=at)
    return True


def _offer_until(entry: WaitEntry, slot_id: int, *, at: datetime) -> datetime | None:
    """Return until when the place can be offered so that the order is still made in time."""
    slot = stock_reads.slot(slot_id)
    if slot is None:
        return None
    until = offer_end(
        at,
        minutes=settings.SHOP_WAITLIST_OFFER_MINUTES,
        from_hour=settings.SHOP_WAITLIST_FROM_HOUR,
        to_hour=settings.SHOP_WAITLIST_TO_HOUR,
        zone=clock.shop_zone(),
        before=slot.starts_at - timedelta(hours=entry.lead_hours),
    )
    if until is None:
        return None
    variants = _variants(entry)
    # A cut-off may come before the offer's end; then it stands for as short as an offer may.
    return next(
        (end for end in (until, at + SHORTEST) if _could_order(slot_id, variants, at=end)), None
    )


def _variants(entry: WaitEntry) -> Mapping[int, SellableVariant]:
    return catalog.sellable_variants({int(pk) for pk in entry.quantities})


def _could_order(slot_id: int, variants: Mapping[int, SellableVariant], *, at: datetime) -> bool:
    try:
        stock_reads.require_pickup(slot_id, variants, at=at)
    except Invalid:
        return False
    return bool(variants)


def _is_too_late(entry: WaitEntry, *, at: datetime) -> bool:
    """Tell whether even the last pickup time waited for is too early for what is wanted."""
    quantities = {int(pk): quantity for pk, quantity in entry.quantities.items()}
    times = [
        load
        for load, _ in stock_reads.judged_times(quantities, day=entry.day, at=at)
        if entry.slot_id in {None, load.id} and load.starts_at > at
    ]
    if not times:
        return True
    return not _could_order(times[-1].id, _variants(entry), at=at + SHORTEST)


def _end_offer(entry_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        entry = lock_one(WaitEntry.objects.filter(pk=entry_id), what="wait")
        if entry.state != WaitState.OFFERED or entry.offer_until is None or entry.offer_until > at:
            return False
        _end(entry, WaitState.EXPIRED, actor=SYSTEM, reason="offer not taken", at=at)
        event = WaitEnded(entry_id=entry.pk, had_offer=True)
        outbox.emit(event, key=str(entry.pk), at=at)
    return True


def _end_waiting(entry_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        entry = lock_one(WaitEntry.objects.filter(pk=entry_id), what="wait")
        if entry.state != WaitState.WAITING:
            return False
        _end(entry, WaitState.EXPIRED, actor=SYSTEM, reason="no place came free in time", at=at)
        event = WaitEnded(entry_id=entry.pk, had_offer=False)
        outbox.emit(event, key=str(entry.pk), at=at)
    return True


def _end(entry: WaitEntry, to: WaitState, *, actor: str, reason: str, at: datetime) -> None:
    """Move a locked entry to its end and free what was held for it."""
    had_offer = entry.state == WaitState.OFFERED
    transition(
        entry, machine=WAIT_LIFE, to=to, actor=actor, at=at, reason=reason[:500], ended_at=at
    )
    if had_offer:
        stock.release_hold(reference=entry.hold_reference, reason=reason[:200], at=at)
