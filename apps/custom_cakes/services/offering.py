"""What approving and countering have in common: checks, the private size, the decision's log."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.catalog import services as catalog
from apps.custom_cakes.models import CakeRequest, CakeRevision, Quote
from apps.custom_cakes.rules.offers import (
    OfferTerms,
    check_end,
    check_terms,
    title_of,
    usual_end,
)
from apps.custom_cakes.selectors.appraisal import Appraisal, last_call_of
from apps.custom_cakes.services.placing import next_quote_no
from apps.custom_cakes.states import QuoteKind
from apps.inventory import selectors as calendar
from apps.pricing import services as pricing
from apps.pricing.states import Source
from bakery.kernel import audit
from bakery.kernel.errors import Invalid, Refused

_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An offer that was thought through before anything is written."""

    terms: OfferTerms
    appraisal: Appraisal
    ends_at: datetime
    pickup_at: datetime
    floor: Decimal

    @property
    def is_below_floor(self) -> bool:
        """Tell whether it is sold for less than the floor of its price."""
        return self.terms.price < self.floor


def plan_offer(
    terms: OfferTerms, appraisal: Appraisal, *, may_go_below_floor: bool, at: datetime
) -> Planned:
    """Check what staff typed against what the cake comes to.

    Raises `Refused` ``below_floor`` (details: floor) without the permission, `Invalid`
    ``reason_missing`` below the floor, ``slot_unknown``, ``slot_past``, ``bad_expiry`` and what
    `check_terms` raises.
    """
    check_terms(terms)
    floor = appraisal.price.floor_price
    if terms.price < floor:
        if not may_go_below_floor:
            raise Refused(
                "below_floor",
                f"A manager may sell it below {floor}. You may not.",
                details={"floor": str(floor), "field": "price"},
            )
        if not terms.reason.strip():
            raise Invalid(
                "reason_missing", "Say why it is sold below the floor.", details={"field": "reason"}
            )
    slot = calendar.slot(terms.slot_id)
    if slot is None:
        raise Invalid("slot_unknown", "There is no such pickup time.", details={"field": "slot_id"})
    if slot.starts_at <= at:
        raise Invalid("slot_past", "This pickup time is over.", details={"field": "slot_id"})
    ends_at = plan_end(
        terms.expires_at, pickup_at=slot.starts_at, lead_days=appraisal.facts.lead_days, at=at
    )
    return Planned(
        terms=terms, appraisal=appraisal, ends_at=ends_at, pickup_at=slot.starts_at, floor=floor
    )


def plan_end(
    wanted: datetime | None, *, pickup_at: datetime, lead_days: int, at: datetime
) -> datetime:
    """Return when an offer ends: as ``wanted``, None for the rule.

    Raises `Invalid` ``bad_expiry``.
    """
    last_call = last_call_of(lead_days, pickup_at=pickup_at, at=at)
    if wanted is None:
        return usual_end(at, last_call=last_call, hours=settings.CUSTOM_QUOTE_HOURS)
    check_end(wanted, at, last_call=last_call)
    return wanted


def _write_size(planned: Planned, *, actor: str, at: datetime) -> int:
    """Write down the size that only this offer sells; return its key."""
    facts, terms = planned.appraisal.facts, planned.terms
    spec = facts.spec
    size = catalog.PrivateSize(
        name=title_of(planned.appraisal.design),
        price=terms.price,
        unit_cost=planned.appraisal.price.costs.total,
        tiers=[
            {
                "shape": tier.shape,
                "length_in": str(tier.length_in),
                "height_in": str(tier.height_in),
                **({} if tier.width_in is None else {"width_in": str(tier.width_in)}),
            }
            for tier in spec.tiers
        ],
        servings_min=terms.servings_least,
        servings_max=terms.servings_most,
        weight_g=facts.weight_g,
        oven_minutes=facts.oven_minutes,
        decorator_minutes=facts.decorator_minutes,
        lead_days=facts.lead_days,
        message_max_length=_LONGEST_MESSAGE,
        allergens=facts.allergens,
    )
    return catalog.create_private_size(size=size, actor=actor, at=at)


def write_offer(
    request: CakeRequest,
    revision: CakeRevision,
    planned: Planned,
    *,
    kind: QuoteKind,
    actor: str,
    at: datetime,
) -> Quote:
    """Log what was predicted and decided, write the size down, and return the offer, unsaved.

    A step of the caller's transaction. Raises `Invalid` ``reason_missing`` where price or servings
    are out of what was predicted and nobody says why.
    """
    terms, price = planned.terms, planned.appraisal.price
    return Quote(
        request=request,
        revision=revision,
        no=next_quote_no(request),
        kind=kind,
        price=terms.price,
        total=terms.price,
        currency=price.currency,
        servings_least=terms.servings_least,
        servings_most=terms.servings_most,
        prediction_id=_log(request, planned, actor=actor, at=at),
        reason=terms.reason.strip(),
        words=terms.words.replace("\r\n", "\n").strip(),
        slot_id=terms.slot_id,
        variant_id=_write_size(planned, actor=actor, at=at),
        expires_at=planned.ends_at,
        made_by=actor,
        made_at=at,
    )


def _log(request: CakeRequest, planned: Planned, *, actor: str, at: datetime) -> int:
    """Keep what was predicted and what was decided about it; return the prediction's key."""
    terms, price = planned.terms, planned.appraisal.price
    prediction_id = pricing.log_prediction(
        source=Source.CUSTOM,
        subject=request.number,
        spec=planned.appraisal.facts.spec,
        price=price,
        servings=planned.appraisal.servings,
        at=at,
    )
    pricing.record_decision(
        prediction_id=prediction_id,
        final_price=terms.price,
        servings_least=terms.servings_least,
        servings_most=terms.servings_most,
        reason=terms.reason.strip(),
        actor=actor,
        at=at,
    )
    return prediction_id


def record_offer(action: str, quote: Quote, planned: Planned, *, actor: str, at: datetime) -> None:
    """Write the audit entry of an offer; the last thing in its transaction."""
    price = planned.appraisal.price
    offered: dict[str, Any] = {
        "price": [str(price.price), str(quote.price)],
        "range": [None, f"{price.low} to {price.high}"],
        "margin": [None, str(price.margin_at(quote.price))],
        "floor": [None, f"{planned.floor}{' (below)' if planned.is_below_floor else ''}"],
        "servings": [None, f"{quote.servings_least} to {quote.servings_most}"],
        "expires_at": [None, quote.expires_at.isoformat()],
        "offer": [None, quote.no],
    }
    record(quote.request_id, action, changes=offered, reason=quote.reason, actor=actor, at=at)


def record(
    request_id: int,
    action: str,
    *,
    actor: str,
    at: datetime,
    changes: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write the audit entry of what staff did with a request; the last thing in a transaction."""
    audit.record(
        actor=actor,
        action=f"custom_cakes.{action}",
        object_type="custom_cakes.cakerequest",
        object_id=request_id,
        changes=changes,
        reason=reason,
        at=at,
    )
