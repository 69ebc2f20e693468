"""The steps that the shop's price and size filters offer.

A step is inclusive at both ends and the steps touch, in cents, so that each price is in exactly
one and a step's count is the number of products that its link shows.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PriceStep:
    """Prices from ``lowest`` to ``highest`` in the shop's currency, before tax; None: no end."""

    lowest: Decimal | None
    highest: Decimal | None


_EDGES = ("5", "10", "25", "50", "100")
PRICE_STEPS: tuple[PriceStep, ...] = tuple(
    PriceStep(
        Decimal(lowest) if lowest else None,
        Decimal(highest) - Decimal("0.01") if highest else None,
    )
    for lowest, highest in zip(("", *_EDGES), (*_EDGES, ""), strict=True)
)
# Guests: the sizes that cakes come in, from a small table to a wedding.
SERVINGS_STEPS: tuple[int, ...] = (4, 8, 12, 20, 30, 50, 100)
