"""Areas and volumes of tiers, in inches. Every one grows with each of the tier's measures.

Sources of the plan areas: round, square, sheet and oval are plane geometry; a hexagon is measured
across its flats (0.866 w², the volume formula that bakers use); a heart's 0.75 w² is what fits
Wilton's wedding servings at 2 in² a slice; a petal is eight half circles on an octagon (0.684 w²);
a diamond is a rhombus. Paisley (0.7 of its rectangle) and pillow (0.85 of its square, for the sides
drawn in) are estimates of ours. A contour cake is round, its rounded edge is not taken off.
"""

from dataclasses import dataclass
from decimal import Decimal

from apps.catalog.states import CakeShape
from apps.pricing.rules.spec import SpecTier
from bakery.kernel.errors import Invalid

_PI = Decimal("3.14159265358979")
_STEP = Decimal("0.01")
# Plan area as a share of length times width; one measure stands for both.
_AREA_SHARES: dict[str, Decimal] = {
    CakeShape.ROUND: _PI / 4,
    CakeShape.CONTOUR: _PI / 4,
    CakeShape.OVAL: _PI / 4,
    CakeShape.SQUARE: Decimal(1),
    CakeShape.SHEET: Decimal(1),
    CakeShape.HEXAGON: Decimal("0.8660"),
    CakeShape.HEART: Decimal("0.75"),
    CakeShape.PETAL: Decimal("0.684"),
    CakeShape.PAISLEY: Decimal("0.70"),
    CakeShape.DIAMOND: Decimal("0.5"),
    CakeShape.PILLOW: Decimal("0.85"),
}
# The way around as a multiple of the mean of length and width. A heart of 0.75 w² is that of a
# square with two half circles, scaled to this area; an oval's is that of the circle of its mean
# (2 % short at 1 : 1.5), a diamond's that of a rhombus of equal diagonals.
_EDGE_SHARES: dict[str, Decimal] = {
    CakeShape.ROUND: _PI,
    CakeShape.CONTOUR: _PI,
    CakeShape.OVAL: _PI,
    CakeShape.PAISLEY: _PI,
    CakeShape.SQUARE: Decimal(4),
    CakeShape.SHEET: Decimal(4),
    CakeShape.PILLOW: Decimal(4),
    CakeShape.HEXAGON: Decimal("3.4641"),
    CakeShape.HEART: Decimal("3.33"),
    CakeShape.PETAL: Decimal("3.68"),
    CakeShape.DIAMOND: Decimal("2.8284"),
}


@dataclass(frozen=True, slots=True)
class Measures:
    """``plan_area`` and ``side_area`` in square inches, ``volume`` in cubic inches."""

    plan_area: Decimal
    side_area: Decimal
    volume: Decimal

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(
            self.plan_area + other.plan_area,
            self.side_area + other.side_area,
            self.volume + other.volume,
        )


def measure_tier(tier: SpecTier) -> Measures:
    """Return the measures of one tier, to a hundredth. Raises `Invalid` ``unknown_shape``."""
    if tier.shape not in _AREA_SHARES:
        raise Invalid("unknown_shape", f"Shapes: {', '.join(CakeShape.values)}.")
    width = tier.length_in if tier.width_in is None else tier.width_in
    area = _AREA_SHARES[tier.shape] * tier.length_in * width
    edge = _EDGE_SHARES[tier.shape] * (tier.length_in + width) / 2
    return Measures(
        plan_area=area.quantize(_STEP),
        side_area=(edge * tier.height_in).quantize(_STEP),
        volume=(area * tier.height_in).quantize(_STEP),
    )


def measure_stack(tiers: tuple[SpecTier, ...]) -> Measures:
    """Return the sum of all tiers."""
    total = Measures(Decimal(0), Decimal(0), Decimal(0))
    for tier in tiers:
        total = total + measure_tier(tier)
    return total
