"""Staff say yes: a price, how many it serves and a pickup time, for the customer to pay for."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.custom_cakes.events import OfferTakenBack
from apps.custom_cakes.models import CakeRequest, Quote
from apps.custom_cakes.rules.offers import OfferTerms
from apps.custom_cakes.rules.wishes import check_text
from apps.custom_cakes.selectors.appraisal import appraise, current_revision, request_of
from apps.custom_cakes.services.changing import count_change, lock_request, stale
from apps.custom_cakes.services.offering import (
    plan_end,
    plan_offer,
    record,
    record_offer,
    write_offer,
)
from apps.custom_cakes.services.placing import copy_quote, end_offer, place_quote
from apps.custom_cakes.states import (
    REQUEST_LIFE,
    UNDECIDED,
    QuoteKind,
    QuoteState,
    RequestStatus,
)
from apps.inventory import selectors as calendar
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.states import transition

_LONGEST_NOTE = 2000
_DECIDABLE = (*UNDECIDED, RequestStatus.EXPIRED)


def approve_request(
    *,
    request_id: int,
    expected_version: int,
    price: Decimal,
    servings_least: int,
    servings_most: int,
    slot_id: int,
    expires_at: datetime | None,
    words: str,
    reason: str,
    actor: str,
    may_go_below_floor: bool,
    at: datetime,
) -> Quote:
    """Offer the cake as it was asked for, with its time held until it is paid or the offer ends.

    ``price`` is before tax, as the shop writes prices; ``reason`` is needed where price or servings
    are not within what was predicted, or below the floor. ``expires_at`` None: as long as the rule
    gives. An offer that was made before is replaced. Of two who decide about the same version one
    is refused.

    Raises `NotFound` ``request_not_found``; `Conflict` ``stale_request`` (details: changes),
    ``not_decidable``, ``already_paid``, ``slot_full`` and other codes of the hold; `Refused`
    ``below_floor``; `Invalid` as `plan_offer`, ``reason_missing``, ``lead_time``, ``option_gone``.
    """
    terms = OfferTerms(
        price=price,
        servings_least=servings_least,
        servings_most=servings_most,
        slot_id=slot_id,
        expires_at=expires_at,
        words=words,
        reason=reason,
    )
    seen = require_seen(request_id, expected_version)
    revision = current_revision(seen)
    appraisal = appraise(revision, at=at)
    planned = plan_offer(terms, appraisal, may_go_below_floor=may_go_below_floor, at=at)
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        require_decidable(request)
        count_change(request)
        end_offer(request, actor=actor, reason="another offer was made", at=at)
        kind = QuoteKind.APPROVAL
        quote = write_offer(request, revision, planned, kind=kind, actor=actor, at=at)
        place_quote(request=request, quote=quote, actor=actor, reason=quote.reason, at=at)
        record_offer("approve", quote, planned, actor=actor, at=at)
    return quote


def take_back(
    *, request_id: int, expected_version: int, reason: str, actor: str, at: datetime
) -> CakeRequest:
    """Take an offer back that nobody has paid: it cannot be paid or accepted any more.

    ``reason`` is for staff; the customer is told that the offer holds no more, and to wait.
    Raises `NotFound` ``request_not_found``; `Conflict` ``stale_request``, ``nothing_to_take_back``
    or ``already_paid``; `Invalid` ``text_missing`` without a reason.
    """
    why = check_text(reason, longest=500, field_name="reason")
    if not why:
        raise Invalid("text_missing", "Say why.", details={"field": "reason"})
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        offered = (RequestStatus.APPROVED_AWAITING_PAYMENT, RequestStatus.COUNTER_OFFERED)
        if request.status not in offered:
            raise Conflict("nothing_to_take_back", "There is no offer that could be taken back.")
        count_change(request)
        end_offer(request, actor=actor, reason=why, at=at)
        transition(
            request,
            machine=REQUEST_LIFE,
            to=RequestStatus.PENDING_REVIEW,
            actor=actor,
            at=at,
            reason=why,
        )
        event = OfferTakenBack(request_id=request.pk, version=request.version)
        outbox.emit(event, key=f"{request.pk}:{request.version}", at=at)
        record(request_id, "take_back", actor=actor, reason=why, at=at)
    return request


def renew_offer(
    *,
    request_id: int,
    expected_version: int,
    slot_id: int | None,
    expires_at: datetime | None,
    actor: str,
    at: datetime,
) -> Quote:
    """Make an offer that lapsed once more, at its price; ``slot_id`` None: for the same time.

    Raises as `approve_request` does, and `Conflict` ``nothing_to_renew``.
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        if request.status != RequestStatus.EXPIRED:
            raise Conflict("nothing_to_renew", "Only an offer that lapsed can be made once more.")
        count_change(request)
        quote = renew_locked(
            request, slot_id=slot_id, expires_at=expires_at, made_by=actor, actor=actor, at=at
        )
        record(request_id, "renew", actor=actor, changes={"offer": [quote.no - 1, quote.no]}, at=at)
    return quote


def renew_locked(
    request: CakeRequest,
    *,
    slot_id: int | None,
    expires_at: datetime | None,
    made_by: str,
    actor: str,
    at: datetime,
    is_accepted: bool = False,
) -> Quote:
    """Make the last offer of a locked, counted request once more and place its order.

    A step of the caller's transaction. Raises `Conflict` ``nothing_to_renew``, ``already_paid`` and
    those of `place_quote`; `Invalid` ``bad_expiry``, ``slot_unknown``.
    """
    lapsed = Quote.objects.filter(request_id=request.pk, revision__no__gte=request.revision)
    last = lapsed.filter(state=QuoteState.EXPIRED).order_by("-no").first()
    if last is None:
        raise Conflict("nothing_to_renew", "There is no offer that could be made once more.")
    chosen = last.slot_id if slot_id is None else slot_id
    slot = calendar.slot(chosen)
    if slot is None:
        raise Invalid("slot_unknown", "There is no such pickup time.", details={"field": "slot_id"})
    days = int(last.revision.facts.get("lead_days", 0))
    ends_at = plan_end(expires_at, pickup_at=slot.starts_at, lead_days=days, at=at)
    end_offer(request, actor=actor, reason="the offer is made once more", at=at)
    quote = copy_quote(
        last, request=request, expires_at=ends_at, made_by=made_by, at=at, slot_id=chosen
    )
    place_quote(
        request=request,
        quote=quote,
        actor=actor,
        at=at,
        is_accepted=is_accepted,
        reason="offered once more",
    )
    return quote


def write_note(
    *, request_id: int, expected_version: int, text: str, actor: str, at: datetime
) -> CakeRequest:
    """Keep a note for the shop alone; the customer never sees it.

    Raises `NotFound` ``request_not_found``, `Conflict` ``stale_request`` and `Invalid`
    ``too_long`` or ``unprintable``.
    """
    note = check_text(text, longest=_LONGEST_NOTE, field_name="internal_note")
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        count_change(request)
        before, request.internal_note = request.internal_note, note
        CakeRequest.objects.filter(pk=request.pk).update(internal_note=note)
        # What it says may be about a person, and goes with them: the trail is for ever.
        changes = {"internal_note": [len(before), len(note)]}
        record(request_id, "note", actor=actor, changes=changes, at=at)
    return request


def require_seen(request_id: int, expected_version: int) -> CakeRequest:
    """Return a request that is still as it was seen, before anything is estimated.

    It is asked again with the row locked. Raises as `lock_request` does.
    """
    request = request_of(request_id)
    if request.version != expected_version:
        raise stale(request, expected_version)
    return request


def require_decidable(request: CakeRequest) -> None:
    """Refuse to decide about a request that is not waiting for the shop."""
    if request.status not in _DECIDABLE:
        label = RequestStatus(request.status).label
        raise Conflict("not_decidable", f"There is nothing to decide: {label}.")
