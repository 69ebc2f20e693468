"""What an offer may say, and how long it is good for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.wishes import check_text, wrong
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid

MAX_PRICE = Decimal(100_000)
MAX_WORDS, MAX_REASON, MAX_SERVINGS = 2000, 500, 5000
# Nobody can read a mail and pay in less; nobody plans ovens around an offer for longer.
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=30)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTerms:
    """What staff decide about a cake: ``price`` before tax as the shop writes prices.

    ``words`` are for the customer, ``reason`` why price or servings are not what was predicted.
    ``expires_at`` None: as long as the rule gives.
    """

    price: Decimal
    servings_least: int
    servings_most: int
    slot_id: int
    expires_at: datetime | None = None
    words: str = ""
    reason: str = ""


def check_terms(terms: OfferTerms) -> None:
    """Raise `Invalid` with ``details.field``: ``bad_price``, ``bad_servings`` or ``too_long``."""
    price = terms.price
    if not price.is_finite() or not 0 < price < MAX_PRICE or price != price.quantize(_CENT):
        raise wrong("bad_price", "A price above nothing, in whole cents.", "price")
    least, most = terms.servings_least, terms.servings_most
    if not 1 <= least <= most <= MAX_SERVINGS:
        raise wrong("bad_servings", "From how many to how many it serves.", "servings_least")
    for name, text, longest in (
        ("words", terms.words, MAX_WORDS),
        ("reason", terms.reason, MAX_REASON),
    ):
        check_text(text, longest=longest, field_name=name)


def usual_end(at: datetime, *, last_call: datetime, hours: int) -> datetime:
    """Return when an offer of ``at`` ends by the rule: after ``hours``, but in time for the work.

    That is at ``last_call``. Never within the shortest time: then the pickup itself is too soon,
    which its time says.
    """
    return max(min(at + timedelta(hours=hours), last_call), at + SHORTEST)


def check_end(end: datetime, at: datetime, *, last_call: datetime) -> None:
    """Raise `Invalid` ``bad_expiry`` (details: field, earliest, latest) outside of the limits."""
    earliest = at + SHORTEST
    latest = max(min(at + LONGEST, last_call), earliest)
    if earliest <= end <= latest:
        return
    raise Invalid(
        "bad_expiry",
        "The offer must be good for an hour at least, and end in time for the work on the cake.",
        details={
            "field": "expires_at",
            "earliest": earliest.isoformat(),
            "latest": latest.isoformat(),
        },
    )


def title_of(design: Design) -> str:
    """Return what a cake is called in a list, such as "3 tiers, wedding"."""
    count = len(design.tiers)
    tiers = "1 tier" if count == 1 else f"{count} tiers"
    return f"{tiers}, {EventType(design.event_type).label}"
