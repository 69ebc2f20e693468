"""Checkout: a cart becomes an order, and everything in it is held for the customer."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.inventory import selectors as stock_reads
from apps.inventory import services as stock
from apps.inventory.selectors import SlotRow
from apps.loyalty import services as bank
from apps.loyalty.selectors import Buyer
from apps.orders.events import OrderPlaced
from apps.orders.models import CartLine, Order
from apps.orders.rules.allergy import mentions_allergy
from apps.orders.rules.checks import WantedLine, check_lines, check_note, demand, shortage_text
from apps.orders.rules.contact import clean_email, clean_name, clean_phone
from apps.orders.rules.event_day import check_event_day
from apps.orders.rules.firing import fires_at
from apps.orders.rules.numbers import SUFFIXES, new_pickup_code, order_number
from apps.orders.rules.order_data import Customer, Terms, checked_terms
from apps.orders.rules.pickup import local_text
from apps.orders.selectors.carts import wishes_of
from apps.orders.selectors.delivery import DeliveryQuote, quote_delivery
from apps.orders.selectors.deposits import deposit_for
from apps.orders.selectors.orders import OrderView, order_view
from apps.orders.selectors.sales import Good, SaleQuote, quote_sale
from apps.orders.services.agreeing import require_agreed
from apps.orders.services.carts import claim_cart
from apps.orders.services.freezing import freeze_lines
from apps.orders.services.holding import consume_held
from apps.orders.services.settling import GIFT_CARD, LOYALTY, mark_paid
from apps.orders.services.waitlist import redeem_offer, yield_to_line
from apps.orders.states import Channel, Fulfilment
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.rows import insert, insert_unless_taken

# Above the 30 minutes that a Stripe session lives at least: goods must not be given away while
# somebody may still pay for them.
ORDER_HOLD_MINUTES = 45
MAX_TOTAL = Decimal(100_000)
_NUMBER_TRIES = 8
_CENT = Decimal("0.01")
Variants = Mapping[int, SellableVariant]


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
        customer=_checked(customer, terms),
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
    delivery = _delivery(request.terms)
    buyer, wishes = Buyer(customer.user_id, customer.email), wishes_of(cart)
    goods = [Good.of_variant(variants[line.variant_id], line.quantity) for line in lines]
    quote = quote_sale(
        goods,
        at=at,
        wishes=wishes,
        buyer=buyer,
        fee_of=delivery.fee_for if delivery else None,
    )
    _check_size(quote, delivery)
    require_agreed(
        quote, wishes, expected_total=request.expected_total, expected_due=request.expected_due
    )
    slot = stock_reads.require_pickup(request.slot_id, variants, at=at)
    _check_days(slot, request.terms, delivery)
    order = _new_order(request, slot, quote, delivery)
    _ask_deposit(order, quote, goods)
    quantities = demand([_wanted(line) for line in lines])
    _describe_goods(order, lines, variants, quantities)
    _insert_numbered(order, at=at)
    frozen = freeze_lines(order, lines, variants, quote.totals.lines)
    insert(frozen)
    _take_turn(order, request.terms, quantities, variants, at=at)
    bank.reserve(reference=order.hold_reference, buyer=buyer, spend=quote.spend, at=at)
    outbox.emit(OrderPlaced(order_id=order.pk, number=order.number), key=order.number, at=at)
    if quote.totals.due == 0:
        consume_held(order, at=at)
        mark_paid(order, actor=GIFT_CARD if order.gift_card_total else LOYALTY, at=at)
    return order_view(order, lines=frozen, at=at)


def _take_turn(
    order: Order, terms: Terms, quantities: Mapping[int, int], variants: Variants, *, at: datetime
) -> None:
    """Hold everything for the order: with a place of the waiting list, or behind who waits."""
    if terms.offer is not None:
        place = redeem_offer(
            public_id=terms.offer,
            slot_id=order.slot_id,
            user_id=order.user_id,
            order_number=order.number,
            at=at,
        )
        _hold_goods(order, quantities, variants, instead_of=place, at=at)
        return
    _hold_goods(order, quantities, variants, at=at)
    yield_to_line(slot_id=order.slot_id, work=stock.work_of(quantities, variants), at=at)


def _hold_goods(
    order: Order,
    quantities: Mapping[int, int],
    variants: Variants,
    *,
    at: datetime,
    instead_of: str | None = None,
) -> None:
    """Hold everything finite that the order takes; a refusal says in words what is short."""
    try:
        stock.take_hold(
            reference=order.hold_reference,
            quantities=quantities,
            work=stock.work_of(quantities, variants),
            slot_id=order.slot_id,
            made_to_order={pk: variant.made_to_order for pk, variant in variants.items()},
            expires_at=order.hold_expires_at,
            at=at,
            instead_of=instead_of,
        )
    except Conflict as refused:
        if refused.code != "out_of_stock":
            raise
        names = {pk: f"{row.product_name}, {row.name}" for pk, row in variants.items()}
        lines = [
            {**line, "message": shortage_text(names[line["variant_id"]], line)}
            for line in refused.details["lines"]
        ]
        raise Conflict(refused.code, refused.message, details={"lines": lines}) from refused


def _checked(customer: Customer, terms: Terms) -> Customer:
    # Who stands at the counter, or is on the phone, need not have a mailbox.
    asked = customer.email.strip() or terms.channel == Channel.WEB
    return Customer(
        name=clean_name(customer.name),
        email=clean_email(customer.email) if asked else "",
        phone=clean_phone(customer.phone, country=settings.SHOP_COUNTRY),
        user_id=customer.user_id,
    )


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


def _delivery(terms: Terms) -> DeliveryQuote | None:
    if terms.fulfilment != Fulfilment.DELIVERY:
        return None
    if terms.address is None:
        raise Invalid("address_missing", "Tell us where to bring it.")
    return quote_delivery(terms.address)


def _check_size(quote: SaleQuote, delivery: DeliveryQuote | None) -> None:
    if quote.totals.total > MAX_TOTAL:
        raise Invalid("total_too_large", "For an order of this size, please talk to us.")
    if delivery is None or quote.goods_due >= delivery.minimum:
        return
    raise below_minimum(delivery.minimum, delivery.minimum - quote.goods_due)


def below_minimum(minimum: Decimal, missing: Decimal) -> Invalid:
    """Return the refusal of goods that are too few to be delivered."""
    return Invalid(
        "below_minimum",
        f"We deliver there from {minimum} {settings.SHOP_CURRENCY} of goods:"
        f" {missing} are missing.",
        details={"minimum": str(minimum), "missing": str(missing)},
    )


def _check_days(slot: SlotRow, terms: Terms, delivery: DeliveryQuote | None) -> None:
    """Refuse a day on which the zone is not served; ask about one that does not fit the feast."""
    day = clock.shop_date(slot.starts_at)
    if delivery is not None:
        delivery.require_day(day)
    question = check_event_day(day, terms.event_on, days_before=settings.SHOP_EVENT_DAYS_BEFORE)
    if question is not None and not terms.event_confirmed:
        raise Conflict("event_day", question[1], details={"question": question[0]})


def _new_order(
    request: _Request, slot: SlotRow, quote: SaleQuote, delivery: DeliveryQuote | None
) -> Order:
    customer, terms, zone = request.customer, request.terms, clock.shop_zone()
    address = terms.address if delivery else None
    return Order(
        cart_id=request.cart_id,
        user_id=customer.user_id,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_phone=customer.phone,
        language=terms.language,
        channel=terms.channel,
        placed_by=terms.placed_by,
        currency=settings.SHOP_CURRENCY,
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        tax_region=f"{settings.SHOP_COUNTRY}-{settings.SHOP_REGION}",
        **quote.columns(),
        fulfilment=terms.fulfilment,
        delivery_zone=delivery.zone if delivery else "",
        delivery_address=address.as_json() if address else None,
        event_on=terms.event_on,
        customer_note=terms.note.strip(),
        slot_id=slot.id,
        pickup_starts_at=slot.starts_at,
        pickup_ends_at=slot.ends_at,
        pickup_local=local_text(slot.starts_at, slot.ends_at, zone),
        zone=zone.key,
        placed_at=request.at,
        hold_expires_at=request.at + (terms.hold_for or timedelta(minutes=ORDER_HOLD_MINUTES)),
    )


def _ask_deposit(order: Order, quote: SaleQuote, goods: Sequence[Good]) -> None:
    """Freeze how much makes the order certain, and until when the rest is paid."""
    asked = deposit_for(quote, goods, pickup_at=order.pickup_starts_at, at=order.placed_at)
    # At the columns' scale: what was just written reads as it will later.
    order.deposit_total = order.deposit_kept = Decimal("0.00")
    if asked is not None:
        order.deposit_total = asked.amount.quantize(_CENT)
        order.deposit_kept = asked.kept.quantize(_CENT)
        order.balance_due_at = asked.balance_due_at


def _describe_goods(
    order: Order, lines: Sequence[CartLine], variants: Variants, quantities: Mapping[int, int]
) -> None:
    """Fill in what the kitchen must know before it reads the lines."""
    order.has_cake = any(variants[line.variant_id].is_cake for line in lines)
    written = [order.customer_note, *(line.message for line in lines)]
    order.allergy_flag = any(mentions_allergy(text) for text in written)
    work = stock.work_of(quantities, variants)
    order.fires_at = fires_at(
        order.pickup_starts_at,
        oven_minutes=work.oven_minutes,
        decorator_minutes=work.decorator_minutes,
        spare=timedelta(minutes=settings.KITCHEN_SPARE_MINUTES),
    )
    order.pickup_code = new_pickup_code()


def _insert_numbered(order: Order, *, at: datetime) -> None:
    """Draw numbers until one is not taken today; that is a matter of chance, and of few draws."""
    for _ in range(_NUMBER_TRIES):
        order.number = order_number(clock.shop_date(at), secrets.randbelow(SUFFIXES))
        if insert_unless_taken(order):
            return
    raise RuntimeError(f"{_NUMBER_TRIES} order numbers drawn, all taken")
