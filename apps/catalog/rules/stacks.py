"""A stack of tiers as one line that a person types: ``round 10 x 4, round 8 x 4``. Pure.

From the bottom; inches: length x height, or length x width x height for shapes of two measures.
"""

import re
from typing import Any

from apps.catalog.rules.servings.shapes import clean_tiers, described
from apps.catalog.states import CakeShape
from bakery.kernel.errors import Invalid

EXAMPLE = "round 10 x 4, round 8 x 4"
_NUMBER = r"\d{1,3}(?:\.\d{1,2})?"
_TIER = re.compile(rf"(?:([a-z]+)\s+)?({_NUMBER}(?:\s*[x\u00d7*]\s*{_NUMBER}){{0,2}})", re.ASCII)
_TIMES = re.compile(r"\s*[x\u00d7*]\s*")


def parse_stack(text: str) -> list[dict[str, str]]:
    """Return the tiers that ``text`` means, [] for none; raise `Invalid` ``bad_tiers``.

    A tier without a shape has that of the one below it, the lowest is round.
    """
    parts = [part.strip().lower() for part in text.split(",")] if text.strip() else []
    tiers: list[dict[str, str]] = []
    shape = CakeShape.ROUND.value
    for part in parts:
        found = _TIER.fullmatch(part)
        if found is None:
            raise Invalid("bad_tiers", f"Write tiers as: {EXAMPLE}.", details={"field": "tiers"})
        shape = found[1] or shape
        tiers.append({"shape": shape, **_measures(_TIMES.split(found[2]))})
    return checked_stack(tiers)


def _measures(numbers: list[str]) -> dict[str, str]:
    names = (
        ("length_in", "width_in", "height_in") if len(numbers) == 3 else ("length_in", "height_in")
    )
    return dict(zip(names, numbers, strict=False))


def checked_stack(tiers: Any) -> list[dict[str, str]]:
    """Return tiers as they are stored; raise `Invalid` ``bad_tiers`` or what a tier has wrong."""
    return [described(tier) for tier in clean_tiers(tiers)]


def stack_text(tiers: Any) -> str:
    """Return stored tiers as a line that `parse_stack` reads back."""
    lines = []
    for tier in tiers or ():
        sizes = (tier.get(name) for name in ("length_in", "width_in", "height_in"))
        measures = " x ".join(str(size) for size in sizes if size)
        lines.append(f"{tier.get('shape') or CakeShape.ROUND.value} {measures}")
    return ", ".join(lines)
