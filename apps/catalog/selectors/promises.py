"""When a variant can be picked up at the earliest: asked by the catalog, answered by inventory.

The catalog lies below the calendar and must not import it; whoever owns the calendar registers
the answer when the process starts, as with availability.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """The earliest pickup of one variant, ordered alone; ``earliest`` None: none can be promised.

    ``binding`` is the code of the constraint that keeps it from being earlier, ``reason`` says the
    same to a person.
    """

    earliest: datetime | None
    binding: str
    reason: str


Source = Callable[[Collection[int], datetime], Mapping[int, Promise]]
_sources: list[Source] = []


def answer_promises_with(source: Source) -> None:
    """Let ``source`` answer: promises by variant id, for an order placed at a moment."""
    _sources[:] = [source]


def promises_of(variant_ids: Collection[int], *, at: datetime) -> Mapping[int, Promise]:
    """Return the promise of each variant that has one, in a bounded number of statements."""
    if not variant_ids or not _sources:
        return {}
    return _sources[0](variant_ids, at)
