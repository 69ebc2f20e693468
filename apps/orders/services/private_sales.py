"""Orders for what was agreed with one customer: placed without a cart, replaced by a new offer."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock_reads
from apps.orders.events import OrderCancelled
from apps.orders.models import Order
from apps.orders.rules.checks import MAX_MESSAGE, check_message, check_note
from apps.orders.rules.numbers import ALPHABET, REQUEST_LENGTH, order_number
from apps.orders.rules.order_data import Customer, Terms, checked_terms
from apps.orders.selectors.sales import Good, quote_sale
from apps.orders.services.ending import end_unpaid
from apps.orders.services.making import (
    Sale,
    check_size,
    checked_customer,
    delivery_of,
    fee_of,
    make_order,
)
from apps.orders.states import Channel, OrderStatus
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.locks import lock_one

_LONGEST_NAME, _NUMBER_TRIES = 200, 8
_CUSTOM = Terms(channel=Channel.CUSTOM)
# Dead, unless a payment brought one back.
_OVER = (OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.PAID_UNFULFILLABLE)


@dataclass(frozen=True, kw_only=True)
class PrivateSale:
    """One cake as it was agreed: its private size, what is written on it, and for whom.

    ``details`` are rows of (label, text), shown wherever the order is; ``title`` is what the cake
    is called; ``allergy`` says that the customer named something that must not be in it.
    ``instead_of`` refers to a hold of the place alone that was kept for it.
    """

    variant_id: int
    number: str
    customer: Customer
    slot_id: int
    title: str = ""
    message: str = ""
    details: Sequence[Sequence[str]] = ()
    terms: Terms = field(default=_CUSTOM)
    allergy: bool = False
    instead_of: str | None = None


@dataclass(frozen=True)
class _Line:
    """What is frozen as the line of such an order."""

    variant_id: int
    message: str
    quantity: int = 1


def new_number(*, at: datetime) -> str:
    """Return a number for a request, which will be that of its order too: drawn, and not taken.

    No order that is placed meanwhile can draw it. Whoever keeps it must see that it is unique
    among requests.
    """
    for _ in range(_NUMBER_TRIES):
        entropy = secrets.randbelow(len(ALPHABET) ** REQUEST_LENGTH)
        number = order_number(clock.shop_date(at), entropy, length=REQUEST_LENGTH)
        if not Order.objects.filter(number=number).exists():
            return number
    raise RuntimeError(f"{_NUMBER_TRIES} numbers drawn, all taken")


def place_private_order(*, sale: PrivateSale, at: datetime) -> Order:
    """Place an order for what was agreed, and hold its place until the offer ends.

    Its price is the agreed one: no promotion, coupon or points change it; tax and rules of
    deposits are as for any order. The hold lasts for ``sale.terms.hold_for``. May be a step of
    the caller's transaction.

    Raises `NotFound` ``variant_not_found``; `Invalid` ``quote_after_pickup``, ``lead_time``,
    ``working_days``, ``closed``, ``blackout``, ``slot_unknown``, ``slot_past``,
    ``message_too_long``, ``message_unprintable``, ``bad_note``, ``bad_name``, ``bad_email``,
    ``bad_phone``, ``total_too_large`` or what a delivery refuses; `Conflict` ``number_taken``,
    ``slot_full``, ``slot_closed`` or ``hold_not_held``.
    """
    sold = _checked(sale, at=at)
    with transaction.atomic():
        return make_order(sold)[0]


def check_private_order(*, sale: PrivateSale, at: datetime) -> None:
    """Raise what `place_private_order` would, but for its number, room and hold: for an offer."""
    _checked(sale, at=at)


def _checked(sale: PrivateSale, *, at: datetime) -> Sale:
    """Return what is sold, priced and checked; nothing is written."""
    terms = checked_terms(sale.terms, country=settings.SHOP_COUNTRY)
    check_note(terms.note)
    variant = _size_of(sale)
    variants = {variant.id: variant}
    delivery = delivery_of(terms)
    customer = checked_customer(sale.customer, terms)
    goods = [Good.of_variant(variant, 1, agreed=True)]
    quote = quote_sale(goods, at=at, fee_of=fee_of(delivery))
    check_size(quote, delivery)
    slot = stock_reads.require_pickup(sale.slot_id, variants, at=at)
    if delivery is not None:
        delivery.require_day(clock.shop_date(slot.starts_at))
    if terms.hold_for is not None and at + terms.hold_for > slot.starts_at:
        raise Invalid("quote_after_pickup", "An offer ends before what it offers is picked up.")
    return Sale(
        lines=[_Line(variant.id, sale.message)],
        quantities={variant.id: 1},
        variants=variants,
        goods=goods,
        quote=quote,
        slot=slot,
        delivery=delivery,
        customer=customer,
        terms=terms,
        at=at,
        number=sale.number,
        details=sale.details or [["Cake", sale.title or variant.name]],
        allergy=sale.allergy,
        instead_of=sale.instead_of,
    )


def supersede_order(*, order_id: int, reason: str, actor: str, at: datetime) -> bool:
    """Let an order never come to life any more, as another offer or nothing takes its place.

    One that waits for its payment is called off, and what was held for it is free. A payment that
    still arrives goes back, even while its goods are free. Returns False, with nothing changed,
    when money was taken for it that counts. Again, or of an order that ended, it is as once.
    The order's history keeps who did it and why; an audit entry is for whoever decided, last in
    their transaction, as its lock comes after those of places.
    Raises `NotFound` ``order_not_found``.
    """
    with transaction.atomic():
        order = lock_one(Order.objects.filter(pk=order_id), what="order")
        if order.superseded_at is not None:
            return True
        if order.status == OrderStatus.PENDING_PAYMENT:
            if order.paid_total:
                return False
            end_unpaid(
                order,
                to=OrderStatus.CANCELLED,
                actor=actor,
                at=at,
                reason=reason[:500],
                superseded_at=at,
            )
            event = OrderCancelled(order_id=order.pk, number=order.number)
            outbox.emit(event, key=order.number, at=at)
            return True
        if order.status not in _OVER:
            return False
        Order.objects.filter(pk=order.pk).update(superseded_at=at)
    return True


def _size_of(sale: PrivateSale) -> SellableVariant:
    """Return what is sold, named as the cake is; refuse what cannot be written on it."""
    variant = catalog.private_sizes([sale.variant_id]).get(sale.variant_id)
    if variant is None:
        raise NotFound("variant_not_found", "There is no such custom cake.")
    # What fits on it was agreed with its customer.
    refused = check_message(sale.message, replace(variant, message_max_length=MAX_MESSAGE))
    if refused is not None:
        raise Invalid(refused[0], refused[1], details={"field": "message"})
    title = " ".join(sale.title.split())
    if not title or title == variant.name:
        return variant
    name = f"{variant.product_name}: {title}"
    return replace(variant, product_name=name[:_LONGEST_NAME])
