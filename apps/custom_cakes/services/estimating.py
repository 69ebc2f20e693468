"""What a design would cost, how many it serves and when it could be had; nothing is written."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.facts import DesignFacts
from apps.custom_cakes.rules.telling import (
    ALLERGY,
    Note,
    allergy_notes,
    budget_note,
    dear_words,
    servings_note,
)
from apps.custom_cakes.selectors.facts import facts_of
from apps.inventory import selectors as inventory
from apps.pricing import services as pricing
from apps.pricing.selectors import PriceEstimate, ServingsEstimate
from bakery.kernel import clock, wording

_NAME = "Your cake"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEstimate:
    """A design as it could be sold now. ``price`` is for staff; customers see `as_public`.

    ``notes`` tell whether it suits guests, budget and allergies, ``dear`` what makes it dear.
    """

    design: Design
    facts: DesignFacts
    price: PriceEstimate
    servings: ServingsEstimate
    promise: inventory.Promise
    notes: tuple[Note, ...]
    dear: tuple[str, ...]
    wanted_on: date | None = None

    def as_public(self, language: str = wording.DEFAULT) -> dict[str, object]:
        """Return, as JSON, what a customer may know: a range, never a cost or a margin."""
        currency = self.price.currency
        slot = self.promise.slot
        return {
            "currency": currency,
            "low": str(self.price.low),
            "high": str(self.price.high),
            "range": range_text(self.price.low, self.price.high, currency, language),
            "range_fr": range_text(self.price.low, self.price.high, currency, wording.FRENCH),
            "servings_least": self.servings.least,
            "servings_most": self.servings.most,
            "earliest": slot.starts_at.isoformat() if slot else None,
            "earliest_text": earliest_text(self.promise, language),
            "earliest_why": self.promise.why.text,
            "notes": [
                {"code": note.code, "text": note.text, "is_ok": note.is_ok} for note in self.notes
            ],
            "dear": list(self.dear),
        }

    def as_kept(self) -> dict[str, object]:
        """Return `as_public` as a revision keeps it for ever: without the notes on allergies.

        They repeat what the customer wrote, which must be forgotten with them.
        """
        lasting = [
            {"code": note.code, "text": note.text, "is_ok": note.is_ok}
            for note in self.notes
            if note.code != ALLERGY
        ]
        return {**self.as_public(), "notes": lasting}


def earliest_text(promise: inventory.Promise, language: str = wording.DEFAULT) -> str:
    """Return the day and time of a promise in the shop's words, "" when there is none."""
    if promise.slot is None:
        return ""
    zone: ZoneInfo = clock.shop_zone()
    return wording.moment_text(promise.slot.starts_at, zone, language)


def estimate_design(
    *,
    design: Design,
    guests: int | None,
    wanted_on: date | None,
    at: datetime,
    budget: Decimal | None = None,
    allergies: str = "",
) -> LiveEstimate:
    """Return what ``design`` comes to now, by the functions that staff decide with.

    Raises `Invalid` as `facts_of` does (``option_gone`` and others). Writes nothing.
    """
    facts = facts_of(design, wanted_on=wanted_on, at=at)
    price = pricing.estimate_price(spec=facts.spec, at=at)
    servings = pricing.estimate_servings(
        spec=facts.spec, style=design.style, keep_top=design.keep_top, at=at
    )
    promise = inventory.promise_for_size(size_of(facts), at=at)
    notes: list[Note | None] = [
        servings_note(servings.least, servings.most, guests),
        budget_note(price.low, price.high, budget, price.currency),
        _day_note(promise, wanted_on),
        *allergy_notes(facts.conflicts(allergies)),
    ]
    return LiveEstimate(
        design=design,
        facts=facts,
        price=price,
        servings=servings,
        promise=promise,
        wanted_on=wanted_on,
        notes=tuple(note for note in notes if note is not None),
        dear=_dear(design, facts),
    )


def _dear(design: Design, facts: DesignFacts) -> tuple[str, ...]:
    words = dear_words(
        tiers=len(design.tiers),
        labour_hours=facts.spec.labour_hours,
        complexity=facts.spec.complexity,
        is_rush=facts.spec.is_rush,
        decorations=sum(count for _, count in design.decorations),
    )
    return tuple(words)


def size_of(facts: DesignFacts) -> inventory.Size:
    """Return what a promise needs to know of a cake that is not in the catalog yet."""
    return inventory.Size(
        variant_id=0,
        name=_NAME,
        lead_days=facts.lead_days,
        oven_minutes=facts.oven_minutes,
        decorator_minutes=facts.decorator_minutes,
    )


def _day_note(promise: inventory.Promise, wanted_on: date | None) -> Note | None:
    """Tell whether the day that is wanted can be had at all."""
    if wanted_on is None or promise.slot is None:
        return None
    earliest = clock.shop_date(promise.slot.starts_at)
    if wanted_on >= earliest:
        return None
    text = (
        f"{wording.day_text(wanted_on)} is too soon: the earliest is {wording.day_text(earliest)}."
    )
    return Note("day", text, is_ok=False)


def range_text(low: Decimal, high: Decimal, currency: str, language: str = wording.DEFAULT) -> str:
    """Return "$120.00 to $150.00", in French "120,00 $ à 150,00 $"."""
    texts = (wording.amount_text(value, currency, language) for value in (low, high))
    return (" à " if language == wording.FRENCH else " to ").join(texts)
