"""What a customer says to the shop: answers, and yes or no to an offer."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.custom_cakes.events import RequestAnswered
from apps.custom_cakes.models import CakeRequest, Quote, RequestMessage
from apps.custom_cakes.rules.wishes import MAX_ANSWER, check_text, wrong
from apps.custom_cakes.services.changing import count_change, lock_request, require_version
from apps.custom_cakes.services.deciding import renew_locked
from apps.custom_cakes.services.placing import end_offer, place_quote
from apps.custom_cakes.services.submitting import CUSTOMER
from apps.custom_cakes.states import (
    REQUEST_LIFE,
    UNDECIDED,
    Author,
    QuoteState,
    RequestStatus,
)
from apps.inventory import selectors as calendar
from bakery.kernel import clock, outbox, wording
from bakery.kernel.errors import Conflict, DomainError
from bakery.kernel.states import transition

MAX_MESSAGES = 200
_TALKING = frozenset({*UNDECIDED, RequestStatus.APPROVED_AWAITING_PAYMENT, RequestStatus.REJECTED})
# Why the time of an offer cannot be had any more, as orders and slots refuse it.
_GONE = frozenset(
    {"slot_full", "slot_closed", "slot_past", "slot_unknown", "lead_time", "working_days",
     "cutoff", "closed", "blackout", "delivery_day"}
)  # fmt: skip


def answer_question(
    *, request_id: int, text: str, at: datetime, expected_version: int | None = None
) -> RequestMessage:
    """Keep what the customer writes; an answer to a question puts the request before the shop.

    Raises `Invalid` ``text_missing``, ``too_long``; `Conflict` ``not_open``, ``too_many_messages``
    or ``stale_request``.
    """
    text = check_text(text, longest=MAX_ANSWER, field_name="text")
    if not text:
        raise wrong("text_missing", "Write something.", "text")
    with transaction.atomic():
        request = lock_request(request_id, expected_version=expected_version)
        if request.status not in _TALKING:
            raise Conflict("not_open", "Nothing can be written to this request any more.")
        if request.messages.count() >= MAX_MESSAGES:
            raise Conflict("too_many_messages", "That is a long talk already. Please call us.")
        count_change(request)
        message = RequestMessage.objects.create(
            request=request, author=Author.CUSTOMER, text=text, by=CUSTOMER, at=at
        )
        if request.status == RequestStatus.QUESTION_ASKED:
            transition(
                request,
                machine=REQUEST_LIFE,
                to=RequestStatus.PENDING_REVIEW,
                actor=CUSTOMER,
                reason="answered",
                at=at,
            )
        outbox.emit(
            RequestAnswered(request_id=request.pk), key=f"{request.number}:{request.version}", at=at
        )
    return message


def accept_counter(
    *,
    request_id: int,
    at: datetime,
    quote_no: int | None = None,
    expected_version: int | None = None,
) -> CakeRequest:
    """Say yes to the other cake that the shop offered: it can be paid from now on.

    ``quote_no`` is the offer that was seen. Twice is as once. Raises `Conflict` ``offer_over``,
    ``stale_request`` and whatever stands against the time (``slot_full`` and so on).
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        quote = _last(request)
        if quote is not None and quote_no not in {None, quote.no}:
            raise Conflict("offer_over", "There is another offer now. Please look at it.")
        # Who presses twice has not seen what the first time changed.
        if quote is not None and _was_accepted(request, quote):
            return request
        require_version(request, expected_version)
        if quote is None or request.status != RequestStatus.COUNTER_OFFERED:
            raise _offer_over()
        count_change(request)
        place_quote(
            request=request,
            quote=quote,
            actor=CUSTOMER,
            is_accepted=True,
            reason="the customer took the offer",
            at=at,
        )
        CakeRequest.objects.filter(pk=request.pk).update(revision=quote.revision.no)
        request.revision = quote.revision.no
    return request


def decline_counter(
    *,
    request_id: int,
    at: datetime,
    words: str = "",
    quote_no: int | None = None,
    expected_version: int | None = None,
) -> CakeRequest:
    """Say no to the offer, with a word why if wanted; the request waits for the shop again.

    Twice is as once. Raises `Conflict` ``offer_over``, ``stale_request``; `Invalid` ``too_long``.
    """
    words = check_text(words, longest=MAX_ANSWER, field_name="words")
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        quote = _last(request)
        if quote is None or quote_no not in {None, quote.no}:
            raise _offer_over()
        if quote.state == QuoteState.DECLINED and request.status == RequestStatus.PENDING_REVIEW:
            return request
        require_version(request, expected_version)
        if request.status != RequestStatus.COUNTER_OFFERED:
            raise _offer_over()
        count_change(request)
        end_offer(request, actor=CUSTOMER, reason="declined", to=QuoteState.DECLINED, at=at)
        if words:
            RequestMessage.objects.create(
                request=request, author=Author.CUSTOMER, text=words, by=CUSTOMER, at=at
            )
        transition(
            request,
            machine=REQUEST_LIFE,
            to=RequestStatus.PENDING_REVIEW,
            actor=CUSTOMER,
            reason="declined the offer",
            at=at,
        )
        outbox.emit(
            RequestAnswered(request_id=request.pk), key=f"{request.number}:{request.version}", at=at
        )
    return request


def renew_quote(
    *, request_id: int, at: datetime, expected_version: int | None = None, actor: str = CUSTOMER
) -> CakeRequest:
    """Make an offer that lapsed once more, at the same price and for the same time.

    Within `settings.CUSTOM_RENEWAL_DAYS` of the offer; twice is as once. Raises `Conflict`
    ``not_lapsed``, ``too_old`` or ``day_taken`` with ``details.next_day`` (a date, or None): then
    the shop has to look at it again. Also ``stale_request``.
    """
    with transaction.atomic():
        request = lock_request(request_id, expected_version=None)
        quote = _last(request)
        if quote is None or request.status not in {
            RequestStatus.EXPIRED,
            RequestStatus.APPROVED_AWAITING_PAYMENT,
        }:
            raise Conflict("not_lapsed", "There is no offer that lapsed.")
        if request.status == RequestStatus.APPROVED_AWAITING_PAYMENT:
            return request
        require_version(request, expected_version)
        if at - _first_made(request, quote) > timedelta(days=settings.CUSTOM_RENEWAL_DAYS):
            raise Conflict(
                "too_old",
                "Prices may have changed since. The shop has to look at it again.",
                details={"next_day": None},
            )
        count_change(request)
        try:
            with transaction.atomic():
                renew_locked(
                    request, slot_id=None, expires_at=None, made_by=actor, actor=actor, at=at
                )
        except DomainError as error:
            raise _taken(error, quote, at=at) from error
    return request


def _offer_over() -> Conflict:
    return Conflict("offer_over", "This offer is not open any more.")


def _last(request: CakeRequest) -> Quote | None:
    return request.quotes.select_related("revision").order_by("-no").first()


def _was_accepted(request: CakeRequest, quote: Quote) -> bool:
    return (
        quote.state == QuoteState.ACCEPTED
        and request.status == RequestStatus.APPROVED_AWAITING_PAYMENT
    )


def _first_made(request: CakeRequest, quote: Quote) -> datetime:
    """Return when a person last decided about the price that is offered once more."""
    same = request.quotes.filter(revision_id=quote.revision_id, price=quote.price)
    return min(same.values_list("made_at", flat=True), default=quote.made_at)


def _taken(error: DomainError, quote: Quote, *, at: datetime) -> DomainError:
    if error.code not in _GONE:
        return error
    found = _next_day(quote, at=at)
    later = f" The next free day is {wording.day_text(found)}." if found else ""
    return Conflict(
        "day_taken",
        f"The time that was kept for it was taken meanwhile.{later}",
        details={"next_day": found.isoformat() if found else None, "reason": error.code},
    )


def _next_day(quote: Quote, *, at: datetime) -> date | None:
    facts = quote.revision.facts
    size = calendar.Size(
        variant_id=0,
        name="This cake",
        lead_days=int(facts.get("lead_days", 0)),
        oven_minutes=int(facts.get("oven_minutes", 0)),
        decorator_minutes=int(facts.get("decorator_minutes", 0)),
    )
    slot = calendar.promise_for_size(size, at=at).slot
    return clock.shop_date(slot.starts_at) if slot else None
