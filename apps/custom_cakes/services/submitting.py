"""Sending a request: once for its key, with what it came to at that moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.custom_cakes.events import RequestSubmitted
from apps.custom_cakes.models import CakeRequest, CakeRevision, CakeWish
from apps.custom_cakes.rules.wishes import Contact, Wishes, check_wishes
from apps.custom_cakes.services.changing import count_change, lock_request
from apps.custom_cakes.services.contacts import checked_contact
from apps.custom_cakes.services.drafting import new_row
from apps.custom_cakes.services.estimating import LiveEstimate, estimate_design
from apps.custom_cakes.states import REQUEST_LIFE, Author, RequestStatus
from apps.pricing import services as pricing
from apps.pricing.states import Source
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.idempotency import KeyReused
from bakery.kernel.states import transition

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class _Sent:
    wishes: Wishes
    contact: Contact
    estimate: LiveEstimate


def submit_request(
    *,
    wishes: Wishes,
    contact: Contact,
    at: datetime,
    key: UUID | None = None,
    request_id: int | None = None,
    user_id: int | None = None,
) -> CakeRequest:
    """Send a request for review: a new one of ``key``, or the draft ``request_id``.

    The same again returns the first one. Raises `Invalid` with ``details.field`` for what is
    missing or wrong, `KeyReused` for another content, `NotFound` ``request_not_found``.
    """
    today = clock.shop_date(at)
    found = _sent_before(key, request_id)
    if found is not None:
        return _same(found, wishes, contact)
    wishes, contact = check_wishes(wishes, today=today), checked_contact(contact)
    sent = _Sent(wishes, contact, estimate_wishes(wishes, at=at))
    with transaction.atomic():
        request = _row(key, request_id, user_id, at=at)
        if request.status != RequestStatus.DRAFT:
            return _same(request, wishes, contact)
        _send(request, sent, user_id, at=at)
    return request


def estimate_wishes(wishes: Wishes, *, at: datetime) -> LiveEstimate:
    """Return what checked wishes come to now; outside of any transaction."""
    return estimate_design(
        design=wishes.design,
        guests=wishes.guests,
        wanted_on=wishes.wanted_on,
        budget=wishes.budget,
        allergies=wishes.allergies,
        at=at,
    )


def freeze_revision(
    request: CakeRequest,
    wishes: Wishes,
    estimate: LiveEstimate,
    *,
    previous: CakeRevision | None,
    by: Author,
    at: datetime,
) -> CakeRevision:
    """Write what is asked for now as the next revision; a step of the caller's transaction."""
    price, facts = estimate.price, estimate.facts
    prediction_id = pricing.log_prediction(
        source=Source.CUSTOM,
        subject=request.number,
        spec=facts.spec,
        price=price,
        servings=estimate.servings,
        at=at,
    )
    revision = CakeRevision.objects.create(
        request=request,
        no=_next_no(request),
        previous=previous,
        design=wishes.design.as_json(),
        facts={**facts.as_json(), "estimate": estimate.as_kept()},
        guests=wishes.guests,
        wanted_on=wishes.wanted_on,
        event_on=wishes.event_on,
        fulfilment=wishes.fulfilment,
        budget=wishes.budget,
        currency=price.currency,
        prediction_id=prediction_id,
        by=by,
        at=at,
    )
    CakeWish.objects.create(revision=revision, **_texts(wishes))
    return revision


def _next_no(request: CakeRequest) -> int:
    """Return the next revision's number; a counter-offer's may be beyond the current one."""
    return int(request.revisions.aggregate(last=Max("no"))["last"] or 0) + 1


def _texts(wishes: Wishes) -> dict[str, Any]:
    return {
        "words": wishes.words,
        "inscription": wishes.inscription,
        "colours": wishes.colours,
        "allergies": wishes.allergies,
        "note": wishes.note,
        "address": dict(wishes.address) if wishes.address else None,
    }


def _sent_before(key: UUID | None, request_id: int | None) -> CakeRequest | None:
    """Return the request if it was sent already, so that nothing is estimated for nothing."""
    rows = CakeRequest.objects.exclude(status=RequestStatus.DRAFT)
    if request_id is not None:
        return rows.filter(pk=request_id).first()
    return rows.filter(key=key).first() if key is not None else None


def _row(
    key: UUID | None, request_id: int | None, user_id: int | None, *, at: datetime
) -> CakeRequest:
    if request_id is not None:
        return lock_request(request_id, expected_version=None)
    if key is None:
        raise KeyReused("idempotency_key_required", "A new request needs a key.")
    request, is_new = new_row(key=key, draft=None, user_id=user_id, at=at)
    if not is_new and request.status == RequestStatus.DRAFT:
        # A draft is sent from its own address, which not everybody has who knows a key.
        raise KeyReused("idempotency_key_reused", "This key was used for another request.")
    return request


def _send(request: CakeRequest, sent: _Sent, user_id: int | None, *, at: datetime) -> None:
    contact = sent.contact
    count_change(request)
    freeze_revision(request, sent.wishes, sent.estimate, previous=None, by=Author.CUSTOMER, at=at)
    transition(
        request,
        machine=REQUEST_LIFE,
        to=RequestStatus.PENDING_REVIEW,
        actor=CUSTOMER,
        at=at,
        draft=None,
        submitted_at=at,
        user_id=request.user_id or user_id,
        customer_name=contact.name,
        customer_email=contact.email,
        customer_phone=contact.phone,
        language=contact.language,
    )
    outbox.emit(
        RequestSubmitted(request_id=request.pk, revision=1),
        key=f"{request.number}:{request.version}",
        at=at,
    )


def _same(request: CakeRequest, wishes: Wishes, contact: Contact) -> CakeRequest:
    """Return ``request`` if its first revision is what was sent now; raise `KeyReused` if not.

    Both in the form in which they are kept, by the day on which it was sent.
    """
    revision = request.revisions.select_related("wish").filter(no=1).first()
    if revision is None:
        raise Conflict("withdrawn_already", "This request was given up before it was sent.")
    sent = checked_contact(contact)
    is_theirs = (
        sent.name == request.customer_name
        and sent.email.lower() == request.customer_email.lower()
        and sent.phone == request.customer_phone
    )
    if is_theirs and is_same(revision, check_wishes(wishes, today=clock.shop_date(revision.at))):
        return request
    raise KeyReused(
        "idempotency_key_reused",
        "This key was used for another request. Use a new key.",
    )


def is_same(revision: CakeRevision, wishes: Wishes) -> bool:
    """Tell whether ``wishes`` are what ``revision`` asked for, to the letter."""
    names = ("guests", "wanted_on", "event_on", "fulfilment", "budget")
    wish = getattr(revision, "wish", None)
    texts = ("words", "inscription", "colours", "allergies", "note")
    return (
        revision.design == wishes.design.as_json()
        and all(getattr(revision, name) == getattr(wishes, name) for name in names)
        and wish is not None
        and all(getattr(wish, name) == getattr(wishes, name) for name in texts)
        and (wish.address or None) == (dict(wishes.address) if wishes.address else None)
    )
