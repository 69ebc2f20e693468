"""How many of a variant can be had: a question that the catalog asks and stock answers.

The catalog lies below stock and must not import it; whoever owns stock registers the answer when
the process starts.
"""

from collections.abc import Callable, Collection, Mapping

Source = Callable[[Collection[int]], Mapping[int, int | None]]
_sources: list[Source] = []


def answer_availability_with(source: Source) -> None:
    """Let ``source`` answer: pieces by variant id, None for what is made to order."""
    _sources[:] = [source]


def availability_of(variant_ids: Collection[int]) -> Mapping[int, int | None]:
    """Return the pieces that can be had; a variant that is left out has none."""
    if not variant_ids or not _sources:
        return {}
    return _sources[0](variant_ids)
