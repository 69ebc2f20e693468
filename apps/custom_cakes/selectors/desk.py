"""Everything that a decision about one request needs, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.custom_cakes.models import CakeRequest, CakeRevision, CakeWish, Quote, RequestMessage
from apps.custom_cakes.rules.deskwork import actions_for
from apps.custom_cakes.rules.differences import words_changed
from apps.custom_cakes.rules.offers import OfferTerms, usual_end
from apps.custom_cakes.rules.showing import shown_status, status_text, status_tone
from apps.custom_cakes.rules.telling import Note, budget_note, servings_note
from apps.custom_cakes.rules.wishes import LONGEST
from apps.custom_cakes.selectors.appraisal import (
    Appraisal,
    appraise,
    current_revision,
    last_call_of,
    request_of,
    wish_of,
)
from apps.custom_cakes.selectors.history import HistoryRow, history_of
from apps.custom_cakes.selectors.offer_mails import (
    Letter,
    differences_between,
    draft_letter,
    language_of,
)
from apps.custom_cakes.selectors.requests import PhotoRow, photo_rows
from apps.custom_cakes.selectors.whatif import WhatIf, outlook_of, what_ifs
from apps.custom_cakes.states import QuoteState, RequestStatus
from apps.descriptions import selectors as descriptions
from apps.descriptions.models import Draft
from apps.descriptions.states import DraftStatus, Subject
from apps.inventory import selectors as calendar
from apps.orders import selectors as orders
from bakery.kernel import clock, wording
from bakery.kernel.errors import DomainError

# Days before and after the wanted one of which pickup times are offered.
_BEFORE, _AFTER = 2, 5


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """A pickup time that has room for the cake, in words, with what is taken of it."""

    id: int
    starts_at: datetime
    text: str
    load: str


@dataclass(frozen=True, slots=True)
class DayChoice:
    """A day with the times that have room; ``why`` there are none."""

    day: date
    text: str
    is_wanted: bool
    slots: tuple[SlotChoice, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A request with all that its decision depends on.

    ``appraisal`` is None where nothing can be reckoned any more, and ``problem`` says why.
    ``alarms`` are what speaks against it for who is allergic, ``unknown`` allergens that nobody
    can vouch for. ``names`` are those of actors in the history.
    """

    request: CakeRequest
    revision: CakeRevision
    wish: CakeWish
    status: RequestStatus
    status_text: str
    tone: str
    photos: list[PhotoRow]
    labels: list[list[str]]
    changes: list[str]
    appraisal: Appraisal | None
    problem: str
    alarms: list[str]
    contains: list[str]
    may_contain: list[str]
    unknown: list[str]
    notes: list[Note]
    days: list[DayChoice]
    earliest: str
    earliest_why: str
    ideas: list[WhatIf]
    messages: list[RequestMessage]
    history: list[HistoryRow]
    names: dict[str, str]
    offer: Quote | None
    lapsed: Quote | None
    description: Draft | None
    actions: frozenset[str]


def desk_of(request_id: int, *, at: datetime) -> Desk:
    """Return everything about a request that was sent.

    It may run a model: never within a transaction. Raises `NotFound` ``request_not_found`` or
    ``nothing_asked``.
    """
    request = request_of(request_id)
    revision = current_revision(request)
    wish = wish_of(revision)
    appraisal, problem = _appraised(revision, at=at)
    status = _status(request, at=at)
    history = history_of(request.pk)
    quotes = list(Quote.objects.filter(request_id=request.pk).select_related("order", "revision"))
    decidable = bool(actions_for(status) & {"approve", "counter"})
    food = (appraisal.facts.allergens if appraisal else revision.facts.get("allergens")) or {}
    outlook = _outlook(revision, appraisal, at=at)
    return Desk(
        request=request,
        revision=revision,
        wish=wish,
        status=status,
        status_text=status_text(status),
        tone=status_tone(status),
        photos=photo_rows(request.pk),
        labels=appraisal.facts.labels if appraisal else revision.facts.get("labels", []),
        changes=_changes(revision),
        appraisal=appraisal,
        problem=problem,
        alarms=appraisal.facts.conflicts(wish.allergies) if appraisal else [],
        contains=_allergens(food, "contains"),
        may_contain=_allergens(food, "may_contain"),
        unknown=_allergens(food, "unknown"),
        notes=_notes(revision, appraisal),
        days=_days(outlook, revision),
        earliest=_earliest(outlook),
        earliest_why=outlook.promise.why.text if outlook else "",
        ideas=what_ifs(revision, appraisal, at=at) if appraisal and decidable else [],
        messages=list(request.messages.order_by("pk")),
        history=list(reversed(history)),
        names=orders.names_of({row.by for row in history}),
        offer=next((row for row in quotes if row.state in _IN_FORCE), None),
        lapsed=next((row for row in reversed(quotes) if row.state == QuoteState.EXPIRED), None),
        description=_description(request.number),
        actions=actions_for(status),
    )


_IN_FORCE = (QuoteState.OPEN, QuoteState.ACCEPTED)


def usual_terms(desk: Desk, idea: WhatIf | None = None) -> OfferTerms | None:
    """Return what the form is filled with: the predicted price and servings, on the wanted day.

    With an ``idea`` those of the other cake. None where nothing can be reckoned.
    """
    if desk.appraisal is None:
        return None
    if idea is not None:
        return OfferTerms(
            price=idea.price,
            servings_least=idea.servings_least,
            servings_most=idea.servings_most,
            slot_id=idea.slot_id or 0,
        )
    times = [slot.id for day in desk.days if day.is_wanted for slot in day.slots]
    return OfferTerms(
        price=desk.appraisal.price.price,
        servings_least=desk.appraisal.servings.least,
        servings_most=desk.appraisal.servings.most,
        slot_id=times[0] if times else 0,
    )


def end_of(slot_id: int, *, lead_days: int, at: datetime) -> datetime | None:
    """Return until when an offer for a pickup time is good by the rule; None without the time."""
    slot = calendar.slot(slot_id) if slot_id else None
    if slot is None:
        return None
    last_call = last_call_of(lead_days, pickup_at=slot.starts_at, at=at)
    return usual_end(at, last_call=last_call, hours=settings.CUSTOM_QUOTE_HOURS)


def draft_of(
    desk: Desk, terms: OfferTerms, *, at: datetime, idea: WhatIf | None = None
) -> Letter | None:
    """Return the mail that approving, or offering ``idea``, would send; None without a cake."""
    if desk.appraisal is None:
        return None
    lead_days = desk.appraisal.facts.lead_days
    ends_at = terms.expires_at or end_of(terms.slot_id, lead_days=lead_days, at=at) or at
    if idea is None:
        facts = desk.appraisal.facts
        labels = {"labels": facts.labels, "labels_fr": facts.labels_fr}
        return draft_letter(
            desk.request, desk.revision, terms, ends_at=ends_at, at=at, labels=labels
        )
    other = CakeRevision(
        pk=None,
        request=desk.request,
        previous=desk.revision,
        design=idea.design.as_json(),
        guests=desk.revision.guests,
        wanted_on=idea.ready_on,
        fulfilment=desk.revision.fulfilment,
        by="staff",
        at=at,
    )
    facts = appraise(other, at=at).facts
    changes = differences_between(desk.revision, other, language_of(desk.request))
    return draft_letter(
        desk.request,
        other,
        terms,
        ends_at=ends_at,
        at=at,
        labels={"labels": facts.labels, "labels_fr": facts.labels_fr},
        changes=changes,
    )


def _description(number: str) -> Draft | None:
    """Return the words that were drafted for the shop alone, once they are written."""
    draft = descriptions.latest_draft(Subject.CUSTOM, number)
    return draft if draft is not None and draft.status == DraftStatus.READY else None


def _appraised(revision: CakeRevision, *, at: datetime) -> tuple[Appraisal | None, str]:
    try:
        return appraise(revision, at=at), ""
    except DomainError as error:
        return None, error.message


def _allergens(food: Mapping[str, Any], what: str) -> list[str]:
    """Return allergens as people read them."""
    return [str(code).replace("_", " ") for code in food.get(what, ())]


def _status(request: CakeRequest, *, at: datetime) -> RequestStatus:
    order = request.order
    return shown_status(
        request.status,
        order_status=order.status if order else None,
        hold_expires_at=order.hold_expires_at if order else None,
        at=at,
    )


def _changes(revision: CakeRevision) -> list[str]:
    if revision.previous is None:
        return []
    before, now = (
        {name: getattr(wish_of(row), name) for name in LONGEST}
        for row in (revision.previous, revision)
    )
    return [
        *differences_between(revision.previous, revision, wording.DEFAULT),
        *words_changed(before, now),
    ]


def _notes(revision: CakeRevision, appraisal: Appraisal | None) -> list[Note]:
    if appraisal is None:
        return []
    price, servings = appraisal.price, appraisal.servings
    notes = [
        servings_note(servings.least, servings.most, revision.guests),
        budget_note(price.low, price.high, revision.budget, price.currency),
    ]
    return [note for note in notes if note is not None]


def _outlook(
    revision: CakeRevision, appraisal: Appraisal | None, *, at: datetime
) -> calendar.Outlook | None:
    if appraisal is None:
        return None
    return outlook_of(appraisal, revision.wanted_on or clock.shop_date(at), at=at)


def _days(outlook: calendar.Outlook | None, revision: CakeRevision) -> list[DayChoice]:
    """Return the wanted day and those around it, and the first free one if it is farther off."""
    if outlook is None:
        return []
    first = outlook.promise.slot
    wanted = revision.wanted_on or (clock.shop_date(first.starts_at) if first else None)
    if wanted is None:
        return []
    start, end = wanted - timedelta(days=_BEFORE), wanted + timedelta(days=_AFTER)
    near = [day for day in outlook.days if start <= day.day <= end]
    if not any(day.slots for day in near):
        near += [day for day in outlook.days if day.slots and day.day > end][:1]
    return [_day(day, wanted) for day in near]


def _day(day: calendar.PickupDay, wanted: date) -> DayChoice:
    slots: Sequence[SlotChoice] = [
        SlotChoice(slot.id, slot.starts_at, _time(slot.starts_at), _load(slot))
        for slot in day.slots
    ]
    text = f"{day.day:%a} {day.day.day} {day.day:%b}"
    why = day.why.text if day.why else ""
    return DayChoice(day.day, text, day.day == wanted, tuple(slots), why)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(clock.shop_zone()):%H:%M}"


def _load(slot: calendar.Load) -> str:
    parts = [f"{slot.booked} of {slot.capacity} orders"]
    if slot.max_decorator_minutes is not None:
        parts.append(f"decorators {slot.decorator_booked} of {slot.max_decorator_minutes} min")
    if slot.max_oven_minutes is not None:
        parts.append(f"oven {slot.oven_booked} of {slot.max_oven_minutes} min")
    return ", ".join(parts)


def _earliest(outlook: calendar.Outlook | None) -> str:
    if outlook is None or outlook.promise.slot is None:
        return ""
    return wording.moment_text(outlook.promise.slot.starts_at, clock.shop_zone())


def margin_text(margin: Decimal | None) -> str:
    """Return a share as "41 %", "-" for none."""
    return "-" if margin is None else f"{(margin * 100).quantize(Decimal(1))} %"
