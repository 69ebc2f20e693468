"""Units of a kitchen: weight, volume and pieces, which are never turned into one another."""

from decimal import Decimal
from fractions import Fraction

from bakery.kernel.errors import Invalid

# Each unit with its base unit and how much of that it is.
UNITS: dict[str, tuple[str, int]] = {
    "g": ("g", 1),
    "kg": ("g", 1000),
    "ml": ("ml", 1),
    "l": ("ml", 1000),
    "piece": ("piece", 1),
}


def base_of(unit: str) -> str:
    """Return the base unit; raise `Invalid` ``unknown_unit``."""
    if unit not in UNITS:
        raise Invalid("unknown_unit", f"Units are: {', '.join(UNITS)}.", details={"field": "unit"})
    return UNITS[unit][0]


def in_base(quantity: Decimal, unit: str) -> Fraction:
    """Return ``quantity`` in base units, exactly; raise `Invalid` for what is no amount."""
    base_of(unit)
    amount = Decimal(quantity)
    if not amount.is_finite() or amount <= 0:
        raise Invalid(
            "bad_quantity", "A quantity is a number above 0.", details={"field": "quantity"}
        )
    return Fraction(amount) * UNITS[unit][1]


def require_same_kind(unit: str, other: str, *, what: str) -> None:
    """Raise `Invalid` ``unit_mismatch`` when one is a weight and the other, say, a volume."""
    if base_of(unit) != base_of(other):
        raise Invalid(
            "unit_mismatch",
            f"{what} is kept in {base_of(other)}; {unit} cannot be turned into that.",
            details={"field": "unit"},
        )
