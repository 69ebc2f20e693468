"""What lines cost together, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.orders.rules.tax import Taxable, tax_lines
from bakery.kernel.money import round_money


@dataclass(frozen=True)
class Priceable:
    """A line before it is priced; the unit price is without tax."""

    unit_price: Decimal
    quantity: int
    tax_class: str


@dataclass(frozen=True)
class Place:
    """Where and when goods are sold, which decides their tax."""

    currency: str
    country: str
    region: str
    on: date


@dataclass(frozen=True)
class PricedLine:
    """A line's total without tax, its tax rate and its tax."""

    line_total: Decimal
    tax_rate: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """Priced lines and their sums: subtotal + tax_total = total, exactly."""

    lines: tuple[PricedLine, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal


def price_lines(lines: Sequence[Priceable], place: Place) -> Totals:
    """Return the totals of ``lines`` sold at ``place``."""
    sums = [round_money(line.unit_price * line.quantity, place.currency) for line in lines]
    taxed = tax_lines(
        [
            Taxable(amount, line.tax_class, line.quantity)
            for amount, line in zip(sums, lines, strict=True)
        ],
        currency=place.currency,
        country=place.country,
        region=place.region,
        on=place.on,
    )
    priced = tuple(
        PricedLine(amount, item.rate, item.tax) for amount, item in zip(sums, taxed, strict=True)
    )
    zero = round_money(Decimal(0), place.currency)
    subtotal = sum((line.line_total for line in priced), zero)
    tax_total = sum((line.tax for line in priced), zero)
    return Totals(priced, subtotal, tax_total, subtotal + tax_total)
