"""What every way of placing an order shares: its row, its lines, and what is held for it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from apps.catalog.selectors import SellableVariant
from apps.inventory import services as stock
from apps.inventory.selectors import SlotRow
from apps.loyalty import services as bank
from apps.loyalty.selectors import Buyer
from apps.orders.events import OrderPlaced
from apps.orders.models import Order, OrderLine
from apps.orders.rules.allergy import mentions_allergy
from apps.orders.rules.checks import shortage_text
from apps.orders.rules.contact import clean_email, clean_name, clean_phone
from apps.orders.rules.firing import fires_at
from apps.orders.rules.numbers import SUFFIXES, new_pickup_code, order_number
from apps.orders.rules.order_data import Customer, Terms
from apps.orders.rules.pickup import local_text
from apps.orders.selectors.delivery import DeliveryQuote, quote_delivery
from apps.orders.selectors.deposits import deposit_for
from apps.orders.selectors.sales import Good, SaleQuote
from apps.orders.services.freezing import Wanted, freeze_lines
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
class Sale:
    """What is sold, to whom and how, priced and checked; ``variants`` has each size of ``lines``.

    ``number`` "" lets one be drawn. ``details`` are what was agreed about a custom cake, and
    ``allergy`` that its customer named something that must not be in it. ``instead_of`` refers to
    a hold of a place alone, which the order's follows.
    """

    lines: Sequence[Wanted]
    quantities: Mapping[int, int]
    variants: Variants
    goods: Sequence[Good]
    quote: SaleQuote
    slot: SlotRow
    delivery: DeliveryQuote | None
    customer: Customer
    terms: Terms
    at: datetime
    cart_id: UUID | None = None
    number: str = ""
    details: Sequence[Sequence[str]] = ()
    allergy: bool = False
    instead_of: str | None = None

    @property
    def buyer(self) -> Buyer:
        """Return who the bank knows the customer as."""
        return Buyer(self.customer.user_id, self.customer.email)


def make_order(sale: Sale) -> tuple[Order, list[OrderLine]]:
    """Write the order down with its lines, and hold all it takes; a step of a transaction.

    One of which nothing is left to pay is paid at once. Raises `Conflict` ``number_taken``,
    ``out_of_stock`` or ``slot_full``, and what the bank and the waiting list refuse.
    """
    at = sale.at
    order = _new_order(sale)
    _ask_deposit(order, sale)
    _describe_goods(order, sale)
    _insert_numbered(order, sale)
    frozen = freeze_lines(order, sale.lines, sale.variants, sale.quote.totals.lines)
    for line in frozen:
        line.details = [list(row) for row in sale.details]
    insert(frozen)
    _take_turn(order, sale)
    bank.reserve(reference=order.hold_reference, buyer=sale.buyer, spend=sale.quote.spend, at=at)
    outbox.emit(OrderPlaced(order_id=order.pk, number=order.number), key=order.number, at=at)
    if sale.quote.totals.due == 0:
        consume_held(order, at=at)
        mark_paid(order, actor=GIFT_CARD if order.gift_card_total else LOYALTY, at=at)
    return order, frozen


def checked_customer(customer: Customer, terms: Terms) -> Customer:
    """Return the customer as kept; raises `Invalid` ``bad_name``, ``bad_email``, ``bad_phone``."""
    # Who stands at the counter, or is on the phone, need not have a mailbox.
    asked = customer.email.strip() or terms.channel == Channel.WEB
    return Customer(
        name=clean_name(customer.name),
        email=clean_email(customer.email) if asked else "",
        phone=clean_phone(customer.phone, country=settings.SHOP_COUNTRY),
        user_id=customer.user_id,
    )


def delivery_of(terms: Terms) -> DeliveryQuote | None:
    """Return what bringing it takes, None for a pickup; raises `Invalid` ``address_missing``."""
    if terms.fulfilment != Fulfilment.DELIVERY:
        return None
    if terms.address is None:
        raise Invalid("address_missing", "Tell us where to bring it.")
    return quote_delivery(terms.address)


def fee_of(delivery: DeliveryQuote | None) -> Callable[[Decimal], Decimal] | None:
    """Return how `quote_sale` learns the delivery's fee; None for a pickup."""
    return delivery.fee_for if delivery else None


def check_size(quote: SaleQuote, delivery: DeliveryQuote | None) -> None:
    """Raise `Invalid` ``total_too_large``, or ``below_minimum`` for too few goods to bring."""
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


def _new_order(sale: Sale) -> Order:
    customer, terms, zone, slot = sale.customer, sale.terms, clock.shop_zone(), sale.slot
    delivery = sale.delivery
    address = terms.address if delivery else None
    return Order(
        number=sale.number,
        cart_id=sale.cart_id,
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
        **sale.quote.columns(),
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
        placed_at=sale.at,
        hold_expires_at=sale.at + (terms.hold_for or timedelta(minutes=ORDER_HOLD_MINUTES)),
    )


def _ask_deposit(order: Order, sale: Sale) -> None:
    """Freeze how much makes the order certain, and until when the rest is paid."""
    asked = deposit_for(
        sale.quote, sale.goods, pickup_at=order.pickup_starts_at, at=order.placed_at
    )
    # At the columns' scale: what was just written reads as it will later.
    order.deposit_total = order.deposit_kept = Decimal("0.00")
    if asked is not None:
        order.deposit_total = asked.amount.quantize(_CENT)
        order.deposit_kept = asked.kept.quantize(_CENT)
        order.balance_due_at = asked.balance_due_at


def _describe_goods(order: Order, sale: Sale) -> None:
    """Fill in what the kitchen must know before it reads the lines."""
    order.has_cake = any(sale.variants[line.variant_id].is_cake for line in sale.lines)
    written = [order.customer_note, *(line.message for line in sale.lines)]
    order.allergy_flag = sale.allergy or any(mentions_allergy(text) for text in written)
    work = stock.work_of(sale.quantities, sale.variants)
    order.fires_at = fires_at(
        order.pickup_starts_at,
        oven_minutes=work.oven_minutes,
        decorator_minutes=work.decorator_minutes,
        spare=timedelta(minutes=settings.KITCHEN_SPARE_MINUTES),
    )
    order.pickup_code = new_pickup_code()


def _insert_numbered(order: Order, sale: Sale) -> None:
    """Draw numbers until one is not taken today; that is a matter of chance, and of few draws."""
    if sale.number:
        if not insert_unless_taken(order):
            raise Conflict("number_taken", "There is an order of this number already.")
        return
    for _ in range(_NUMBER_TRIES):
        order.number = order_number(clock.shop_date(sale.at), secrets.randbelow(SUFFIXES))
        if insert_unless_taken(order):
            return
    raise RuntimeError(f"{_NUMBER_TRIES} order numbers drawn, all taken")


def _take_turn(order: Order, sale: Sale) -> None:
    """Hold everything for the order: with a place of the waiting list, or behind who waits."""
    terms, at = sale.terms, sale.at
    if terms.offer is not None:
        place = redeem_offer(
            public_id=terms.offer,
            slot_id=order.slot_id,
            user_id=order.user_id,
            order_number=order.number,
            at=at,
        )
        _hold_goods(order, sale, instead_of=place)
        return
    _hold_goods(order, sale, instead_of=sale.instead_of)
    if sale.instead_of is None:
        work = stock.work_of(sale.quantities, sale.variants)
        yield_to_line(slot_id=order.slot_id, work=work, at=at)


def _hold_goods(order: Order, sale: Sale, *, instead_of: str | None) -> None:
    """Hold everything finite that the order takes; a refusal says in words what is short."""
    variants = sale.variants
    try:
        stock.take_hold(
            reference=order.hold_reference,
            quantities=sale.quantities,
            work=stock.work_of(sale.quantities, variants),
            slot_id=order.slot_id,
            made_to_order={pk: variant.made_to_order for pk, variant in variants.items()},
            expires_at=order.hold_expires_at,
            at=sale.at,
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
