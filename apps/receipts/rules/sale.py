"""What a sale comes to, what its documents say of it, and what lies between the two.

Amounts are in major units of the order's currency. ``net`` is without tax unless the shop writes
its prices with the tax in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")
Levy = tuple[str, Decimal]
Levies = dict[Levy, Decimal]


@dataclass(frozen=True)
class Sums:
    """A sum of money with the taxes in it: total = subtotal + its levies, exactly."""

    total: Decimal = ZERO
    levies: Mapping[Levy, Decimal] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        """All levies together."""
        return sum(self.levies.values(), ZERO)

    @property
    def subtotal(self) -> Decimal:
        """What is left without them."""
        return self.total - self.tax

    @property
    def is_nothing(self) -> bool:
        """Whether not a cent of anything is in it."""
        return not self.total and not any(self.levies.values())

    def plus(self, other: "Sums", *, times: int = 1) -> "Sums":
        """Return both together; ``times`` is -1 to take the other away."""
        levies = {
            key: self.levies.get(key, ZERO) + times * other.levies.get(key, ZERO)
            for key in {**self.levies, **other.levies}
        }
        return Sums(self.total + times * other.total, levies)

    def taxes_json(self) -> list[dict[str, str]]:
        """Return the levies with a cent in them as documents keep them."""
        return [
            {"name": name, "rate": str(rate), "amount": f"{amount:.2f}"}
            for (name, rate), amount in self.levies.items()
            if amount
        ]


def read_levies(*taxes: Iterable[Mapping[str, str]]) -> Levies:
    """Return the levies of rows as {"name", "rate", "amount"}, those alike together."""
    levies: Levies = {}
    for row in (row for rows in taxes for row in rows):
        # Cut to what the rate says, so that 0.13 and 0.13000 are one levy.
        key = (row["name"], Decimal(row["rate"]).normalize())
        levies[key] = levies.get(key, ZERO) + Decimal(row["amount"])
    return levies


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the order, or its delivery (position 0), as it is sold now."""

    position: int
    text: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    discount: Decimal
    levies: Mapping[Levy, Decimal]

    @property
    def net(self) -> Decimal:
        """What is charged for it, as prices are written."""
        return self.amount - self.discount

    @property
    def tax(self) -> Decimal:
        """Its tax."""
        return sum(self.levies.values(), ZERO)

    def as_json(self) -> dict[str, Any]:
        """Return it as a document remembers it, to tell later what changed."""
        return {
            "position": self.position,
            "text": self.text,
            "quantity": self.quantity,
            "unit_price": str(self.unit_price),
            "amount": str(self.amount),
            "discount": str(self.discount),
            "taxes": [
                {"name": name, "rate": str(rate), "amount": str(amount)}
                for (name, rate), amount in self.levies.items()
            ],
        }


def line_from_json(row: Mapping[str, Any]) -> Line:
    """Return a line that `Line.as_json` wrote."""
    return Line(
        position=row["position"],
        text=row["text"],
        quantity=row["quantity"],
        unit_price=Decimal(row["unit_price"]),
        amount=Decimal(row["amount"]),
        discount=Decimal(row["discount"]),
        levies=read_levies(row["taxes"]),
    )


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A part of the sale that was taken back; ``pieces`` as {position, quantity, amount, tax}."""

    id: int
    sums: Sums
    reason: str
    pieces: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Money that came for the order."""

    id: int
    way: str
    amount: Decimal
    on: date


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who buys, as the order has it: no more of it than a receipt is about.

    It is kept for years, and outlives an erasure; how to reach somebody is the order's to know.
    """

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An order as far as its documents go.

    ``is_sold``: it was paid in full once. ``is_over``: nobody is asked to pay for it any more.
    ``reductions`` are promotions, coupons and points, as {kind, label, code, amount}.
    """

    order_id: int
    number: str
    currency: str
    prices_include_tax: bool
    is_sold: bool
    is_over: bool
    is_erased: bool
    balance: Decimal
    sold: Sums
    gift_cards: Decimal
    paid: Decimal
    given_back: Decimal
    deposit: Decimal
    placed_on: date
    paid_on: date | None
    pickup_on: date
    is_delivered: bool
    language: str
    buyer: Person
    lines: tuple[Line, ...]
    reductions: tuple[Mapping[str, Any], ...]
    credits: tuple[Credit, ...]
    payments: tuple[Payment, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the documents of an order say so far: their sum, and what the last one remembers."""

    count: int = 0
    sums: Sums = field(default_factory=Sums)
    lines: tuple[Line, ...] = ()
    credit_ids: frozenset[int] = frozenset()
    payment_ids: frozenset[int] = frozenset()
    gift_cards: Decimal = ZERO


def missing_of(sale: Sale, told: Told) -> Sums:
    """Return what the documents do not say yet of a sale, below zero what they say too much.

    Nothing while something is owed on it: then it is not known yet what it comes to.
    """
    if not sale.is_sold:
        return Sums().plus(told.sums, times=-1)
    if sale.is_over and was_never_paid_for(sale):
        return _credited_only(sale, told)
    if sale.balance > 0 and not sale.is_over:
        return Sums()
    credited = Sums()
    for credit in sale.credits:
        credited = credited.plus(credit.sums)
    return sale.sold.plus(credited, times=-1).plus(told.sums, times=-1)


def was_never_paid_for(sale: Sale) -> bool:
    """Tell whether a part of an order that is over, such as a late change, was never paid."""
    return sale.sold.total > sale.gift_cards + sale.paid


def new_credits(sale: Sale, told: Told) -> list[Credit]:
    """Return the credits that no document has told yet."""
    return [credit for credit in sale.credits if credit.id not in told.credit_ids]


def _credited_only(sale: Sale, told: Told) -> Sums:
    """Return what credits took of the sale as its documents tell it: the rest never was one."""
    gap = Sums()
    for credit in new_credits(sale, told):
        gap = gap.plus(credit.sums, times=-1)
    left = told.sums.plus(gap)
    # The shares of the levies were cut from a larger sale; nothing of any is left of nothing.
    return gap if left.total > 0 else Sums().plus(told.sums, times=-1)
