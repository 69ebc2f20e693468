"""Staff offer another cake than was asked for; its place is kept while the customer thinks."""

import logging
from datetime import datetime
from decimal import Decimal

from django.db import DatabaseError, transaction

from apps.custom_cakes.events import CounterOffered, QuoteLapsed
from apps.custom_cakes.models import CakeRequest, CakeRevision, CakeWish, Quote
from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.offers import OfferTerms
from apps.custom_cakes.selectors.appraisal import appraise, current_revision, wish_of
from apps.custom_cakes.selectors.offer_mails import differences_between, sums_of
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.deciding import require_decidable, require_seen
from apps.custom_cakes.services.offering import Planned, plan_offer, record_offer, write_offer
from apps.custom_cakes.services.placing import SYSTEM, check_quote, end_offer, free_place
from apps.custom_cakes.states import (
    QUOTE_LIFE,
    REQUEST_LIFE,
    Author,
    QuoteKind,
    QuoteState,
    RequestStatus,
)
from apps.inventory import selectors as calendar
from apps.inventory import services as stock
from apps.orders import services as orders
from bakery.kernel import clock, outbox, wording
from bakery.kernel.errors import DomainError, Invalid
from bakery.kernel.states import transition

logger = logging.getLogger(__name__)
_LAPSED_AT_ONCE = 100


def counter_offer(
    *,
    request_id: int,
    expected_version: int,
    design: Design,
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
    """Offer ``design``, or the wanted one on another day, and keep its place until that ends.

    Nothing can be paid before the customer takes it. Raises as `approve_request` does, and
    `Invalid` ``nothing_changed`` for the very cake and day that were asked for.
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
    asked = current_revision(require_seen(request_id, expected_version))
    revision = _another(asked, design, slot_id, at=at)
    appraisal = appraise(revision, at=at)
    planned = plan_offer(terms, appraisal, may_go_below_floor=may_go_below_floor, at=at)
    # Without the fee of a delivery, which is known when the cake is ordered.
    total = sums_of(price, pickup_at=planned.pickup_at, at=at).total
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        require_decidable(request)
        count_change(request)
        end_offer(request, actor=actor, reason="another offer was made", at=at)
        quote = _write_counter(request, revision, asked, planned, total=total, actor=actor, at=at)
        record_offer("counter_offer", quote, planned, actor=actor, at=at)
    return quote


def _write_counter(
    request: CakeRequest,
    revision: CakeRevision,
    asked: CakeRevision,
    planned: Planned,
    *,
    total: Decimal,
    actor: str,
    at: datetime,
) -> Quote:
    """Write the offer with its revision, keep its place and let the request wait for an answer."""
    changes = differences_between(asked, revision, wording.DEFAULT)
    _write_revision(request, revision, asked, planned)
    kind = QuoteKind.COUNTER
    quote = write_offer(request, revision, planned, kind=kind, actor=actor, at=at)
    quote.total, quote.changes = total, changes
    quote.hold_reference = f"offer:{request.number}:{quote.no}"
    quote.save(force_insert=True)
    check_quote(request, quote, at=at)
    _keep_place(quote, planned, at=at)
    _move(request, actor=actor, reason="; ".join(changes), at=at)
    event = CounterOffered(request_id=request.pk, quote_id=quote.pk)
    outbox.emit(event, key=str(quote.pk), at=at)
    return quote


def lapse_counters(*, at: datetime, limit: int = _LAPSED_AT_ONCE) -> int:
    """End counter-offers that nobody took in time, each in its own transaction; return how many."""
    due = Quote.objects.filter(
        kind=QuoteKind.COUNTER, state=QuoteState.OPEN, order=None, expires_at__lte=at
    )
    count = 0
    for request_id in due.order_by("expires_at").values_list("request_id", flat=True)[:limit]:
        try:
            count += _lapse(request_id, at=at)
        except (DomainError, DatabaseError):
            logger.exception("offer not ended", extra={"object_id": request_id})
    return count


def _lapse(request_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        rows = Quote.objects.filter(request_id=request_id, kind=QuoteKind.COUNTER, order=None)
        quote = rows.filter(state=QuoteState.OPEN, expires_at__lte=at).first()
        if quote is None or request.status != RequestStatus.COUNTER_OFFERED:
            return False
        count_change(request)
        transition(quote, machine=QUOTE_LIFE, to=QuoteState.EXPIRED, actor=SYSTEM, at=at)
        free_place(quote, reason="nobody took the offer", at=at)
        transition(
            request,
            machine=REQUEST_LIFE,
            to=RequestStatus.EXPIRED,
            actor=SYSTEM,
            at=at,
            reason="nobody took the offer",
        )
        lapsed = QuoteLapsed(request_id=request.pk, quote_id=quote.pk)
        outbox.emit(lapsed, key=str(quote.pk), at=at)
    return True


def _another(asked: CakeRevision, design: Design, slot_id: int, *, at: datetime) -> CakeRevision:
    """Return the revision that is offered instead, not written yet."""
    slot = calendar.slot(slot_id)
    if slot is None:
        raise Invalid("slot_unknown", "There is no such pickup time.", details={"field": "slot_id"})
    wanted_on = clock.shop_date(slot.starts_at)
    as_json = design.as_json()
    if as_json == asked.design and wanted_on == asked.wanted_on:
        raise Invalid(
            "nothing_changed",
            "That is the cake that was asked for, on its day: approve it instead.",
            details={"field": "design"},
        )
    return CakeRevision(
        request_id=asked.request_id,
        previous=asked,
        design=as_json,
        guests=asked.guests,
        wanted_on=wanted_on,
        event_on=asked.event_on,
        fulfilment=asked.fulfilment,
        budget=asked.budget,
        currency=asked.currency,
        by=Author.STAFF,
        at=at,
    )


def _write_revision(
    request: CakeRequest, revision: CakeRevision, asked: CakeRevision, planned: Planned
) -> None:
    """Write what is offered instead, with the customer's own words beside it."""
    last = CakeRevision.objects.filter(request_id=request.pk).order_by("-no").first()
    revision.no = last.no + 1 if last else 1
    revision.facts = planned.appraisal.facts.as_json()
    revision.save(force_insert=True)
    wish = wish_of(asked)
    CakeWish.objects.create(
        revision=revision,
        words=wish.words,
        inscription=wish.inscription,
        colours=wish.colours,
        allergies=wish.allergies,
        note=wish.note,
        address=wish.address,
    )


def _keep_place(quote: Quote, planned: Planned, *, at: datetime) -> None:
    """Take the place of an offer, behind who waits for it, as an order would."""
    facts = planned.appraisal.facts
    work = stock.Work(1, facts.oven_minutes, facts.decorator_minutes)
    stock.take_place_hold(
        reference=quote.hold_reference,
        slot_id=quote.slot_id,
        work=work,
        expires_at=quote.expires_at,
        at=at,
    )
    orders.yield_to_line(slot_id=quote.slot_id, work=work, at=at)


def _move(request: CakeRequest, *, actor: str, reason: str, at: datetime) -> None:
    """Let the request wait for the customer, from wherever it is."""
    ways = (
        (RequestStatus.COUNTER_OFFERED,)
        if REQUEST_LIFE.allows(request.status, RequestStatus.COUNTER_OFFERED)
        else (RequestStatus.PENDING_REVIEW, RequestStatus.COUNTER_OFFERED)
    )
    for to in ways:
        transition(
            request,
            machine=REQUEST_LIFE,
            to=to,
            actor=actor,
            at=at,
            reason=reason[:500],
            decided_at=at,
        )
