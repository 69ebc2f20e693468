"""Taking back a part of a sale after it was made, because money goes back for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.orders.models import SaleCredit


@dataclass(frozen=True)
class CreditLine:
    """Pieces of a line that are taken back; ``amount`` has its ``tax`` in it."""

    position: int
    quantity: int
    amount: Decimal
    tax: Decimal


def credit_sale(
    *,
    order_id: int,
    reference: str,
    amount: Decimal,
    lines: Sequence[CreditLine] = (),
    reason: str,
    actor: str,
    at: datetime,
) -> SaleCredit | None:
    """Lower the sale of a paid order by ``amount`` (tax included), once per ``reference``.

    Without ``lines`` the tax is shared out over the levies of the sale in proportion to what is
    left of it, and the last credit takes the remainder to the cent. None for an order that was
    never paid in full, which has no sale. A step of the caller's transaction; locks the order.
    """
    raise NotImplementedError
