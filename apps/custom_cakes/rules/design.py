"""A custom cake as its customer describes it: structured choices, with free text beside them.

Stored as JSON by `Design.as_json`, read back by `parse_design`.
"""

from dataclasses import dataclass
from decimal import Decimal

MAX_TIERS, MAX_DECORATIONS, MAX_COUNT = 6, 12, 200


@dataclass(frozen=True, slots=True)
class DesignTier:
    """A tier; lengths in inches. Flavour and filling are keys of `CakeOption`."""

    shape: str
    length_in: Decimal
    width_in: Decimal | None
    height_in: Decimal
    layers: int
    flavour_id: int
    filling_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A cake from its bottom tier up.

    ``decorations`` are (option, count). ``style`` is how it is cut, "party" or "wedding", and
    with ``keep_top`` the top tier is not eaten. What a customer writes in sentences is no part of
    it: that is a `CakeWish`, which can be forgotten.
    """

    tiers: tuple[DesignTier, ...]
    finish_id: int
    decorations: tuple[tuple[int, int], ...] = ()
    colours: str = ""
    event_type: str = "other"
    style: str = "party"
    keep_top: bool = False
