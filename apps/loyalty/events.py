"""Facts about points and gift cards that handlers act on."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LoyaltyDiffers(Event):
    """The nightly comparison found balances that their ledgers do not explain."""

    kind: ClassVar[str] = "loyalty.ledger_differs"
    day: str
    differences: int
