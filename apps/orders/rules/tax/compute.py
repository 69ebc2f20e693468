"""The tax of a sale, levy by levy, to the cent.

Each levy is computed on the sum of what it taxes and rounded once, as an invoice may (Excise Tax
Act, s. 165.2), then split over the lines so that they sum to it. Where prices include tax, the
tax is taken out of the sum of the lines that are taxed alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from apps.orders.rules.tax.rates import Levy, levies_at, rebate_at
from apps.orders.rules.tax.treatments import (
    FOOD,
    SIX,
    Taxable,
    Verdict,
    judge,
    loose_servings,
)
from bakery.kernel.money import allocate, round_money

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when goods are sold, and whether prices have the tax in them."""

    currency: str
    country: str
    region: str
    on: date
    prices_include_tax: bool = False
    local: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class LevyShare:
    """One levy's part of a line: its name, the rate charged, the amount."""

    name: str
    rate: Decimal
    amount: Decimal

    @property
    def label(self) -> str:
        """What people call it, such as "HST 13%"."""
        return f"{self.name} {(self.rate * 100).normalize():f}%"

    def as_json(self) -> dict[str, str]:
        """Return it as it is stored and sent: numbers as text."""
        return {"name": self.name, "rate": str(self.rate), "amount": str(self.amount)}


@dataclass(frozen=True, slots=True)
class Taxed:
    """The tax of one line: the sum of its shares, and why it is what it is."""

    shares: tuple[LevyShare, ...]
    code: str
    words: str

    @property
    def rate(self) -> Decimal:
        """The rates of its levies together."""
        return sum((share.rate for share in self.shares), _ZERO)

    @property
    def tax(self) -> Decimal:
        """Its tax."""
        return sum((share.amount for share in self.shares), _ZERO)


@dataclass(frozen=True, slots=True)
class _Charge:
    """A levy at a rate, as it is charged on some lines."""

    name: str
    rate: Decimal


def tax_sale(
    lines: Sequence[Taxable], place: Place, *, carriage: Sequence[Decimal]
) -> tuple[list[Taxed], tuple[LevyShare, ...]]:
    """Return the tax of each line of one sale, and that of bringing it.

    ``carriage`` is each line's part of the delivery fee, or empty: delivery is incidental to the
    goods and taxed as they are (Excise Tax Act, s. 138), each part as its line.

    Raises `Unavailable` ``tax_unknown`` for a place without a rate: guessing is not allowed.
    """
    levies = levies_at(place.country, place.region, place.on, local=place.local)
    loose = loose_servings(lines)
    verdicts = [
        [judge(line, treatment=levy.treatment, loose=loose, on=place.on) for levy, _ in levies]
        for line in lines
    ]
    notes = ["" for _ in lines]
    charges = [
        [
            _Charge(levy.name, rate)
            for (levy, rate), verdict in zip(levies, row, strict=True)
            if verdict.is_taxed
        ]
        for row in verdicts
    ]
    _apply_rebate(lines, charges, notes, place)
    amounts = _taken_out if place.prices_include_tax else _added
    brought = [
        replace(line, amount=fee) for line, fee in zip(lines, carriage, strict=bool(carriage))
    ]
    shares = amounts([*lines, *brought], charges * 2 if brought else charges, place.currency)
    taxed = [
        Taxed(shares[index], *_reason(levies, row, notes[index]))
        for index, row in enumerate(verdicts)
    ]
    return taxed, tuple(sum_shares(share for row in shares[len(lines) :] for share in row))


def sum_shares(shares: Iterable[LevyShare]) -> list[LevyShare]:
    """Return one share for each levy and rate, in the order in which they first appear."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for share in shares:
        key = (share.name, share.rate)
        sums[key] = sums.get(key, _ZERO) + share.amount
    return [LevyShare(*key, amount) for key, amount in sums.items()]


def servings_missing(lines: Sequence[Taxable], taxed: Sequence[Taxed]) -> int:
    """Return how many more single servings would free the loose ones from tax; 0: none would."""
    missing = SIX - loose_servings(lines)
    return missing if missing > 0 and any(row.code == "fewer_than_six" for row in taxed) else 0


def _apply_rebate(
    lines: Sequence[Taxable], charges: list[list[_Charge]], notes: list[str], place: Place
) -> None:
    """Lower the rate of ready food that is taxed, when a rebate holds and it costs little."""
    rebate = rebate_at(place.country, place.region, place.on)
    food = [index for index, line in enumerate(lines) if charges[index] and line.tax_class in FOOD]
    if rebate is None or not food:
        return
    whole = sum((lines[index].amount for index in food), _ZERO)
    if place.prices_include_tax:
        whole /= 1 + rebate.charged
    if whole > rebate.up_to:
        return
    for index in food:
        charges[index] = [_Charge(charge.name, rebate.charged) for charge in charges[index]]
        notes[index] = rebate.note


def _added(
    lines: Sequence[Taxable], charges: list[list[_Charge]], currency: str
) -> list[tuple[LevyShare, ...]]:
    """Prices are without tax: each charge is a share of the lines that it is on."""
    shares: list[list[LevyShare]] = [[] for _ in lines]
    for charge in dict.fromkeys(charge for row in charges for charge in row):
        on = [index for index, row in enumerate(charges) if charge in row]
        amounts = [lines[index].amount for index in on]
        whole = round_money(sum(amounts, _ZERO) * charge.rate, currency)
        for index, part in zip(on, _split(whole, amounts, currency), strict=True):
            shares[index].append(LevyShare(charge.name, charge.rate, part))
    return [tuple(row) for row in shares]


def _taken_out(
    lines: Sequence[Taxable], charges: list[list[_Charge]], currency: str
) -> list[tuple[LevyShare, ...]]:
    """Prices have the tax in them: it is taken out of the sum of lines that are taxed alike."""
    alike: dict[tuple[_Charge, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(charges):
        if row:
            alike[tuple(row)].append(index)
    shares: list[list[LevyShare]] = [[] for _ in lines]
    for levied, on in alike.items():
        amounts = [lines[index].amount for index in on]
        gross = sum(amounts, _ZERO)
        rate = sum((charge.rate for charge in levied), _ZERO)
        tax = gross - round_money(gross / (1 + rate), currency)
        parts = _split(tax, [charge.rate for charge in levied], currency)
        for charge, whole in zip(levied, parts, strict=True):
            for index, part in zip(on, _split(whole, amounts, currency), strict=True):
                shares[index].append(LevyShare(charge.name, charge.rate, part))
    return [tuple(row) for row in shares]


def _split(whole: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    return allocate(whole, weights, currency) if whole else [_ZERO] * len(weights)


def _reason(
    levies: list[tuple[Levy, Decimal]], verdicts: list[Verdict], note: str
) -> tuple[str, str]:
    """Return the code and the words of a line: one reason, or each levy's where they differ."""
    codes = dict.fromkeys(verdict.code for verdict in verdicts)
    if note:
        return "rebate", note
    if len(codes) == 1:
        return verdicts[0].code, verdicts[0].words
    words = "; ".join(
        f"{levy.name}: {verdict.words}" for (levy, _), verdict in zip(levies, verdicts, strict=True)
    )
    taxed = [verdict.code for verdict in verdicts if verdict.is_taxed]
    return (taxed or list(codes))[0], words
