"""From pieces to mixes and purchases: how much of each recipe, in how many bowls, and what to buy.

Exact (fractions of g, ml and pieces). What is needed of a recipe is grown by the buffer once,
where sizes ask for it; what its sub-recipes then need follows from that and is not grown again.
Loss is in a recipe's output already. A bowl is full by the weight of what goes in, a millilitre
counted as a gram.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import TopologicalSorter
from math import ceil
from typing import Protocol

_WEIGHED = ("g", "ml")


class Part(Protocol):
    """So much, in base units, of one ingredient or of one recipe."""

    @property
    def amount(self) -> Fraction:
        """How much."""

    @property
    def ingredient_id(self) -> int | None:
        """Of which ingredient, unless of a recipe."""

    @property
    def recipe_id(self) -> int | None:
        """Of which recipe, unless of an ingredient."""


class Written(Protocol):
    """A recipe: one batch of ``lines`` gives ``output``, usable."""

    @property
    def lines(self) -> Sequence[Part]:
        """What goes in."""

    @property
    def output(self) -> Fraction:
        """What comes out, in base units."""

    @property
    def unit(self) -> str:
        """The base unit of what comes out."""


class Bought(Protocol):
    """An ingredient."""

    @property
    def unit(self) -> str:
        """Its base unit."""

    @property
    def is_food(self) -> bool:
        """False for boxes and candles, of which nothing is lost."""


@dataclass(frozen=True, slots=True)
class Portion:
    """An amount, in base units, of an ingredient or of a recipe."""

    amount: Fraction
    ingredient_id: int | None
    recipe_id: int | None


@dataclass(frozen=True, slots=True)
class Mix:
    """All of one recipe: ``bowls`` equal bowls of ``portions`` each, together ``output`` usable.

    ``weight`` is what goes into all bowls, in g; 0 when nothing in it is weighed.
    """

    recipe_id: int
    output: Fraction
    weight: Fraction
    bowls: int
    portions: tuple[Portion, ...]

    @property
    def bowl_weight(self) -> Fraction:
        """What goes into one bowl, in g."""
        return self.weight / self.bowls


@dataclass(frozen=True, slots=True)
class BakePlan:
    """Mixes in the order in which they can be made, purchases by ingredient, sizes unplanned.

    ``needed`` is in base units. ``without_recipe`` are sizes that no part is written of.
    """

    mixes: tuple[Mix, ...]
    needed: Mapping[int, Fraction]
    without_recipe: tuple[int, ...]


def plan_bakes(
    pieces: Mapping[int, int],
    *,
    parts: Mapping[int, Sequence[Part]],
    recipes: Mapping[int, Written],
    ingredients: Mapping[int, Bought],
    bowls: Mapping[int, Fraction],
    buffer: Fraction,
) -> BakePlan:
    """Return the plan for ``pieces`` of each size.

    ``bowls`` is the capacity in g of the mixer of a recipe, where it has one; ``buffer`` is what
    is made beyond need, such as 1/20. Recipes in a circle are the catalog's to refuse.
    """
    wanted, needed = _direct(pieces, parts, ingredients, grown=1 + buffer)
    order = _order(recipes, wanted)
    mixes = []
    for recipe_id in reversed(order):
        if not wanted[recipe_id]:
            continue
        mix = _mix(recipe_id, wanted[recipe_id], recipes, ingredients, bowls.get(recipe_id))
        mixes.append(mix)
        for portion in mix.portions:
            amount = portion.amount * mix.bowls
            if portion.recipe_id is not None:
                wanted[portion.recipe_id] += amount
            elif portion.ingredient_id is not None:
                needed[portion.ingredient_id] += amount
    missing = tuple(sorted(pk for pk, count in pieces.items() if count and not parts.get(pk)))
    bought = {pk: amount for pk, amount in needed.items() if amount}
    return BakePlan(tuple(reversed(mixes)), bought, missing)


def packs_to_buy(needed: Fraction, *, on_hand: Fraction, pack: Fraction) -> int:
    """Return how many whole packs are missing."""
    missing = needed - on_hand
    return ceil(missing / pack) if missing > 0 else 0


def _direct(
    pieces: Mapping[int, int],
    parts: Mapping[int, Sequence[Part]],
    ingredients: Mapping[int, Bought],
    *,
    grown: Fraction,
) -> tuple[defaultdict[int, Fraction], defaultdict[int, Fraction]]:
    """Return what sizes ask of recipes and of ingredients, with the buffer."""
    wanted: defaultdict[int, Fraction] = defaultdict(Fraction)
    needed: defaultdict[int, Fraction] = defaultdict(Fraction)
    for variant_id, count in pieces.items():
        for part in parts.get(variant_id, ()):
            if part.recipe_id is not None:
                wanted[part.recipe_id] += part.amount * count * grown
            elif part.ingredient_id is not None:
                factor = grown if ingredients[part.ingredient_id].is_food else Fraction(1)
                needed[part.ingredient_id] += part.amount * count * factor
    return wanted, needed


def _order(recipes: Mapping[int, Written], start: Mapping[int, Fraction]) -> list[int]:
    """Return the recipes below ``start``, each after what it uses."""
    edges: dict[int, list[int]] = {}
    waiting = list(start)
    while waiting:
        recipe_id = waiting.pop()
        if recipe_id not in edges:
            lines = recipes[recipe_id].lines
            edges[recipe_id] = [line.recipe_id for line in lines if line.recipe_id is not None]
            waiting += edges[recipe_id]
    return list(TopologicalSorter(edges).static_order())


def _mix(
    recipe_id: int,
    output: Fraction,
    recipes: Mapping[int, Written],
    ingredients: Mapping[int, Bought],
    capacity: Fraction | None,
) -> Mix:
    recipe = recipes[recipe_id]
    scale = output / recipe.output
    weight = sum(
        (line.amount * scale for line in recipe.lines if _is_weighed(line, recipes, ingredients)),
        Fraction(0),
    )
    bowls = max(ceil(weight / capacity), 1) if capacity else 1
    portions = tuple(
        Portion(line.amount * scale / bowls, line.ingredient_id, line.recipe_id)
        for line in recipe.lines
    )
    return Mix(recipe_id, output, weight, bowls, portions)


def _is_weighed(
    line: Part, recipes: Mapping[int, Written], ingredients: Mapping[int, Bought]
) -> bool:
    if line.ingredient_id is not None:
        return ingredients[line.ingredient_id].unit in _WEIGHED
    return recipes[line.recipe_id or 0].unit in _WEIGHED
