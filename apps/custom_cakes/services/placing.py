"""Offers become orders here, and nowhere else: what can be paid is an order of this function.

Locks are taken in the order request, order, hold and pickup time. Every function is a step of the
caller's transaction, with the request's row locked by `changing.lock_request` and its change
counted by `changing.count_change`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.custom_cakes.events import RequestApproved
from apps.custom_cakes.models import CakeRequest, CakeWish, Quote
from apps.custom_cakes.rules.design import parse_design
from apps.custom_cakes.rules.offers import SHORTEST, title_of
from apps.custom_cakes.selectors.appraisal import wish_of
from apps.custom_cakes.states import QUOTE_LIFE, REQUEST_LIFE, QuoteKind, QuoteState, RequestStatus
from apps.inventory import services as stock
from apps.orders import services as orders
from apps.orders.states import Channel, Fulfilment
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict
from bakery.kernel.states import transition

if TYPE_CHECKING:
    from apps.orders.models import Order

SYSTEM = "system"
_LONGEST_NOTE = 1000
_REPLACEABLE = (QuoteState.OPEN, QuoteState.ACCEPTED, QuoteState.EXPIRED)


def place_quote(
    *,
    request: CakeRequest,
    quote: Quote,
    actor: str,
    at: datetime,
    is_accepted: bool = False,
    reason: str = "",
) -> "Order":
    """Place the order of an offer, so that it can be paid until the offer ends; return the order.

    ``quote`` is either new, and is then written down, or a counter-offer that the customer takes:
    its place goes over into the order. ``is_accepted``: the customer said yes to it already. What
    was offered before must be ended (`end_offer`). The request becomes approved, and
    `RequestApproved` tells the customer.

    Raises `Conflict` ``offer_over`` when the offer has ended, ``illegal_transition``, and what
    `orders.place_private_order` raises: ``slot_full``, ``slot_closed``, ``lead_time`` and so on.
    """
    if quote.expires_at <= at or quote.state != QuoteState.OPEN:
        raise Conflict("offer_over", "This offer has ended. It can be made once more.")
    order = orders.place_private_order(sale=_sale(request, quote, at=at), at=at)
    if quote._state.adding:  # noqa: SLF001 - Django's own word for a row that is not written
        quote.order, quote.total = order, order.total
        quote.save(force_insert=True)
    else:
        Quote.objects.filter(pk=quote.pk).update(order=order)
        quote.order = order
    if is_accepted:
        transition(quote, machine=QUOTE_LIFE, to=QuoteState.ACCEPTED, actor=actor, at=at)
    transition(
        request,
        machine=REQUEST_LIFE,
        to=RequestStatus.APPROVED_AWAITING_PAYMENT,
        actor=actor,
        at=at,
        reason=reason,
        order=order,
        # Taking another cake than was asked for makes it the one that is wanted.
        revision=quote.revision.no,
        decided_at=at,
    )
    approved = RequestApproved(request_id=request.pk, quote_id=quote.pk)
    outbox.emit(approved, key=str(quote.pk), at=at)
    return order


def check_quote(request: CakeRequest, quote: Quote, *, at: datetime) -> None:
    """Refuse to offer what could not be ordered if its customer took it now.

    A step of the transaction that writes the offer. Raises what `place_quote` does, but for room.
    """
    orders.check_private_order(sale=_sale(request, quote, at=at), at=at)


def end_offer(
    request: CakeRequest,
    *,
    actor: str,
    reason: str,
    at: datetime,
    to: QuoteState = QuoteState.SUPERSEDED,
) -> None:
    """End whatever was offered for ``request``: nothing of it can be paid or accepted any more.

    Its order is superseded, its goods and its time are free. ``to`` is what an open offer becomes,
    superseded or declined. Nothing happens where nothing was offered. Raises `Conflict`
    ``already_paid`` when the money was quicker.
    """
    if request.order_id is not None:
        # By nobody of the staff: their entry in the audit trail comes last, behind every lock.
        if not orders.supersede_order(
            order_id=request.order_id, reason=reason, actor=SYSTEM, at=at
        ):
            raise Conflict("already_paid", "This cake is paid already. Its order can be changed.")
        CakeRequest.objects.filter(pk=request.pk).update(order=None)
        request.order = None
    for quote in Quote.objects.filter(request_id=request.pk, state__in=_REPLACEABLE):
        was_open = quote.state == QuoteState.OPEN
        transition(
            quote,
            machine=QUOTE_LIFE,
            to=to if was_open else QuoteState.SUPERSEDED,
            actor=actor,
            at=at,
        )
        free_place(quote, reason=reason, at=at)


def free_place(quote: Quote, *, reason: str, at: datetime) -> None:
    """Give back the place that a counter-offer kept, unless its order has taken it over."""
    if quote.hold_reference and quote.order_id is None:
        stock.release_hold(reference=quote.hold_reference, reason=reason[:200], at=at)


def next_quote_no(request: CakeRequest) -> int:
    """Return the number of the next offer for ``request``."""
    last = Quote.objects.filter(request_id=request.pk).order_by("-no").first()
    return last.no + 1 if last else 1


def copy_quote(
    quote: Quote,
    *,
    request: CakeRequest,
    expires_at: datetime,
    made_by: str,
    at: datetime,
    slot_id: int | None = None,
) -> Quote:
    """Return the same offer once more, not written yet: same cake, same price, until another end.

    ``slot_id`` None: for the same pickup time.
    """
    return Quote(
        request=request,
        revision_id=quote.revision_id,
        no=next_quote_no(request),
        kind=QuoteKind.RENEWAL,
        price=quote.price,
        total=quote.total,
        currency=quote.currency,
        servings_least=quote.servings_least,
        servings_most=quote.servings_most,
        prediction_id=quote.prediction_id,
        reason=quote.reason,
        words=quote.words,
        changes=quote.changes,
        slot_id=quote.slot_id if slot_id is None else slot_id,
        variant_id=quote.variant_id,
        expires_at=expires_at,
        made_by=made_by,
        made_at=at,
    )


def order_number(request: CakeRequest) -> str:
    """Return the number of the next order of ``request``: its own, later with -2, -3 behind it."""
    before = Quote.objects.filter(request_id=request.pk, order__isnull=False).count()
    return f"{request.number}-{before + 1}" if before else request.number


def _sale(request: CakeRequest, quote: Quote, *, at: datetime) -> orders.PrivateSale:
    if quote.variant_id is None:
        raise ValueError("an offer without its size cannot be sold")
    revision, wish = quote.revision, wish_of(quote.revision)
    return orders.PrivateSale(
        variant_id=quote.variant_id,
        title=title_of(parse_design(revision.design)),
        message=wish.inscription,
        details=_details(revision.facts.get("labels", ()), wish),
        allergy=bool(wish.allergies),
        number=order_number(request),
        customer=orders.Customer(
            name=request.customer_name,
            email=request.customer_email,
            phone=request.customer_phone,
            user_id=request.user_id,
        ),
        slot_id=quote.slot_id,
        terms=orders.Terms(
            fulfilment=Fulfilment(revision.fulfilment),
            address=_address(request, wish.address),
            event_on=revision.event_on,
            event_confirmed=True,
            note=_note(wish),
            channel=Channel.CUSTOM,
            hold_for=max(quote.expires_at - at, SHORTEST),
            language=request.language,
        ),
        instead_of=quote.hold_reference or None,
    )


def _details(labels: Sequence[Sequence[str]], wish: CakeWish) -> list[Sequence[str]]:
    """Return what the kitchen makes: what was chosen, and the colours in the customer's words."""
    colours = " ".join(wish.colours.split())
    return [*labels, *([["Colours", colours]] if colours else [])]


def _note(wish: CakeWish) -> str:
    """Return what the kitchen must read: allergies first, in words that its flag is raised by."""
    allergies = f"Allergies: {wish.allergies}" if wish.allergies else ""
    return "\n".join(part for part in (allergies, wish.note) if part)[:_LONGEST_NOTE]


def _address(request: CakeRequest, known: Mapping[str, Any] | None) -> orders.Address | None:
    if not known:
        return None
    names = ("line1", "line2", "city", "region", "postcode", "country", "instructions")
    parts: dict[str, Any] = {name: str(known.get(name) or "") for name in names}
    return orders.Address(
        recipient=str(known.get("recipient") or request.customer_name),
        phone=str(known.get("phone") or request.customer_phone),
        **parts,
    )
