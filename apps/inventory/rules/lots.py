"""Which lots a change of stock takes from or gives back to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenLot:
    """A lot with pieces: ``left`` that may be taken, or that were taken and may come back."""

    id: int
    left: int


@dataclass(frozen=True, slots=True)
class Share:
    """Pieces of one lot, always positive; lot None stands for pieces that no lot covers."""

    lot_id: int | None
    quantity: int


def take(
    quantity: int, lots: Sequence[OpenLot], *, first: Iterable[int | None] = ()
) -> list[Share]:
    """Return the shares of ``quantity`` pieces, in the order of ``lots``.

    Lots named in ``first`` come before all others: they are what a person said was used. The sum
    is always ``quantity``; no share exceeds what its lot has left.
    """
    named = set(first)
    order = [lot for lot in lots if lot.id in named] + [lot for lot in lots if lot.id not in named]
    shares = []
    for lot in order:
        part = min(quantity, lot.left)
        if part > 0:
            shares.append(Share(lot.id, part))
            quantity -= part
    if quantity:
        shares.append(Share(None, quantity))
    return shares
