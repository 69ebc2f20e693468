"""Changing prices in bulk: by a percentage or an amount, rounded to a step. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bakery.kernel.errors import Invalid

# What prices on a shelf label usually end on: the smallest coin, quarters, halves, whole.
STEPS = tuple(map(Decimal, ("0.01", "0.05", "0.10", "0.25", "0.50", "1.00")))
HIGHEST = Decimal("99999999.99")
_BY = {"percent": (Decimal(-100), Decimal(1000)), "amount": (Decimal(-100000), Decimal(100000))}


@dataclass(frozen=True, slots=True)
class Repricing:
    """How prices change. ``by`` is percent (``value`` 5 is 5 % more) or amount (of the currency).

    ``step`` is what the new price is rounded to, half up, never below one step unless it was zero
    before.
    """

    by: str
    value: Decimal
    step: Decimal = STEPS[0]

    def __post_init__(self) -> None:
        if self.by not in _BY:
            raise Invalid("bad_repricing", "By percent or by amount.", details={"field": "by"})
        lowest, highest = _BY[self.by]
        if not self.value.is_finite() or not lowest <= self.value <= highest:
            raise Invalid(
                "bad_repricing", f"From {lowest} to {highest}.", details={"field": "value"}
            )
        if self.step not in STEPS:
            allowed = ", ".join(map(str, STEPS))
            raise Invalid("bad_repricing", f"Round to {allowed}.", details={"field": "step"})


def reprice(price: Decimal, how: Repricing) -> Decimal:
    """Return the new price; raise `Invalid` ``bad_price`` for one below zero or beyond the column.

    A free size stays free under a percentage, and a reduction never makes something free.
    """
    changed = price * (100 + how.value) / 100 if how.by == "percent" else price + how.value
    if not 0 <= changed <= HIGHEST:
        raise Invalid("bad_price", f"{price} would become {changed:f}.", details={"field": "price"})
    rounded = (changed / how.step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * how.step
    if changed > 0:
        rounded = max(rounded, how.step)
    return rounded.quantize(Decimal("0.01"))
