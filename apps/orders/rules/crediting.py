"""Which levies a credit takes back: never more than is left of any, and in the end all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bakery.kernel.money import allocate, round_money

_ZERO = Decimal(0)
# A levy by its name and its rate, both as they are stored.
Levy = tuple[str, str]


@dataclass(frozen=True)
class SaleLeft:
    """What a sale still comes to: ``total`` with its tax in it, of which ``levies``."""

    total: Decimal
    levies: Mapping[Levy, Decimal]
    currency: str

    @property
    def tax(self) -> Decimal:
        """All of its levies."""
        return sum(self.levies.values(), _ZERO)


def sum_levies(rows: Iterable[Mapping[str, Any]]) -> dict[Levy, Decimal]:
    """Return what stored rows ({"name", "rate", "amount"}) sum to, by levy."""
    sums: dict[Levy, Decimal] = {}
    for row in rows:
        key = (str(row["name"]), str(row["rate"]))
        sums[key] = sums.get(key, _ZERO) + Decimal(row["amount"])
    return sums


def less(left: Mapping[Levy, Decimal], taken: Mapping[Levy, Decimal]) -> dict[Levy, Decimal]:
    """Return what is left of each levy after ``taken``."""
    return {key: amount - taken.get(key, _ZERO) for key, amount in left.items()}


def share_credit(
    left: SaleLeft, amount: Decimal, wanted: Mapping[Levy, Decimal] | None = None
) -> dict[Levy, Decimal]:
    """Return the levies in a credit of ``amount``, at most what is left.

    In proportion to what is left of the sale, or as ``wanted`` where that can be: what goes back
    without tax is never more than the sale has left without tax. All that is left takes them all.
    """
    if amount >= left.total:
        return dict(left.levies)
    if wanted is None:
        tax = round_money(left.tax * amount / left.total, left.currency)
        return _split(tax, left.levies, left.currency)
    shares = {key: min(wanted.get(key, _ZERO), most) for key, most in left.levies.items()}
    # At least so much of it must be tax, or the rest of the sale would be nothing but tax.
    missing = left.tax - (left.total - amount) - sum(shares.values(), _ZERO)
    if missing > 0:
        more = _split(missing, less(left.levies, shares), left.currency)
        shares = {key: share + more[key] for key, share in shares.items()}
    over = sum(shares.values(), _ZERO) - amount
    if over > 0:
        fewer = _split(over, shares, left.currency)
        shares = {key: share - fewer[key] for key, share in shares.items()}
    return shares


def share_line(
    taxes: Sequence[Mapping[str, Any]], tax: Decimal, currency: str
) -> dict[Levy, Decimal]:
    """Return the parts of ``tax`` that belong to the levies of a line, as they were charged."""
    return _split(tax, sum_levies(taxes), currency)


def as_json(levies: Mapping[Levy, Decimal]) -> list[dict[str, str]]:
    """Return levies as they are stored, without those of nothing."""
    return [
        {"name": name, "rate": rate, "amount": str(amount)}
        for (name, rate), amount in levies.items()
        if amount
    ]


def _split(total: Decimal, weights: Mapping[Levy, Decimal], currency: str) -> dict[Levy, Decimal]:
    """Split by largest remainder: at most its weight to each while ``total`` is not above them."""
    if not weights:
        return {}
    parts = allocate(total, list(weights.values()), currency)
    return dict(zip(weights, parts, strict=True))
