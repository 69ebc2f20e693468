"""Requests as their customers see them: by the signed address, and in an account's list."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.custom_cakes.models import CakePhoto, CakeRequest, CakeRevision, CakeWish, Quote
from apps.custom_cakes.rules.allergies import conflicts_of
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.rules.differences import words_changed
from apps.custom_cakes.rules.link import photo_path, read_token, request_path, request_token
from apps.custom_cakes.rules.showing import shown_status, status_text, status_tone
from apps.custom_cakes.rules.telling import allergy_notes
from apps.custom_cakes.rules.typed import CONTACT
from apps.custom_cakes.selectors.facts import diff_of
from apps.custom_cakes.states import QuoteState, RequestStatus
from apps.inventory import selectors as calendar
from apps.orders import selectors as orders
from apps.orders.states import Fulfilment, OrderStatus
from bakery.kernel import clock, wording
from bakery.kernel.errors import NotFound

_S = RequestStatus
# Differences take a statement each; older versions are for the shop.
_MOST_VERSIONS = 10
_OFFERED = (QuoteState.OPEN, QuoteState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A picture; ``path`` is signed and works for an hour."""

    public_id: UUID
    path: str
    caption: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer of the shop, its amounts and moments in words."""

    no: int
    kind: str
    state: str
    is_open: bool
    price: str
    total: str
    servings_least: int
    servings_most: int
    words: str
    changes: list[str]
    pickup: str
    until: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What somebody wrote; ``is_shop`` tells who."""

    is_shop: bool
    text: str
    at: datetime
    when: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One revision, with what it changed in the one before it."""

    no: int
    is_shop: bool
    at: datetime
    when: str
    differences: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """A request as its page shows it: nothing of who asked, and no cost.

    ``status`` is the one that customer and staff both see. ``pay_path`` is "" unless something can
    be paid now; ``draft`` is what was typed while nothing was sent. The ``may_`` flags say which
    buttons there are.
    """

    id: int
    number: str
    token: str
    path: str
    version: int
    status: RequestStatus
    status_text: str
    tone: str
    revision: int = 0
    labels: list[list[str]] = field(default_factory=list)
    facts: list[list[str]] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    estimate: dict[str, Any] = field(default_factory=dict)
    offer: OfferRow | None = None
    pay_path: str = ""
    pay_until: str = ""
    order_number: str = ""
    total: str = ""
    deposit: str = ""
    messages: list[MessageRow] = field(default_factory=list)
    photos: list[PhotoRow] = field(default_factory=list)
    revisions: list[RevisionRow] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    may_revise: bool = False
    may_withdraw: bool = False
    may_reopen: bool = False
    may_renew: bool = False
    may_answer: bool = False
    may_decide: bool = False


def request_by_token(token: str) -> CakeRequest:
    """Return the request of an address; raise `NotFound` ``request_not_found``."""
    public_id = read_token(token)
    found = CakeRequest.objects.filter(public_id=public_id).first() if public_id else None
    if found is None or found.erased_at is not None:
        raise NotFound("request_not_found", "This address is not complete, or not ours.")
    return found


def request_page(token: str, at: datetime, language: str = wording.DEFAULT) -> RequestPage:
    """Return what the address of a request shows; raise `NotFound` ``request_not_found``."""
    request = request_by_token(token)
    head = _head(request, at=at)
    photos = photo_rows(request.pk)
    revisions = list(
        CakeRevision.objects.filter(request_id=request.pk).select_related("wish").order_by("no")
    )
    current = next((row for row in revisions if row.no == request.revision), None)
    if current is None:
        return RequestPage(
            **head,
            photos=photos,
            draft=_without_contact(request.draft),
            may_withdraw=request.status == _S.DRAFT,
        )
    status = head["status"]
    quotes = list(Quote.objects.filter(request_id=request.pk).order_by("no"))
    return RequestPage(
        **head,
        revision=current.no,
        labels=_labels(current, language),
        facts=_facts(current, language),
        words=_words(current),
        estimate=_estimate(current, language),
        offer=_offer(request, quotes, at=at, language=language),
        **_payment(request, status, at=at, language=language),
        messages=[
            MessageRow(row.author == "staff", row.text, row.at, _when(row.at, language))
            for row in request.messages.all()
        ],
        photos=photos,
        revisions=_revision_rows(revisions[-_MOST_VERSIONS:], language),
        **_flags(status, quotes, current, at=at),
    )


def path_of(request: CakeRequest) -> str:
    """Return the path of a request's page."""
    return request_path(request.public_id)


def typed_of(request: CakeRequest) -> dict[str, Any]:
    """Return what a request asks for now as its form has it: the draft, or what was sent."""
    if request.draft is not None:
        return dict(request.draft)
    revision = (
        CakeRevision.objects.filter(request_id=request.pk, no=request.revision)
        .select_related("wish")
        .first()
    )
    if revision is None:
        return {"design": {"tiers": []}}
    wish: CakeWish | None = getattr(revision, "wish", None)
    texts = ("words", "inscription", "colours", "allergies", "note")
    return {
        "design": revision.design,
        "guests": revision.guests,
        "wanted_on": revision.wanted_on,
        "event_on": revision.event_on,
        "fulfilment": revision.fulfilment,
        "budget": revision.budget,
        "address": wish.address if wish else None,
        **({name: getattr(wish, name) for name in texts} if wish else {}),
        # Of who asks nothing: the address may have been passed on.
        "language": request.language,
    }


def photo_rows(request_id: int) -> list[PhotoRow]:
    """Return a request's pictures with addresses that work for an hour; for customer and staff."""
    rows = CakePhoto.objects.filter(request_id=request_id, removed_at=None, width__gt=0)
    return [
        PhotoRow(row.public_id, photo_path(row.public_id), row.caption)
        for row in rows.order_by("pk")
    ]


def shown_of(request: CakeRequest, *, at: datetime) -> RequestStatus:
    """Return the status of a request that customer and staff both see, by its order."""
    order = request.order
    return shown_status(
        request.status,
        order_status=order.status if order else None,
        hold_expires_at=order.hold_expires_at if order else None,
        at=at,
    )


def _head(request: CakeRequest, *, at: datetime) -> dict[str, Any]:
    status = shown_of(request, at=at)
    return {
        "id": request.pk,
        "number": request.number,
        "token": request_token(request.public_id),
        "path": request_path(request.public_id),
        "version": request.version,
        "status": status,
        "status_text": status_text(status),
        "tone": status_tone(status),
    }


def _without_contact(draft: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a draft without who typed it: whoever has the address sees it."""
    if draft is None:
        return None
    return {name: value for name, value in draft.items() if name not in {*CONTACT, "address"}}


def _labels(revision: CakeRevision, language: str) -> list[list[str]]:
    facts = revision.facts
    name = "labels_fr" if language == wording.FRENCH and "labels_fr" in facts else "labels"
    return [[str(label), str(text)] for label, text in facts.get(name, [])]


def _facts(revision: CakeRevision, language: str) -> list[list[str]]:
    is_delivery = revision.fulfilment == Fulfilment.DELIVERY
    rows = [
        ["Wanted for", wording.day_text(revision.wanted_on, language)]
        if revision.wanted_on
        else None,
        ["How you get it", "We bring it" if is_delivery else "You pick it up"],
        ["The feast", wording.day_text(revision.event_on, language)] if revision.event_on else None,
        ["Guests", str(revision.guests)] if revision.guests else None,
        ["Budget", wording.amount_text(revision.budget, revision.currency, language)]
        if revision.budget is not None
        else None,
    ]
    return [row for row in rows if row is not None]


def _words(revision: CakeRevision) -> dict[str, str]:
    wish: CakeWish | None = getattr(revision, "wish", None)
    if wish is None:
        return {}
    names = ("inscription", "colours", "allergies", "words", "note")
    return {name: text for name in names if (text := getattr(wish, name))}


def _estimate(revision: CakeRevision, language: str) -> dict[str, Any]:
    """Return what was estimated, with what speaks against the allergies that are still known."""
    kept = revision.facts.get("estimate")
    if not kept:
        return {}
    wish: CakeWish | None = getattr(revision, "wish", None)
    found = conflicts_of(wish.allergies if wish else "", revision.facts.get("allergens", {}))
    told = allergy_notes(row.text_in(language) for row in found)
    return {**kept, "notes": [*kept.get("notes", []), *(asdict(note) for note in told)]}


def _offer(
    request: CakeRequest, quotes: list[Quote], *, at: datetime, language: str
) -> OfferRow | None:
    quote = quotes[-1] if quotes else None
    if quote is None or quote.state in {QuoteState.DECLINED, QuoteState.SUPERSEDED}:
        return None
    slot = calendar.slot(quote.slot_id)
    zone = clock.shop_zone()
    # What was taken in its last hour, or is being paid, is kept a little longer by its order.
    order = request.order if quote.order_id == request.order_id else None
    ends_at = order.hold_expires_at if order else quote.expires_at
    return OfferRow(
        no=quote.no,
        kind=quote.kind,
        state=quote.state,
        is_open=quote.state in _OFFERED and ends_at > at,
        price=wording.amount_text(quote.price, quote.currency, language),
        total=wording.amount_text(quote.total, quote.currency, language),
        servings_least=quote.servings_least,
        servings_most=quote.servings_most,
        words=quote.words,
        changes=[str(row) for row in quote.changes],
        pickup=wording.span_text(slot.starts_at, slot.ends_at, zone, language) if slot else "",
        until=wording.moment_text(ends_at, zone, language),
        expires_at=ends_at,
    )


def _payment(
    request: CakeRequest, status: RequestStatus, *, at: datetime, language: str
) -> dict[str, Any]:
    """Return where and until when the order is paid; the address of its page while it can be."""
    order = request.order
    if order is None:
        return {}
    payable = orders.payable_order(public_id=order.public_id)
    if payable is None:
        return {}
    amount = wording.amount_text(payable.total, payable.currency, language)
    found = {"order_number": payable.number, "total": amount}
    is_due = status == _S.PAID and payable.is_certain and payable.due > 0
    is_held = payable.status == OrderStatus.PENDING_PAYMENT and payable.hold_expires_at > at
    if not (is_due or (status == _S.APPROVED_AWAITING_PAYMENT and is_held)):
        return found
    zone = ZoneInfo(order.zone)
    deposit = wording.amount_text(payable.deposit, payable.currency, language)
    return {
        **found,
        "pay_path": payable.pay_path,
        "pay_until": wording.moment_text(payable.hold_expires_at, zone, language)
        if is_held
        else "",
        "deposit": deposit if payable.deposit else "",
    }


def _revision_rows(revisions: list[CakeRevision], language: str) -> list[RevisionRow]:
    rows = []
    before: CakeRevision | None = None
    for row in revisions:
        differences = _differences(before, row, language) if before else []
        rows.append(
            RevisionRow(row.no, row.by == "staff", row.at, _when(row.at, language), differences)
        )
        before = row
    return rows


def _differences(old: CakeRevision, new: CakeRevision, language: str) -> list[str]:
    found = diff_of(parse_design(old.design), parse_design(new.design), language=language)
    for label, name in (("Guests", "guests"), ("Wanted for", "wanted_on"), ("Budget", "budget")):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            found.append(f"{label}: {'nothing said' if now is None else now}")
    found += words_changed(_words(old), _words(new), language)
    if old.fulfilment != new.fulfilment:
        found.append(f"Now {Fulfilment(new.fulfilment).label}")
    return found


def _when(at: datetime, language: str) -> str:
    return wording.moment_text(at, clock.shop_zone(), language)


def _flags(
    status: RequestStatus, quotes: list[Quote], current: CakeRevision, *, at: datetime
) -> dict[str, Any]:
    today = clock.shop_date(at)
    is_ahead = current.wanted_on is None or current.wanted_on > today
    last = quotes[-1] if quotes else None
    open_counter = last is not None and last.state == QuoteState.OPEN and last.expires_at > at
    return {
        "may_revise": status not in {_S.PAID, _S.DRAFT},
        "may_withdraw": status not in {_S.PAID, _S.CANCELLED, _S.WITHDRAWN},
        "may_reopen": status in {_S.WITHDRAWN, _S.EXPIRED, _S.CANCELLED} and is_ahead,
        "may_renew": status == _S.EXPIRED and last is not None and is_ahead,
        "may_answer": status
        in {
            _S.PENDING_REVIEW,
            _S.QUESTION_ASKED,
            _S.COUNTER_OFFERED,
            _S.APPROVED_AWAITING_PAYMENT,
            _S.REJECTED,
        },
        "may_decide": status == _S.COUNTER_OFFERED and open_counter,
    }
