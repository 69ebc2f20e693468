"""A cake as its price and servings depend on it; lengths in inches, money before tax."""

from dataclasses import dataclass
from decimal import Decimal


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
