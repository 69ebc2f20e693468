"""What lines cost together, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.orders.rules.tax import (
    LevyShare,
    Place,
    Taxable,
    servings_missing,
    sum_shares,
    tax_lines,
)
from bakery.kernel.money import round_money

__all__ = ["Place", "Priceable", "PricedLine", "Totals", "price_lines"]


@dataclass(frozen=True)
class Priceable:
    """A line before it is priced; the unit price is as the shop writes it, see `Place`.

    ``pieces``, ``weight_g`` and ``prepackaged`` say of one unit what its tax depends on.
    """

    unit_price: Decimal
    quantity: int
    tax_class: str
    pieces: int = 1
    weight_g: int | None = None
    prepackaged: bool = False


@dataclass(frozen=True)
class PricedLine:
    """A line's sum as its price is written, and its tax with the reason for it."""

    line_total: Decimal
    tax_rate: Decimal
    tax: Decimal
    taxes: tuple[LevyShare, ...]
    tax_code: str
    tax_note: str


@dataclass(frozen=True)
class Totals:
    """Priced lines and their sums: subtotal (without tax) + tax_total = total, exactly.

    ``servings_missing`` is how many more single servings would free those in the basket from tax.
    """

    lines: tuple[PricedLine, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal
    servings_missing: int = 0

    @property
    def taxes(self) -> tuple[LevyShare, ...]:
        """The tax of the whole sale, one row for each levy and rate."""
        return tuple(sum_shares(share for line in self.lines for share in line.taxes))


def price_lines(lines: Sequence[Priceable], place: Place) -> Totals:
    """Return the totals of ``lines`` sold at ``place``."""
    sums = [round_money(line.unit_price * line.quantity, place.currency) for line in lines]
    taxable = [
        Taxable(amount, line.tax_class, line.quantity, line.pieces, line.weight_g, line.prepackaged)
        for amount, line in zip(sums, lines, strict=True)
    ]
    taxed = tax_lines(taxable, place)
    priced = tuple(
        PricedLine(amount, row.rate, row.tax, row.shares, row.code, row.words)
        for amount, row in zip(sums, taxed, strict=True)
    )
    zero = round_money(Decimal(0), place.currency)
    written = sum((line.line_total for line in priced), zero)
    tax_total = sum((line.tax for line in priced), zero)
    subtotal = written - tax_total if place.prices_include_tax else written
    return Totals(
        priced, subtotal, tax_total, subtotal + tax_total, servings_missing(taxable, taxed)
    )
