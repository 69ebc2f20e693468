"""Sales tax by class of goods, place and date.

Rates are dated rows, never constants in code. Sources: CRA, GST/HST rates by province
(https://www.canada.ca/en/revenue-agency/services/tax/businesses/topics/gst-hst-businesses/
charge-collect-which-rate/calculator.html); Excise Tax Act, Schedule VI, Part III (basic
groceries), under which whole cakes and packs of six or more are zero-rated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bakery.kernel.errors import Unavailable
from bakery.kernel.money import allocate, round_money

_ZERO = Decimal(0)
# (country, region): rates of taxable food with the first day on which each holds.
_STANDARD: dict[tuple[str, str], tuple[tuple[date, Decimal], ...]] = {
    ("CA", "ON"): ((date(2010, 7, 1), Decimal("0.13")),),
    ("CA", "NS"): ((date(2010, 7, 1), Decimal("0.15")), (date(2025, 4, 1), Decimal("0.14"))),
    ("CA", "NB"): ((date(2016, 7, 1), Decimal("0.15")),),
    ("CA", "NL"): ((date(2016, 7, 1), Decimal("0.15")),),
    ("CA", "PE"): ((date(2016, 10, 1), Decimal("0.15")),),
    ("CA", "AB"): ((date(2008, 1, 1), Decimal("0.05")),),
    ("CA", "YT"): ((date(2008, 1, 1), Decimal("0.05")),),
    ("CA", "NT"): ((date(2008, 1, 1), Decimal("0.05")),),
    ("CA", "NU"): ((date(2008, 1, 1), Decimal("0.05")),),
}
ZERO_RATED = frozenset({"basic_grocery", "whole_cake"})
SWEET_GOODS = "sweet_goods"
# Six or more sweet goods in one sale, mixed or not, are groceries rather than snacks:
# CRA GST/HST memorandum 4-3, paragraphs 87 to 89.
SWEET_GOODS_ZERO_RATED_FROM = 6


@dataclass(frozen=True)
class Taxable:
    """A line as far as tax goes: its total without tax, its class and how many pieces."""

    amount: Decimal
    tax_class: str
    quantity: int


@dataclass(frozen=True)
class Taxed:
    """The tax of one line: its rate and its share of the rounded sum."""

    rate: Decimal
    tax: Decimal


def standard_rate(*, country: str, region: str, on: date) -> Decimal:
    """Return the rate of taxable food on a day, as a fraction.

    Raises `Unavailable` with the code ``tax_unknown`` for a place without a rate: guessing is not
    allowed.
    """
    rows = _STANDARD.get((country.upper(), region.upper()), ())
    valid = [rate for since, rate in rows if since <= on]
    if not valid:
        raise Unavailable("tax_unknown", f"There is no tax rate for {country}-{region} on {on}.")
    return valid[-1]


def _is_free(line: Taxable, sweet_pieces: int) -> bool:
    """Tell whether a line is zero-rated; a class that is not known to be is taxed."""
    if line.tax_class == SWEET_GOODS:
        return sweet_pieces >= SWEET_GOODS_ZERO_RATED_FROM
    return line.tax_class in ZERO_RATED


def tax_lines(
    lines: Sequence[Taxable], *, currency: str, country: str, region: str, on: date
) -> list[Taxed]:
    """Return the tax of each line of one sale.

    Tax is computed on the sum of what is taxed and rounded once, as an invoice may (Excise Tax
    Act, s. 165.2), then split over the lines so that they sum to it to the cent.
    """
    rate = standard_rate(country=country, region=region, on=on)
    sweet_pieces = sum(line.quantity for line in lines if line.tax_class == SWEET_GOODS)
    rates = [_ZERO if _is_free(line, sweet_pieces) else rate for line in lines]
    weights = [
        line.amount if line_rate else _ZERO for line, line_rate in zip(lines, rates, strict=True)
    ]
    whole = round_money(sum(weights, _ZERO) * rate, currency)
    shares = allocate(whole, weights, currency) if whole else [_ZERO] * len(lines)
    return [Taxed(*pair) for pair in zip(rates, shares, strict=True)]
