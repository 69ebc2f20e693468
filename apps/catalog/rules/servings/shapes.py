"""Between stored measures and tiers: a size of one tier has columns, a stack has a list."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from apps.catalog.rules.servings.estimate import (
    MOST_TIERS,
    STANDARD_HEIGHT,
    TWO_MEASURES,
    Tier,
    check_tier,
)
from bakery.kernel.errors import Invalid

KEYS = ("shape", "length_in", "width_in", "height_in")


class Measures(Protocol):
    """The columns of a size that say how big it is."""

    shape: str
    length_in: Decimal | None
    width_in: Decimal | None
    height_in: Decimal | None
    tiers: Any


def measured(size: Measures) -> list[Tier]:
    """Return the tiers of a size from the bottom, [] while its measures are not stated."""
    if size.tiers:
        return clean_tiers(size.tiers)
    if not size.shape or size.length_in is None:
        return []
    width = size.width_in if size.shape in TWO_MEASURES else None
    if size.shape in TWO_MEASURES and width is None:
        return []
    return [Tier(size.shape, size.length_in, width, size.height_in or STANDARD_HEIGHT)]


def clean_tiers(rows: Any) -> list[Tier]:
    """Return stored or given tiers; raise `Invalid` ``bad_tiers`` for another shape of data."""
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > MOST_TIERS:
        raise _bad()
    return [check_tier(_tier(row)) for row in rows]


def described(tier: Tier) -> dict[str, str]:
    """Return a tier as it is stored: numbers as text, so that none is rounded."""
    row = {
        "shape": tier.shape,
        "length_in": str(tier.length),
        "width_in": "" if tier.width is None else str(tier.width),
        "height_in": str(tier.height),
    }
    return {key: value for key, value in row.items() if value}


def _tier(row: Any) -> Tier:
    if not isinstance(row, Mapping) or set(row) - set(KEYS):
        raise _bad()
    return Tier(
        str(row.get("shape", "")),
        _inches(row.get("length_in")),
        _inches(row["width_in"]) if row.get("width_in") else None,
        _inches(row.get("height_in", STANDARD_HEIGHT)),
    )


def _inches(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _bad() from error
    if not number.is_finite():
        raise _bad()
    return number


def _bad() -> Invalid:
    return Invalid(
        "bad_tiers",
        f"Tiers are a list of up to {MOST_TIERS} with {', '.join(KEYS)}.",
        details={"field": "tiers"},
    )
