"""What an estimate tells: a price or servings with its range, its reasons and its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.pricing.states import EstimateOrigin


@dataclass(frozen=True, slots=True)
class Costs:
    """What making the cake costs, in the shop's currency before tax."""

    ingredients: Decimal
    labour: Decimal
    overhead: Decimal

    @property
    def total(self) -> Decimal:
        """Return all of it."""
        return self.ingredients + self.labour + self.overhead


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a price in plain words, with what it adds to (or takes off) the price."""

    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A cake of the past that is like this one, and what it was sold for."""

    subject: str
    title: str
    price: Decimal
    decided_on: date
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEstimate:
    """A price, in whole cents of the shop's currency, with the range it is likely in.

    ``coverage`` of final prices lie within ``low`` and ``high`` (a share, 0.90). ``floor_price``
    is below what only a manager may sell for; ``suggested_margin`` is a share of the price.
    ``version`` names the model, "" when the formula speaks alone. ``reasons`` sum up to the price
    to the cent, ``formula_reasons`` to the formula's. ``notes`` are for people: what lies outside
    of what was learned from, and so on.
    """

    price: Decimal
    low: Decimal
    high: Decimal
    currency: str
    formula_price: Decimal
    costs: Costs
    floor_price: Decimal
    suggested_margin: Decimal
    origin: EstimateOrigin
    version: str
    coverage: Decimal
    reasons: tuple[Reason, ...] = ()
    formula_reasons: tuple[Reason, ...] = ()
    nearest: tuple[Neighbour, ...] = ()
    notes: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)

    def margin_at(self, price: Decimal) -> Decimal | None:
        """Return which share of ``price`` is left after the costs; None of nothing."""
        if price <= 0:
            return None
        return ((price - self.costs.total) / price).quantize(Decimal("0.0001"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingsEstimate:
    """How many people a cake serves; ``formula`` is what the chart says.

    ``style`` and ``keep_top`` are how it is to be cut, as it was asked.
    """

    servings: int
    least: int
    most: int
    formula: int
    origin: EstimateOrigin
    version: str
    notes: tuple[str, ...] = ()
    style: str = "party"
    keep_top: bool = False
