"""The one place that rounds money, converts it to minor units and splits it.

Amounts are `Decimal` in major units of a currency named by its ISO 4217 code.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.numbers import format_currency, get_currency_precision

from bakery.kernel.errors import Invalid

# Stripe's list of currencies charged without minor units, https://docs.stripe.com/currencies,
# where it differs from ISO 4217's exponent as Babel has it.
_STRIPE_EXPONENT = {"ISK": 2, "UGX": 2, "HUF": 2, "TWD": 2}


def _require_finite(amount: Decimal) -> None:
    if not amount.is_finite():
        raise Invalid("not_a_money_amount", f"{amount} is not an amount of money.")


def exponent(currency: str) -> int:
    """Return the number of decimals of ``currency`` (2 for CAD, 0 for JPY, 3 for KWD)."""
    return _STRIPE_EXPONENT.get(currency.upper(), get_currency_precision(currency.upper()))


def quantum(currency: str) -> Decimal:
    """Return the smallest amount of ``currency``, such as ``Decimal("0.01")``."""
    return Decimal(1).scaleb(-exponent(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's smallest unit, the rule of cash registers and CRA.

    Half up is away from zero, so that a refund rounds as the sale did.
    """
    _require_finite(amount)
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return ``amount`` in minor units; raise `Invalid` when it has a fraction of one."""
    _require_finite(amount)
    scaled = Fraction(amount) * Fraction(10) ** exponent(currency)
    if scaled.denominator != 1:
        raise Invalid("not_a_money_amount", f"{amount} is finer than {currency} allows.")
    return int(scaled)


def from_minor(minor: int, currency: str) -> Decimal:
    """Return the amount of ``minor`` units."""
    return Decimal(minor).scaleb(-exponent(currency))


def allocate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Split ``total`` in proportion to ``weights`` so that the parts sum to it exactly.

    Largest remainder; ties go to the earlier part. All-zero weights put everything on the first.
    Raises `Invalid` for a negative weight or for no weights with something to split.
    """
    for weight in weights:
        _require_finite(weight)
    if any(weight < 0 for weight in weights):
        raise Invalid("negative_weight", "Cannot split money by a negative weight.")
    minor = to_minor(total, currency)
    if not weights:
        if minor:
            raise Invalid("nothing_to_split_over", "There is nothing to split the amount over.")
        return []
    # Fractions, because Decimal rounds at 28 digits: parts could then sum to more than the total.
    shares = [Fraction(weight) for weight in weights]
    if not any(shares):
        shares[0] = Fraction(1)
    whole = sum(shares)
    sign, size = (-1, -minor) if minor < 0 else (1, minor)
    exact = [size * share / whole for share in shares]
    floors = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[: size - sum(floors)]:
        floors[index] += 1
    return [from_minor(sign * part, currency) for part in floors]


def display(amount: Decimal, currency: str, *, locale: str = "en_CA") -> str:
    """Return ``amount`` as people of ``locale`` write it."""
    return format_currency(amount, currency, locale=locale)
