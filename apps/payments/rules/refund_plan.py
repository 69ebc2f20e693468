"""What a refund comes to: of which lines, with which tax, and which way it goes back."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class RefundLine:
    """Pieces of the order's line at ``position`` whose price is to go back."""

    position: int
    quantity: int


@dataclass(frozen=True)
class WayShare:
    """What goes back one way; with a ``payment_id`` to the card that it was paid with."""

    way: str
    payment_id: int | None
    amount: Decimal


@dataclass(frozen=True)
class LineLeft:
    """A line of an order: how many pieces and how much of them may still be refunded."""

    position: int
    description: str
    quantity: int
    quantity_left: int
    amount_left: Decimal


@dataclass(frozen=True)
class Refundable:
    """What of an order's money may still be asked back, in all and by line."""

    currency: str
    amount_left: Decimal
    lines: tuple[LineLeft, ...]


@dataclass(frozen=True)
class RefundPreview:
    """What a request would come to: ``amount`` with its ``tax`` in it, and the ways it goes.

    ``left`` is what may be refunded before it, with what of each line.
    """

    amount: Decimal
    tax: Decimal
    currency: str
    ways: tuple[WayShare, ...]
    left: Refundable
