"""What an order asks of the slot before which it is made: pieces, and minutes of people and ovens.

All of an order's work counts against the slot in which it is picked up, as the stretch of
production that ends there. An order that needs more than a slot's whole limit does not fit that
slot however empty it is; it is refused there, never spread over earlier slots behind the back of
whoever plans them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bakery.kernel.errors import Invalid

# Far above any order, and low enough that a slot of 1,000 orders adds up within its columns.
MAX_WORK = 1_000_000


class NeedsWork(Protocol):
    """What the sums need to know of a variant: for one of it."""

    @property
    def pieces(self) -> int:
        """Single servings: 6 for a box of six."""

    @property
    def oven_minutes(self) -> int:
        """Minutes of the oven."""

    @property
    def decorator_minutes(self) -> int:
        """Minutes of a decorator."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an order takes of a slot beside its place."""

    pieces: int = 0
    oven_minutes: int = 0
    decorator_minutes: int = 0


def work_of(quantities: Mapping[int, int], sizes: Mapping[int, NeedsWork]) -> Work:
    """Return the work of ``quantities`` (by variant id) of ``sizes``, which has each of them."""
    wanted = [(quantity, sizes[pk]) for pk, quantity in quantities.items()]
    return Work(
        pieces=sum(quantity * size.pieces for quantity, size in wanted),
        oven_minutes=sum(quantity * size.oven_minutes for quantity, size in wanted),
        decorator_minutes=sum(quantity * size.decorator_minutes for quantity, size in wanted),
    )


def check_work(work: Work) -> None:
    """Raise `Invalid` ``too_much_work`` for more than any slot can count, or less than nothing."""
    if not all(
        0 <= amount <= MAX_WORK
        for amount in (work.pieces, work.oven_minutes, work.decorator_minutes)
    ):
        raise Invalid("too_much_work", "For an order of this size, please talk to us.")
