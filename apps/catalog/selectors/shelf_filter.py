"""Which products a visitor wants to see, as a value and as conditions in SQL."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class ShelfFilter:
    """Which products: each filter narrows, empty ones do nothing.

    ``diets`` must all hold, and the product must be known to be free of all of ``free_from``:
    what is unknown is not free. Price and servings are of one and the same size; a size serves
    ``servings_min`` guests when the lower end of its range does.
    """

    category: str = ""
    kind: str = ""
    diets: tuple[str, ...] = ()
    free_from: tuple[str, ...] = ()
    text: str = ""
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    servings_min: int | None = None

    @property
    def has_size_filter(self) -> bool:
        """Whether it asks something of a size, so that a product without one is out."""
        return any(
            value is not None for value in (self.price_min, self.price_max, self.servings_min)
        )


# What a size serves for certain: the lower end of its range, or the one number that is known.
SERVES = "coalesce(v.servings_min, v.servings_max, 0)"


def food_condition(wanted: ShelfFilter) -> Sql:
    """Return the conditions on diets and allergens of ``p``, each answered by its GIN index."""
    parts: list[str] = []
    params: list[Any] = []
    for column, codes in (("diet_tags", wanted.diets), ("free_from", wanted.free_from)):
        if codes:
            parts.append(f"p.{column} @> %s::jsonb")
            params.append(json.dumps(sorted(codes)))
    return joined(parts), params


def price_condition(wanted: ShelfFilter) -> Sql:
    """Return the condition on the price of size ``v``."""
    parts: list[str] = []
    params: list[Any] = []
    if wanted.price_min is not None:
        parts.append("v.price >= %s")
        params.append(wanted.price_min)
    if wanted.price_max is not None:
        parts.append("v.price <= %s")
        params.append(wanted.price_max)
    return joined(parts), params


def servings_condition(wanted: ShelfFilter) -> Sql:
    """Return the condition on what size ``v`` serves."""
    if wanted.servings_min is None:
        return "true", []
    return f"{SERVES} >= %s", [wanted.servings_min]


def joined(parts: Sequence[str]) -> str:
    """Return conditions that must all hold as one."""
    return " AND ".join(parts) or "true"
