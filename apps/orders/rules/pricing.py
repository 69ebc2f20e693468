"""What a sale costs, to the cent: the one place where its parts are put together.

The order is fixed. Lines at their price; promotions and coupons, whose part of each line the
bank of promotions has worked out; points, as a price reduction over what the goods still cost;
the delivery fee; tax on what is then charged for each line; the total. Gift cards are money: they
pay of the total and change no tax (Excise Tax Act, s. 181.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.orders.rules.tax import (
    LevyShare,
    Place,
    Taxable,
    servings_missing,
    sum_shares,
    tax_sale,
)
from bakery.kernel.errors import Invalid
from bakery.kernel.money import allocate, round_money

__all__ = [
    "Place",
    "Priceable",
    "PricedLine",
    "Reductions",
    "Totals",
    "price_lines",
    "price_sale",
]

_ZERO = Decimal(0)


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
class Reductions:
    """What changes a sale beside its lines, as amounts in prices as they are written.

    ``discounts`` has what promotions take off each line, or is empty; ``points`` is what points
    pay of the goods; ``gift_cards`` is what cards could pay of the total, in their order.
    """

    discounts: Sequence[Decimal] = ()
    points: Decimal = _ZERO
    delivery_fee: Decimal = _ZERO
    gift_cards: Sequence[Decimal] = ()


@dataclass(frozen=True)
class PricedLine:
    """A line's sum as its price is written, what was taken off it, its tax and the reason for it.

    The tax is that of ``line_total - discount``.
    """

    line_total: Decimal
    tax_rate: Decimal
    tax: Decimal
    taxes: tuple[LevyShare, ...]
    tax_code: str
    tax_note: str
    discount: Decimal = _ZERO


@dataclass(frozen=True)
class Totals:
    """Priced lines and their sums: subtotal (without tax) + tax_total = total, exactly.

    The subtotal is what the lines cost after ``discount_total``, and the delivery fee.
    ``gift_cards`` is what each card pays of the total. ``servings_missing`` is how many more
    single servings would free those in the basket from tax.
    """

    lines: tuple[PricedLine, ...]
    subtotal: Decimal
    tax_total: Decimal
    total: Decimal
    servings_missing: int = 0
    delivery_fee: Decimal = _ZERO
    delivery_taxes: tuple[LevyShare, ...] = ()
    gift_cards: tuple[Decimal, ...] = ()

    @property
    def goods_total(self) -> Decimal:
        """The lines before anything was taken off, as prices are written."""
        return sum((line.line_total for line in self.lines), _ZERO)

    @property
    def discount_total(self) -> Decimal:
        """What promotions, coupons and points took off, as prices are written."""
        return sum((line.discount for line in self.lines), _ZERO)

    @property
    def delivery_tax(self) -> Decimal:
        """The tax on the delivery fee."""
        return sum((share.amount for share in self.delivery_taxes), _ZERO)

    @property
    def gift_card_total(self) -> Decimal:
        """What gift cards pay."""
        return sum(self.gift_cards, _ZERO)

    @property
    def due(self) -> Decimal:
        """What is left to be paid otherwise."""
        return self.total - self.gift_card_total

    @property
    def taxes(self) -> tuple[LevyShare, ...]:
        """The tax of the whole sale, one row for each levy and rate."""
        of_lines = [share for line in self.lines for share in line.taxes]
        return tuple(sum_shares([*of_lines, *self.delivery_taxes]))


def price_lines(lines: Sequence[Priceable], place: Place) -> Totals:
    """Return the totals of ``lines`` sold at ``place``, with nothing taken off."""
    return price_sale(lines, place, Reductions())


def price_sale(lines: Sequence[Priceable], place: Place, less: Reductions) -> Totals:
    """Return the totals of ``lines`` sold at ``place`` with the reductions of ``less``.

    Raises `Invalid` ``bad_reduction`` when a line would cost less than nothing, which no caller
    may ask for.
    """
    currency = place.currency
    sums = [round_money(line.unit_price * line.quantity, currency) for line in lines]
    nets = _after_promotions(sums, less.discounts)
    if not _ZERO <= less.points <= sum(nets, _ZERO) or less.delivery_fee < 0:
        raise Invalid("bad_reduction", "Points pay for goods only, and delivery costs something.")
    paid = allocate(less.points, nets, currency) if nets else []
    charged = [net - points for net, points in zip(nets, paid, strict=True)]
    taxable = [
        Taxable(amount, line.tax_class, line.quantity, line.pieces, line.weight_g, line.prepackaged)
        for amount, line in zip(charged, lines, strict=True)
    ]
    carriage = allocate(less.delivery_fee, charged, currency) if less.delivery_fee else []
    taxed, delivery_taxes = tax_sale(taxable, place, carriage=carriage)
    priced = tuple(
        PricedLine(whole, row.rate, row.tax, row.shares, row.code, row.words, whole - amount)
        for whole, amount, row in zip(sums, charged, taxed, strict=True)
    )
    zero = round_money(_ZERO, currency)
    written = sum(charged, zero) + less.delivery_fee
    tax_total = sum((line.tax for line in priced), zero)
    tax_total += sum((share.amount for share in delivery_taxes), _ZERO)
    subtotal = written - tax_total if place.prices_include_tax else written
    totals = Totals(
        priced,
        subtotal,
        tax_total,
        subtotal + tax_total,
        servings_missing(taxable, taxed),
        less.delivery_fee,
        delivery_taxes,
    )
    return replace(totals, gift_cards=_pay(totals.total, less.gift_cards))


def _after_promotions(sums: Sequence[Decimal], discounts: Sequence[Decimal]) -> list[Decimal]:
    nets = [
        whole - discount
        for whole, discount in zip(sums, discounts or [_ZERO] * len(sums), strict=True)
    ]
    if any(net < 0 or net > whole for net, whole in zip(nets, sums, strict=True)):
        raise Invalid("bad_reduction", "A line cannot cost less than nothing.")
    return nets


def _pay(total: Decimal, balances: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return what each of the cards pays, the first as much as it can."""
    paid = []
    for balance in balances:
        paid.append(min(balance, total))
        total -= paid[-1]
    return tuple(paid)
