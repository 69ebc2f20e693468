"""Checkout: a cart becomes an order, and everything in it is held for the customer."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.catalog import selectors as catalog
from apps.catalog.selectors import SellableVariant
from apps.catalog.states import Packaging
from apps.inventory import selectors as stock_reads
from apps.inventory import services as stock
from apps.inventory.selectors import SlotRow
from apps.orders.events import OrderPlaced
from apps.orders.models import CartLine, Order, OrderLine
from apps.orders.rules.allergy import mentions_allergy
from apps.orders.rules.checks import WantedLine, check_lines, demand, shortage_text
from apps.orders.rules.contact import clean_email, clean_name, clean_phone
from apps.orders.rules.firing import fires_at
from apps.orders.rules.numbers import SUFFIXES, new_pickup_code, order_number
from apps.orders.rules.order_data import Customer
from apps.orders.rules.pickup import local_text
from apps.orders.rules.pricing import Totals
from apps.orders.selectors.orders import OrderView, order_view
from apps.orders.selectors.sales import price_goods
from apps.orders.services.carts import claim_cart
from bakery.kernel import clock, outbox
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.rows import insert, insert_unless_taken

# Above the 30 minutes that a Stripe session lives at least: goods must not be given away while
# somebody may still pay for them.
ORDER_HOLD_MINUTES = 45
MAX_TOTAL = Decimal(100_000)
_NUMBER_TRIES = 8
# The scales of the columns, so that what was just written reads as it will later.
_CENT, _RATE_STEP = Decimal("0.01"), Decimal("0.00001")
Variants = Mapping[int, SellableVariant]


def place_order(
    *,
    cart_id: UUID,
    customer: Customer,
    slot_id: int,
    expected_total: Decimal | None,
    at: datetime,
) -> Order:
    """Do as `place_and_view` does, and return the order; a refusal undoes only what it did."""
    with transaction.atomic():
        placed = place_and_view(
            cart_id=cart_id,
            customer=customer,
            slot_id=slot_id,
            expected_total=expected_total,
            at=at,
        )
    return placed.order


def place_and_view(
    *,
    cart_id: UUID,
    customer: Customer,
    slot_id: int,
    expected_total: Decimal | None,
    at: datetime,
) -> OrderView:
    """Place what is in the cart for pickup in a slot, and hold it until it is paid; return it.

    Prices and tax are taken now and frozen. Raises `NotFound` ``cart_not_found``; `Conflict`
    ``cart_ordered``, ``price_changed`` (details: total, currency), ``out_of_stock`` or
    ``slot_full``; `Invalid` ``cart_empty``, ``lines_refused`` (details: lines with a code each),
    ``lead_time``, ``working_days``, ``cutoff``, ``closed``, ``blackout``, ``slot_unknown``,
    ``slot_past``, ``total_too_large``, ``bad_name``, ``bad_email`` or ``bad_phone``. In a
    transaction of the caller's, these must end it.
    """
    customer = _checked(customer)
    with transaction.atomic(savepoint=False):
        return _place(cart_id, customer, slot_id, expected_total, at=at)


def _place(
    cart_id: UUID,
    customer: Customer,
    slot_id: int,
    expected_total: Decimal | None,
    *,
    at: datetime,
) -> OrderView:
    claim_cart(cart_id, at=at, ordered=True)
    lines = list(CartLine.objects.filter(cart_id=cart_id).order_by("pk"))
    variants = _checked_variants(lines)
    totals = _totals(lines, variants, at=at)
    if expected_total is not None and expected_total != totals.total:
        raise Conflict(
            "price_changed",
            f"The price changed: the total is now {totals.total} {settings.SHOP_CURRENCY}.",
            details={"total": str(totals.total), "currency": settings.SHOP_CURRENCY},
        )
    slot = stock_reads.require_pickup(slot_id, variants, at=at)
    order = _create_order(customer, slot, totals, at=at)
    order.has_cake = any(variants[line.variant_id].is_cake for line in lines)
    work = stock.work_of(demand([_wanted(line) for line in lines]), variants)
    order.fires_at = fires_at(
        order.pickup_starts_at,
        oven_minutes=work.oven_minutes,
        decorator_minutes=work.decorator_minutes,
    )
    order.pickup_code = new_pickup_code()
    order.allergy_flag = any(mentions_allergy(line.message) for line in lines)
    _insert_numbered(order, at=at)
    frozen = _frozen(order, lines, variants, totals)
    insert(frozen)
    _hold_goods(order, demand([_wanted(line) for line in lines]), variants, at=at)
    outbox.emit(OrderPlaced(order_id=order.pk, number=order.number), key=order.number, at=at)
    return order_view(order, lines=frozen, at=at)


def _hold_goods(
    order: Order, quantities: Mapping[int, int], variants: Variants, *, at: datetime
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


def _checked(customer: Customer) -> Customer:
    return Customer(
        name=clean_name(customer.name),
        email=clean_email(customer.email),
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


def _totals(lines: Sequence[CartLine], variants: Variants, *, at: datetime) -> Totals:
    totals = price_goods([(variants[line.variant_id], line.quantity) for line in lines], at=at)
    if totals.total > MAX_TOTAL:
        raise Invalid("total_too_large", "For an order of this size, please talk to us.")
    return totals


def _create_order(customer: Customer, slot: SlotRow, totals: Totals, *, at: datetime) -> Order:
    zone = clock.shop_zone()
    return Order(
        user_id=customer.user_id,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_phone=customer.phone,
        currency=settings.SHOP_CURRENCY,
        subtotal=totals.subtotal,
        tax_total=totals.tax_total,
        total=totals.total,
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        tax_region=f"{settings.SHOP_COUNTRY}-{settings.SHOP_REGION}",
        slot_id=slot.id,
        pickup_starts_at=slot.starts_at,
        pickup_ends_at=slot.ends_at,
        pickup_local=local_text(slot.starts_at, slot.ends_at, zone),
        zone=zone.key,
        placed_at=at,
        hold_expires_at=at + timedelta(minutes=ORDER_HOLD_MINUTES),
    )


def _insert_numbered(order: Order, *, at: datetime) -> None:
    """Draw numbers until one is not taken today; that is a matter of chance, and of few draws."""
    for _ in range(_NUMBER_TRIES):
        order.number = order_number(clock.shop_date(at), secrets.randbelow(SUFFIXES))
        if insert_unless_taken(order):
            return
    raise RuntimeError(f"{_NUMBER_TRIES} order numbers drawn, all taken")


def _frozen(
    order: Order, lines: Sequence[CartLine], variants: Variants, totals: Totals
) -> list[OrderLine]:
    frozen = []
    for position, (line, priced) in enumerate(zip(lines, totals.lines, strict=True), start=1):
        variant = variants[line.variant_id]
        frozen.append(
            OrderLine(
                order=order,
                position=position,
                variant_id=variant.id,
                product_id=variant.product_id,
                sku=variant.sku,
                product_name=variant.product_name,
                variant_name=variant.name,
                quantity=line.quantity,
                message=line.message,
                category_id=variant.category_id,
                pieces=variant.pieces,
                weight_g=variant.weight_g,
                prepackaged=variant.packaging == Packaging.PREPACKAGED,
                unit_price=variant.price,
                line_total=priced.line_total.quantize(_CENT),
                discount=priced.discount.quantize(_CENT),
                tax_class=variant.tax_class,
                tax_rate=priced.tax_rate.quantize(_RATE_STEP),
                tax=priced.tax.quantize(_CENT),
                taxes=[share.as_json() for share in priced.taxes],
                tax_note=priced.tax_note,
                is_cake=variant.is_cake,
                made_to_order=variant.made_to_order,
                allergens=variant.allergens,
            )
        )
    return frozen
