"""Checkout: a cart becomes an order, and everything in it is held for the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.catalog import selectors as catalog
from apps.inventory import selectors as stock_reads
from apps.inventory.selectors import SlotRow
from apps.loyalty.selectors import Buyer
from apps.orders.models import CartLine, Order
from apps.orders.rules.checks import WantedLine, check_lines, check_note, demand
from apps.orders.rules.event_day import check_event_day
from apps.orders.rules.order_data import Customer, Terms, checked_terms
from apps.orders.selectors.carts import wishes_of
from apps.orders.selectors.delivery import DeliveryQuote
from apps.orders.selectors.orders import OrderView, order_view
from apps.orders.selectors.sales import Good, quote_sale
from apps.orders.services.agreeing import require_agreed
from apps.orders.services.carts import claim_cart
from apps.orders.services.making import (
    Sale,
    Variants,
    check_size,
    checked_customer,
    delivery_of,
    fee_of,
    make_order,
)
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What was asked for, with the customer's data checked."""

    cart_id: UUID
    customer: Customer
    slot_id: int
    terms: Terms
    expected_total: Decimal | None
    expected_due: Decimal | None
    at: datetime


def place_order(
    *,
    cart_id: UUID,
    customer: Customer,
    slot_id: int,
    expected_total: Decimal | None,
    at: datetime,
    terms: Terms | None = None,
    expected_due: Decimal | None = None,
) -> Order:
    """Do as `place_and_view` does, and return the order; a refusal undoes only what it did."""
    with transaction.atomic():
        placed = place_and_view(
            cart_id=cart_id,
            customer=customer,
            slot_id=slot_id,
            expected_total=expected_total,
            at=at,
            terms=terms,
            expected_due=expected_due,
        )
    return placed.order


def place_and_view(
    *,
    cart_id: UUID,
    customer: Customer,
    slot_id: int,
    expected_total: Decimal | None,
    at: datetime,
    terms: Terms | None = None,
    expected_due: Decimal | None = None,
) -> OrderView:
    """Place what is in the cart for a slot, and hold it until it is paid; return it.

    Prices, reductions and tax are taken now and frozen; coupons, points and gift cards of the cart
    are reserved with the goods. An order of which nothing is left to pay is paid at once.
    ``terms`` None: pickup, ordered by the customer. ``expected_due`` is what shall be left to pay
    after gift cards; a rule of deposits lets a part of that make it certain. A mailbox is asked
    for unless staff type the order in.

    Raises `NotFound` ``cart_not_found``; `Conflict` ``cart_ordered``, what `require_agreed` and
    `bank.reserve` raise, ``event_day`` (details: question), ``out_of_stock`` or ``slot_full``;
    `Invalid` ``cart_empty``, ``lines_refused`` (details: lines with a code each), ``lead_time``,
    ``working_days``, ``cutoff``, ``closed``, ``blackout``, ``slot_unknown``, ``slot_past``,
    ``address_missing``, `checked_terms`' codes, ``delivery_not_offered``, ``delivery_day``,
    ``below_minimum`` (details: minimum, missing), ``offer_over``, ``offer_elsewhere``,
    ``total_too_large``, ``bad_note``, ``bad_name``, ``bad_email`` or ``bad_phone``. In a
    transaction of the caller's, these must end it.
    """
    terms = checked_terms(terms or Terms(), country=settings.SHOP_COUNTRY)
    check_note(terms.note)
    request = _Request(
        cart_id=cart_id,
        customer=checked_customer(customer, terms),
        slot_id=slot_id,
        terms=terms,
        expected_total=expected_total,
        expected_due=expected_due,
        at=at,
    )
    with transaction.atomic(savepoint=False):
        return _place(request)


def _place(request: _Request) -> OrderView:
    at, customer = request.at, request.customer
    cart = claim_cart(request.cart_id, at=at, user_id=customer.user_id, ordered=True)
    lines = list(CartLine.objects.filter(cart_id=cart.pk).order_by("pk"))
    variants = _checked_variants(lines)
    delivery = delivery_of(request.terms)
    goods = [Good.of_variant(variants[line.variant_id], line.quantity) for line in lines]
    wishes = wishes_of(cart)
    quote = quote_sale(
        goods,
        at=at,
        wishes=wishes,
        buyer=Buyer(customer.user_id, customer.email),
        fee_of=fee_of(delivery),
    )
    check_size(quote, delivery)
    require_agreed(
        quote, wishes, expected_total=request.expected_total, expected_due=request.expected_due
    )
    slot = stock_reads.require_pickup(request.slot_id, variants, at=at)
    _check_days(slot, request.terms, delivery)
    order, frozen = make_order(
        Sale(
            lines=lines,
            quantities=demand([_wanted(line) for line in lines]),
            variants=variants,
            goods=goods,
            quote=quote,
            slot=slot,
            delivery=delivery,
            customer=customer,
            terms=request.terms,
            at=at,
            cart_id=request.cart_id,
        )
    )
    return order_view(order, lines=frozen, at=at)


def _wanted(line: CartLine) -> WantedLine:
    return WantedLine(line.pk, line.variant_id, line.quantity, line.message)


def _checked_variants(lines: Sequence[CartLine]) -> Variants:
    if not lines:
        raise Invalid("cart_empty", "There is nothing in the cart.")
    variants = catalog.sellable_variants({line.variant_id for line in lines})
    problems = check_lines([_wanted(line) for line in lines], variants)
    if problems:
        raise Invalid(
            "lines_refused",
            "Some lines cannot be ordered as they are.",
            details={"lines": [problem.as_json() for problem in problems]},
        )
    return variants


def _check_days(slot: SlotRow, terms: Terms, delivery: DeliveryQuote | None) -> None:
    """Refuse a day on which the zone is not served; ask about one that does not fit the feast."""
    day = clock.shop_date(slot.starts_at)
    if delivery is not None:
        delivery.require_day(day)
    question = check_event_day(day, terms.event_on, days_before=settings.SHOP_EVENT_DAYS_BEFORE)
    if question is not None and not terms.event_confirmed:
        raise Conflict("event_day", question[1], details={"question": question[0]})
