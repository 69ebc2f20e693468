"""Published servings charts, as data: what is printed, where, and when it was read.

Sizes are in inches. A figure is (party slices, wedding slices); a chart that does not tell the
two apart is taken as wedding slices.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.catalog.states import CakeShape

PARTY, WEDDING = "party", "wedding"
STYLES: dict[str, str] = {
    PARTY: "Party slices of 1.5 by 2 inches",
    WEDDING: "Wedding slices of 1 by 2 inches",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed size: ``width`` is None for shapes that have one measure."""

    length: Decimal
    width: Decimal | None
    party: int
    wedding: int


@dataclass(frozen=True)
class Chart:
    """A published chart; ``shapes`` lists the figures of each shape from small to large."""

    name: str
    source: str
    read_on: date
    shapes: dict[str, tuple[Figure, ...]]


def _one(*rows: tuple[str, int, int]) -> tuple[Figure, ...]:
    return tuple(Figure(Decimal(size), None, party, wedding) for size, party, wedding in rows)


def _two(*rows: tuple[str, str, int, int]) -> tuple[Figure, ...]:
    return tuple(
        Figure(Decimal(length), Decimal(width), party, wedding)
        for length, width, party, wedding in rows
    )


# Two layers, 4 inches high. The web page prints 24 for the 12 inch heart; the printed guide's 34
# fits the series and is used here.
WILTON = Chart(
    name="Wilton",
    source="wilton.com/cake-serving-guide; Wilton party and wedding cake charts 2105-9105",
    read_on=date(2026, 11, 1),
    shapes={
        CakeShape.ROUND: _one(
            ("4", 8, 8), ("6", 12, 12), ("8", 20, 24), ("9", 24, 32), ("10", 28, 38),
            ("12", 40, 56), ("14", 63, 78), ("16", 77, 100), ("18", 110, 146),
        ),
        CakeShape.SQUARE: _one(
            ("6", 12, 18), ("8", 20, 32), ("10", 30, 50), ("12", 48, 72), ("14", 63, 98),
            ("16", 80, 128),
        ),
        CakeShape.HEART: _one(
            ("6", 8, 14), ("8", 18, 22), ("9", 20, 28), ("10", 24, 38), ("12", 34, 56),
            ("14", 48, 72), ("16", 64, 94),
        ),
        CakeShape.PETAL: _one(("6", 6, 8), ("9", 14, 18), ("12", 38, 40), ("15", 48, 64)),
        CakeShape.HEXAGON: _one(("6", 10, 12), ("9", 20, 26), ("12", 34, 40), ("15", 48, 70)),
        CakeShape.OVAL: _two(
            ("7.75", "5.5", 9, 13), ("10.75", "7.8", 20, 26), ("13.5", "9.8", 30, 45),
            ("16.5", "12.4", 44, 70),
        ),
        CakeShape.SHEET: _two(
            ("11", "7", 24, 32), ("13", "9", 36, 50), ("15", "11", 54, 74), ("18", "12", 72, 98),
        ),
        CakeShape.PAISLEY: _two(
            ("9", "6", 9, 13), ("12.5", "9.5", 28, 38), ("16.5", "12.5", 40, 56),
        ),
        CakeShape.DIAMOND: _two(
            ("10.25", "7.4", 12, 18), ("15", "11", 20, 32), ("19.25", "14.25", 42, 66),
        ),
        CakeShape.PILLOW: _one(("6.75", 13, 19), ("10", 30, 40), ("13.25", 64, 72)),
        CakeShape.CONTOUR: _one(("9", 11, 17)),
    },
)  # fmt: skip
# Charts that disagree with it; they widen the range of the answer.
OTHERS: tuple[Chart, ...] = (
    Chart(
        name="Bake with Sarah",
        source="bakewithsarah.com, rounds",
        read_on=date(2026, 11, 1),
        shapes={CakeShape.ROUND: _one(("6", 10, 10), ("8", 28, 28), ("10", 42, 42))},
    ),
    Chart(
        name="Pastry Wiz",
        source="pastrywiz.com, rounds",
        read_on=date(2026, 11, 1),
        shapes={CakeShape.ROUND: _one(("6", 16, 16), ("8", 29, 29), ("10", 48, 48))},
    ),
    Chart(
        name="Earlene's",
        source="Earlene's chart, quoted at cakecentral.com t/615548",
        read_on=date(2026, 11, 1),
        shapes={CakeShape.SQUARE: _one(("8", 24, 24))},
    ),
)
# Stacks that Wilton prints, and their continuation with the same steps; diameters in inches.
STACKS: tuple[tuple[int, ...], ...] = (
    (6, 8), (6, 10), (8, 10), (6, 8, 10), (6, 9, 12), (8, 10, 12), (6, 8, 10, 12),
    (8, 10, 12, 14), (6, 8, 10, 12, 14), (8, 10, 12, 14, 16), (6, 8, 10, 12, 14, 16),
)  # fmt: skip
