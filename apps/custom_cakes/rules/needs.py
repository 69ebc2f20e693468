"""What a design takes: amounts of each option, money, minutes and grams. Pure.

Sponge goes by volume, filling by plan area and layer, the outside by side and top, decorations by
the piece (see pricing's `rules.geometry`). A filling lies between two layers: there is one less
than there are layers, and one in a tier of a single layer that asks for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import pi, sqrt

from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.standing import Standing
from apps.custom_cakes.states import OptionKind
from apps.pricing.selectors import SpecTier, measure_tier
from bakery.kernel.errors import Invalid

_CENT, _GRAM = Decimal("0.01"), Decimal("0.1")
# More than a year of one decorator, a million of money, ten tonnes: typing mistakes.
_MOST_MINUTES, _MOST_MONEY, _MOST_GRAMS = 30_000, Decimal(999_999), 10_000_000


@dataclass(frozen=True, slots=True)
class Amount:
    """``count`` of a choice in its own measure: cubic inches, square inches or pieces."""

    choice: Choice
    count: Decimal

    @property
    def grams(self) -> Decimal:
        """What it weighs, to a tenth of a gram."""
        return (self.choice.grams * self.count).quantize(_GRAM)

    @property
    def minutes(self) -> Decimal:
        """What a decorator takes for it."""
        return self.choice.minutes * self.count


@dataclass(frozen=True, slots=True)
class Cost:
    """Money before tax; ``notes`` say which figures stand in for unknown ones."""

    amount: Decimal
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Minutes: all of people's, those of a slot's decorators, and those of its oven."""

    labour: Decimal
    decorators: int
    oven: int


def spec_tiers(design: Design) -> tuple[SpecTier, ...]:
    """Return the tiers as prices depend on them."""
    return tuple(
        SpecTier(tier.shape, tier.length_in, tier.width_in, tier.height_in, tier.layers)
        for tier in design.tiers
    )


def amounts_of(design: Design, choices: Mapping[int, Choice]) -> tuple[Amount, ...]:
    """Return how much of each choice the design takes, each choice once."""
    counts: dict[int, Decimal] = defaultdict(Decimal)
    for tier, spec in zip(design.tiers, spec_tiers(design), strict=True):
        measures = measure_tier(spec)
        counts[tier.flavour_id] += measures.volume
        if tier.filling_id is not None:
            counts[tier.filling_id] += measures.plan_area * max(1, tier.layers - 1)
        counts[design.finish_id] += measures.plan_area + measures.side_area
    for option_id, count in design.decorations:
        counts[option_id] += count
    return tuple(Amount(choices[option_id], count) for option_id, count in counts.items())


def cost_of(
    amounts: Iterable[Amount], per_gram: Mapping[int, Fraction | None], standing: Standing
) -> Cost:
    """Return what all amounts cost; ``per_gram`` is by recipe, None where a price is unknown.

    What no recipe tells is reckoned with the rates of ``standing`` and said so: never with 0.
    """
    total, notes = Decimal(0), []
    for amount in amounts:
        choice, known = amount.choice, None
        if choice.recipe_id is not None:
            known = per_gram.get(choice.recipe_id)
        total += choice.material_cost * _pieces(amount)
        if known is not None:
            total += _decimal(known * Fraction(amount.grams))
        elif amount.grams > 0:
            rate = standing.cost_per_gram[choice.kind]
            total += rate * amount.grams
            notes.append(f"What {choice.name} costs is not known; reckoned with {rate} a gram.")
        elif choice.is_unknown and choice.material_cost == 0:
            total += standing.cost_of_piece * _pieces(amount)
            notes.append(
                f"What {choice.name} costs is not known; reckoned with {standing.cost_of_piece}."
            )
    if total > _MOST_MONEY:
        raise _too_big()
    return Cost(total.quantize(_CENT), tuple(notes))


def work_of(
    design: Design, amounts: Iterable[Amount], standing: Standing, *, factor: Decimal
) -> Work:
    """Return the minutes that the design takes; ``factor`` is actual over estimated labour.

    The oven bakes each tier's layers, so many pans at once; shapes count as the circle of their
    area.
    """
    tiers = len(design.tiers)
    decorating = (
        standing.decorator_minutes
        + standing.decorator_minutes_per_tier * tiers
        + standing.stacking_minutes * (tiers - 1)
        + sum((amount.minutes for amount in amounts), Decimal(0))
    )
    bench = standing.bench_minutes + standing.bench_minutes_per_tier * tiers
    oven = sum(
        standing.oven_minutes(_diameter(spec)) * -(-spec.layers // standing.pans_at_once)
        for spec in spec_tiers(design)
    )
    labour, decorators = (bench + decorating) * factor, _whole(decorating * factor)
    if labour > _MOST_MINUTES or oven > _MOST_MINUTES:
        raise _too_big()
    return Work(labour, decorators, oven)


def weight_of(amounts: Iterable[Amount]) -> int:
    """Return what all amounts weigh, in whole grams, at least 1."""
    grams = _whole(sum((amount.grams for amount in amounts), Decimal(0)))
    if grams > _MOST_GRAMS:
        raise _too_big()
    return max(1, grams)


def _pieces(amount: Amount) -> Decimal:
    """Material goes by the piece of a decoration, and once into anything else."""
    return amount.count if amount.choice.kind == OptionKind.DECORATION else Decimal(1)


def _diameter(spec: SpecTier) -> Decimal:
    return Decimal(f"{2 * sqrt(float(measure_tier(spec).plan_area) / pi):.2f}")


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def _too_big() -> Invalid:
    return Invalid("too_big", "We cannot make a cake as large as this.", details={"field": "tiers"})
