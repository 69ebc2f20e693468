"""A cake as its price and servings depend on it; lengths in inches, money before tax."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.catalog.states import CakeShape
from apps.pricing.states import EventType
from bakery.kernel.errors import Invalid

# Looked up for each of thousands of cakes at a time.
_SHAPES, _EVENTS = frozenset(CakeShape.values), frozenset(EventType.values)
MOST_TIERS = 10
LEAST_COMPLEXITY, MOST_COMPLEXITY = 1, 5
# Beyond these nothing is a cake, and numbers would stop to mean anything.
_LONGEST_IN, _MOST_LAYERS = Decimal(100), 30
_MOST_MONEY, _MOST_HOURS, _MOST_DAYS = Decimal(1_000_000), Decimal(10_000), 3650


@dataclass(frozen=True, slots=True)
class SpecTier:
    """One tier; ``width_in`` only for shapes of two measures, ``layers`` of sponge in it."""

    shape: str
    length_in: Decimal
    width_in: Decimal | None
    height_in: Decimal
    layers: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CakeSpec:
    """What is known of a cake before it is made; the one input of training and of serving.

    ``tiers`` from the bottom. ``ingredient_cost`` of all of it, from recipes, and
    ``labour_hours`` of people, both estimated. ``complexity`` runs from 1 (plain) to 5 (sculpted).
    ``notice_days`` is from the order to the pickup, ``is_rush`` whether that is short for it by
    the rates in force. ``event_type`` is an `EventType`, ``month`` that of the pickup.
    """

    tiers: tuple[SpecTier, ...]
    ingredient_cost: Decimal
    labour_hours: Decimal
    complexity: int = 1
    notice_days: int = 14
    is_rush: bool = False
    event_type: str = "other"
    month: int = 6


def check_spec(spec: CakeSpec) -> CakeSpec:
    """Return ``spec``; raise `Invalid` with ``details.field`` for what no cake can have.

    Codes: ``unknown_shape`` and ``unknown_event`` for a category that no model has seen (it would
    be taken for another one in silence), ``bad_spec`` for everything else.
    """
    if not 1 <= len(spec.tiers) <= MOST_TIERS:
        raise _wrong("bad_spec", f"A cake has 1 to {MOST_TIERS} tiers.", "tiers")
    for no, tier in enumerate(spec.tiers):
        _check_tier(tier, f"tiers.{no}")
    if spec.event_type not in _EVENTS:
        raise _wrong("unknown_event", f"Events: {', '.join(EventType.values)}.", "event_type")
    for name, value, most in (
        ("ingredient_cost", spec.ingredient_cost, _MOST_MONEY),
        ("labour_hours", spec.labour_hours, _MOST_HOURS),
    ):
        _require(value.is_finite() and 0 <= value <= most, name)
    _require(LEAST_COMPLEXITY <= spec.complexity <= MOST_COMPLEXITY, "complexity")
    _require(0 <= spec.notice_days <= _MOST_DAYS, "notice_days")
    _require(1 <= spec.month <= 12, "month")
    return spec


def _check_tier(tier: SpecTier, field: str) -> None:
    if tier.shape not in _SHAPES:
        raise _wrong("unknown_shape", f"Shapes: {', '.join(CakeShape.values)}.", f"{field}.shape")
    for name, value in (
        ("length_in", tier.length_in),
        ("width_in", tier.width_in),
        ("height_in", tier.height_in),
    ):
        if value is not None:
            _require(value.is_finite() and 0 < value <= _LONGEST_IN, f"{field}.{name}")
    _require(1 <= tier.layers <= _MOST_LAYERS, f"{field}.layers")


def _require(is_right: bool, field: str) -> None:  # noqa: FBT001 (a condition)
    if not is_right:
        raise _wrong("bad_spec", "No cake is like that.", field)


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})


def spec_as_json(spec: CakeSpec) -> dict[str, Any]:
    """Return ``spec`` as it is stored: numbers as text, so that none is rounded."""
    return {
        "tiers": [
            {
                "shape": str(tier.shape),
                "length_in": str(tier.length_in),
                "width_in": None if tier.width_in is None else str(tier.width_in),
                "height_in": str(tier.height_in),
                "layers": tier.layers,
            }
            for tier in spec.tiers
        ],
        "ingredient_cost": str(spec.ingredient_cost),
        "labour_hours": str(spec.labour_hours),
        "complexity": spec.complexity,
        "notice_days": spec.notice_days,
        "is_rush": spec.is_rush,
        "event_type": str(spec.event_type),
        "month": spec.month,
    }


def spec_from_json(data: Mapping[str, Any]) -> CakeSpec:
    """Return what `spec_as_json` wrote. Raises `Invalid`, ``bad_spec`` for another shape."""
    try:
        spec = CakeSpec(
            tiers=tuple(
                SpecTier(
                    shape=str(row["shape"]),
                    length_in=Decimal(str(row["length_in"])),
                    width_in=None if row["width_in"] is None else Decimal(str(row["width_in"])),
                    height_in=Decimal(str(row["height_in"])),
                    layers=int(row["layers"]),
                )
                for row in data["tiers"]
            ),
            ingredient_cost=Decimal(str(data["ingredient_cost"])),
            labour_hours=Decimal(str(data["labour_hours"])),
            complexity=int(data["complexity"]),
            notice_days=int(data["notice_days"]),
            is_rush=bool(data["is_rush"]),
            event_type=str(data["event_type"]),
            month=int(data["month"]),
        )
        return check_spec(spec)
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise _wrong("bad_spec", "This does not describe a cake.", "spec") from error
