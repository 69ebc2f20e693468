"""What a request comes to: facts of its design, price and servings, by the functions of all."""

from dataclasses import dataclass
from datetime import date, datetime

from apps.custom_cakes.models import CakeRequest, CakeRevision, CakeWish
from apps.custom_cakes.rules.design import Design, parse_design
from apps.custom_cakes.rules.facts import DesignFacts
from apps.custom_cakes.selectors.facts import facts_of
from apps.custom_cakes.states import Author
from apps.inventory import selectors as calendar
from apps.pricing import services as pricing
from apps.pricing.selectors import PriceEstimate, ServingsEstimate
from bakery.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Appraisal:
    """A design with what it needs, should cost and serves."""

    design: Design
    facts: DesignFacts
    price: PriceEstimate
    servings: ServingsEstimate


def appraise(
    revision: CakeRevision,
    *,
    at: datetime,
    design: Design | None = None,
    wanted_on: date | None = None,
) -> Appraisal:
    """Return what a revision, or another ``design`` or day in its place, comes to by what holds.

    Notice counts from the day on which it was asked for: the shop's own days of thinking make
    nothing dearer. It may run a model: never within a transaction. Raises `Invalid` as `facts_of`.
    """
    chosen = design or parse_design(revision.design)
    facts = facts_of(chosen, wanted_on=wanted_on or revision.wanted_on, at=_asked_at(revision))
    return Appraisal(
        chosen,
        facts,
        pricing.estimate_price(spec=facts.spec, at=at, subject=revision.request.number),
        pricing.estimate_servings(
            spec=facts.spec, style=chosen.style, keep_top=chosen.keep_top, at=at
        ),
    )


def _asked_at(revision: CakeRevision) -> datetime:
    """Return when the customer last asked: what the shop offers instead is no new question."""
    if revision.by == Author.STAFF and revision.previous is not None:
        return revision.previous.at
    return revision.at


def request_of(request_id: int) -> CakeRequest:
    """Return a request; raise `NotFound` ``request_not_found``."""
    request = CakeRequest.objects.select_related("order").filter(pk=request_id).first()
    if request is None:
        raise NotFound("request_not_found", "There is no such request.")
    return request


def current_revision(request: CakeRequest) -> CakeRevision:
    """Return what is asked for now; raise `NotFound` ``nothing_asked`` for a draft."""
    found = CakeRevision.objects.filter(request_id=request.pk, no=request.revision).first()
    if found is None:
        raise NotFound("nothing_asked", "Nothing was asked for yet.")
    return found


def wish_of(revision: CakeRevision) -> CakeWish:
    """Return what was written with a revision; an empty one where nothing was, or is any more."""
    return CakeWish.objects.filter(revision_id=revision.pk).first() or CakeWish(revision=revision)


def last_call_of(lead_days: int, *, pickup_at: datetime, at: datetime) -> datetime:
    """Return until when an offer can be paid or taken so that its cake is made in time.

    ``lead_days`` are working days, as a promise counts them.
    """
    size = calendar.Size(variant_id=0, name="This cake", lead_days=lead_days)
    return calendar.last_call_for_size(size, starts_at=pickup_at, at=at)


def size_of(facts: DesignFacts) -> calendar.Size:
    """Return what a promise needs to know of a cake that is not in the catalog."""
    return calendar.Size(
        variant_id=0,
        name="This cake",
        lead_days=facts.lead_days,
        oven_minutes=facts.oven_minutes,
        decorator_minutes=facts.decorator_minutes,
    )
