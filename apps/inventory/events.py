"""Facts about stock that handlers act on."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StockRanLow(Event):
    """The free pieces of a size fell to its limit; ``since`` (ISO 8601, UTC) names the dip."""

    kind: ClassVar[str] = "inventory.ran_low"
    variant_id: int
    since: str
    available: int
    low_at: int


@dataclass(frozen=True, kw_only=True)
class LedgerDiffers(Event):
    """The nightly comparison found balances that their ledgers do not explain."""

    kind: ClassVar[str] = "inventory.ledger_differs"
    day: str
    differences: int
