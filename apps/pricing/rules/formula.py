"""The transparent price: what a cake costs, a margin on it, more in a rush, rounded up.

    costs = ingredients x (1 + waste) + hours x hourly rate, and overhead on both
    price = costs / (1 - target margin) x (1 + rush), rounded up to the step of prices

Every term only grows with ingredients, hours and haste, so the price never falls with them. The
form is the cake decorators' rule (materials, an hourly wage, overhead, profit); all its figures
are dated rows of `PriceRates`.
"""

import math
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from apps.pricing.rules.estimates import Costs, Reason
from apps.pricing.rules.spec import CakeSpec
from bakery.kernel.money import round_money

_HUNDRED = Decimal(100)
# Finer than any price: what differs by less differs by the rounding of floating point only.
_GRAIN = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What holds from ``starts_on``; see `models.PriceRates`. Money before tax."""

    starts_on: date
    hourly_rate: Decimal
    waste_percent: Decimal
    overhead_percent: Decimal
    target_margin: Decimal
    floor_margin: Decimal
    rush_days: int
    rush_percent: Decimal
    price_step: Decimal

    def is_rush(self, notice_days: int) -> bool:
        """Tell whether so many days from the order to the pickup are short."""
        return notice_days < self.rush_days


@dataclass(frozen=True, slots=True)
class CostPlus:
    """The formula's answer: exact ``costs`` and ``price``, before anything is rounded."""

    ingredients: Decimal
    labour: Decimal
    overhead: Decimal
    price: Decimal

    @property
    def cost(self) -> Decimal:
        """Return what making it costs."""
        return self.ingredients + self.labour + self.overhead

    def costs(self, currency: str) -> Costs:
        """Return the costs to the cent."""
        return Costs(
            ingredients=round_money(self.ingredients, currency),
            labour=round_money(self.labour, currency),
            overhead=round_money(self.overhead, currency),
        )


def cost_plus(spec: CakeSpec, rates: Rates) -> CostPlus:
    """Return what the formula says of ``spec``; never less for more of anything."""
    ingredients = spec.ingredient_cost * (1 + rates.waste_percent / _HUNDRED)
    labour = spec.labour_hours * rates.hourly_rate
    overhead = (ingredients + labour) * rates.overhead_percent / _HUNDRED
    price = (ingredients + labour + overhead) / (1 - rates.target_margin)
    if spec.is_rush:
        price *= 1 + rates.rush_percent / _HUNDRED
    return CostPlus(ingredients, labour, overhead, price)


def round_up(amount: Decimal, step: Decimal) -> Decimal:
    """Return ``amount`` rounded up to a multiple of ``step``, and never less than one step."""
    steps = (amount.quantize(_GRAIN) / step).to_integral_value(rounding=ROUND_CEILING)
    return max(steps, Decimal(1)) * step


def floor_price(cost: Decimal, rates: Rates) -> Decimal:
    """Return below what only a manager may sell: the cost with the floor's margin."""
    return round_up(cost / (1 - rates.floor_margin), rates.price_step)


def corrected_price(parts: CostPlus, rates: Rates, correction: float) -> Decimal:
    """Return the price that is shown for a model's ``correction`` of the formula's logarithm.

    Rounded up to the step of prices and never below the floor. No lower for a higher correction,
    nor for a cake that is bigger or dearer in any way.
    """
    raw = corrected(parts, correction)
    return max(round_up(raw, rates.price_step), floor_price(parts.cost, rates))


def corrected(parts: CostPlus, correction: float) -> Decimal:
    """Return the price as a model corrects it, before it is rounded."""
    return Decimal(str(float(parts.price) * math.exp(correction)))


def explain_formula(
    parts: CostPlus, spec: CakeSpec, rates: Rates, *, price: Decimal, currency: str
) -> tuple[Reason, ...]:
    """Return the parts of the formula's ``price`` in words; they sum up to it to the cent."""
    costs = parts.costs(currency)
    base = parts.cost / (1 - rates.target_margin)
    rows = [
        Reason(f"Ingredients, with {plain(rates.waste_percent)} % waste", costs.ingredients),
        Reason(
            f"{plain(spec.labour_hours)} hours of work at {plain(rates.hourly_rate)}",
            costs.labour,
        ),
        Reason(f"Overhead, {plain(rates.overhead_percent)} %", costs.overhead),
        Reason(
            f"Margin, {plain(rates.target_margin * _HUNDRED)} % of the price",
            round_money(base - parts.cost, currency),
        ),
    ]
    if spec.is_rush:
        text = f"Rush, less than {rates.rush_days} days, {plain(rates.rush_percent)} %"
        rows.append(Reason(text, round_money(parts.price - base, currency)))
    return with_rest(rows, price, f"Rounded up to steps of {plain(rates.price_step)}")


def with_rest(rows: list[Reason], price: Decimal, text: str) -> tuple[Reason, ...]:
    """Return ``rows`` and what is left of ``price`` under ``text``, if anything is."""
    rest = price - sum((row.amount for row in rows), Decimal(0))
    return (*rows, Reason(text, rest)) if rest else tuple(rows)


def plain(number: Decimal) -> str:
    """Return a number without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
