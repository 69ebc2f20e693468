"""What other cakes than the one asked for would cost and when: by the same model and calendar."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.custom_cakes.models import CakeRevision
from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.whatif import LATER, Idea, ideas_for
from apps.custom_cakes.selectors.appraisal import Appraisal, appraise, size_of
from apps.custom_cakes.selectors.options import choices_of, options
from apps.custom_cakes.states import OptionKind
from apps.inventory import selectors as calendar
from apps.pricing import selectors as pricing
from bakery.kernel import clock, money
from bakery.kernel.errors import Invalid

# Days that are looked ahead for a later one, beyond what is wanted.
_LATER_BY = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Another cake: ``difference`` of its price to that of the one asked for, negative for less.

    ``slot_id`` is a pickup time for it, on the wanted day where that can be had, else as near to
    it as there is one, on ``ready_on``; None when there is none. ``earliest`` is the first day on
    which it could be had at all, and ``why`` what binds it. ``text`` is what staff read.
    """

    code: str
    text: str
    design: Design
    estimate: pricing.PriceEstimate
    price: Decimal
    difference: Decimal
    servings_least: int
    servings_most: int
    slot_id: int | None
    ready_on: date | None
    earliest: date | None
    why: str


def what_ifs(revision: CakeRevision, asked: Appraisal, *, at: datetime) -> list[WhatIf]:
    """Return simpler cakes with what they save, and the same one on a later day if that saves."""
    choices = choices_of(asked.design.option_ids(), also_gone=True)
    ideas = ideas_for(asked.design, choices, options()[OptionKind.FINISH])
    found = (_what_if(idea, revision, asked, at=at) for idea in ideas)
    return [row for row in found if row is not None]


def what_if(code: str, revision: CakeRevision, asked: Appraisal, *, at: datetime) -> WhatIf | None:
    """Return one of them by its code, None when there is none of it (any more)."""
    return next((row for row in what_ifs(revision, asked, at=at) if row.code == code), None)


def _what_if(
    idea: Idea, revision: CakeRevision, asked: Appraisal, *, at: datetime
) -> WhatIf | None:
    wanted_on = revision.wanted_on or clock.shop_date(at)
    try:
        other = appraise(revision, at=at, design=idea.design)
    except Invalid:
        return None
    outlook = outlook_of(other, wanted_on, at=at)
    free = [day for day in outlook.days if day.slots]
    if idea.code == LATER:
        day = _later(free, wanted_on, asked, revision, at=at)
        if day is None:
            return None
        other = appraise(revision, at=at, design=idea.design, wanted_on=day.day)
    else:
        # Of the wanted day, or else of the next one that has room, or else of the last before it.
        day = next((row for row in free if row.day >= wanted_on), free[-1] if free else None)
        if day is not None and day.day != wanted_on:
            other = appraise(revision, at=at, design=idea.design, wanted_on=day.day)
    difference = other.price.price - asked.price.price
    return WhatIf(
        code=idea.code,
        text=_sentence(idea.text, difference, day.day if day else None, asked.price.currency),
        design=idea.design,
        estimate=other.price,
        price=other.price.price,
        difference=difference,
        servings_least=other.servings.least,
        servings_most=other.servings.most,
        slot_id=day.slots[0].id if day else None,
        ready_on=day.day if day else None,
        earliest=clock.shop_date(outlook.promise.slot.starts_at) if outlook.promise.slot else None,
        why=outlook.promise.why.text,
    )


def outlook_of(appraisal: Appraisal, wanted_on: date, *, at: datetime) -> calendar.Outlook:
    """Return the promise for a cake, and what can be chosen until four weeks past a day."""
    days = max(0, (wanted_on - clock.shop_date(at)).days) + _LATER_BY
    return calendar.outlook_for_size(size_of(appraisal.facts), at=at, days=days)


def _later(
    free: list[calendar.PickupDay],
    wanted_on: date,
    asked: Appraisal,
    revision: CakeRevision,
    *,
    at: datetime,
) -> calendar.PickupDay | None:
    """Return the first free day after the wanted one on which it is in no rush; None: no gain."""
    has_room = any(day.day == wanted_on for day in free)
    if has_room and not asked.facts.spec.is_rush:
        return None
    rush_days = pricing.rates_at(at).rush_days
    first = max(
        wanted_on + timedelta(days=1), clock.shop_date(revision.at) + timedelta(days=rush_days)
    )
    return next((day for day in free if day.day >= first), None)


def _sentence(text: str, difference: Decimal, ready_on: date | None, currency: str) -> str:
    """Return "Without the third tier: $85.00 less, ready Thursday 26 November"."""
    amount = money.display(abs(difference), currency)
    if difference == 0:
        price = "at the same price"
    else:
        price = f"{amount} {'less' if difference < 0 else 'more'}"
    if ready_on is None:
        return f"{text}: {price}, but no day is free"
    return f"{text}: {price}, ready {ready_on:%A} {ready_on.day} {ready_on:%B}"
