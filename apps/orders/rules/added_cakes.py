"""Which cakes a change added to an order. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def added_quantities(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[int, int]:
    """Return how many more of each line's position there are than of its size before.

    Lines are those of the record of changes. Compared by size and message: another inscription is
    another cake, a line that only moved is none.
    """
    left = Counter[tuple[int, str]]()
    for line in before:
        left[_kind(line)] += int(line["quantity"])
    added: dict[int, int] = {}
    for line in after:
        known = min(left[_kind(line)], int(line["quantity"]))
        left[_kind(line)] -= known
        if more := int(line["quantity"]) - known:
            added[int(line["position"])] = more
    return added


def _kind(line: Mapping[str, Any]) -> tuple[int, str]:
    return int(line["variant_id"]), str(line["message"])
