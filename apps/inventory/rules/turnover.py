"""Turnover figures out of sums: what each means and how it is worked out.

Inventory turnover = cost of goods sold / average inventory, and days in inventory = days in the
window / turnover: the usual definitions of cost accounting. The average is over time (the sum of
balance x time it lasted, divided by the window), not the mean of the first and the last balance:
a bakery is empty at both, every day. What a piece costs is its cost now, because the ledger counts
pieces; for a single size the ratio does not depend on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sums:
    """Pieces of one size in a window: sold less returned, made, wasted, and on average there."""

    sold: int
    made: int
    wasted: int
    average: Decimal
    unit_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Money in the shop's currency; None where it cannot be known (no cost, nothing there).

    ``turnover`` is per window, ``days_on_hand`` in days, ``waste_share`` of what was made, 0 to 1.
    ``uncosted`` counts sizes without a cost, which are left out of all money and of the ratios.
    """

    sold: int
    made: int
    wasted: int
    average: Decimal
    cogs: Decimal | None
    average_value: Decimal | None
    waste_value: Decimal | None
    turnover: Decimal | None
    days_on_hand: Decimal | None
    waste_share: Decimal | None
    uncosted: int


def figures(rows: Iterable[Sums], *, days: Decimal) -> Figures:
    """Return the figures of sizes taken together over a window of ``days``.

    A single size without a cost still has its turnover, in pieces: the cost would cancel out.
    """
    listed = list(rows)
    costed = [(row, row.unit_cost) for row in listed if row.unit_cost is not None]
    cogs = sum((row.sold * cost for row, cost in costed), Decimal(0))
    value = sum((row.average * cost for row, cost in costed), Decimal(0))
    ratio = _ratio(cogs, value)
    if len(listed) == 1 and not costed:
        ratio = _ratio(Decimal(listed[0].sold), listed[0].average)
    made, wasted = sum(row.made for row in listed), sum(row.wasted for row in listed)
    return Figures(
        sold=sum(row.sold for row in listed),
        made=made,
        wasted=wasted,
        average=sum((row.average for row in listed), Decimal(0)).quantize(_CENT),
        cogs=cogs.quantize(_CENT) if costed else None,
        average_value=value.quantize(_CENT) if costed else None,
        waste_value=(
            sum((row.wasted * cost for row, cost in costed), Decimal(0)).quantize(_CENT)
            if costed
            else None
        ),
        turnover=ratio.quantize(_CENT) if ratio is not None else None,
        days_on_hand=(days / ratio).quantize(_CENT) if ratio else None,
        waste_share=(Decimal(wasted) / made).quantize(Decimal("0.0001")) if made else None,
        uncosted=len(listed) - len(costed),
    )


def _ratio(above: Decimal, below: Decimal) -> Decimal | None:
    return above / below if below > 0 else None
