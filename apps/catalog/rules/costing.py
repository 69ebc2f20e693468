"""What a piece costs and holds: worked out over ingredients, recipes and their sub-recipes.

Exact (fractions); rounded once, at the end. An ingredient without a price makes everything that
it goes into cost *unknown*, never less. Amounts are in base units (g, ml, pieces).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from apps.catalog.rules.food_rollup import NOTHING_IN_IT, NOTHING_KNOWN, Known

# What may be claimed of a food for every ingredient's sake; allergens decide the other diets.
SUITABLE = frozenset({"vegetarian", "vegan", "halal", "kosher"})
_COST_QUANTUM, _SHOWN_QUANTUM = Decimal("0.0001"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """So much of one ingredient or of one recipe: exactly one of the two ids is given."""

    amount: Fraction
    ingredient_id: int | None = None
    recipe_id: int | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What goes along with an amount of food. ``cost`` None: some price in it is not known."""

    cost: Fraction | None
    known: Known
    suits: frozenset[str]
    has_food: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A recipe: what goes in, and how much usable comes out after loss, in base units."""

    lines: tuple[Line, ...]
    output: Fraction


@dataclass(frozen=True, slots=True)
class Kitchen:
    """All that costs and facts follow from; ``ingredients`` are worths of one base unit."""

    ingredients: Mapping[int, Worth]
    batches: Mapping[int, Batch]


_EMPTY = Worth(Fraction(0), NOTHING_IN_IT, SUITABLE, has_food=False)
# A recipe that nobody has written down yet says nothing, and above all not "free from".
_BLANK = Worth(None, NOTHING_KNOWN, frozenset(), has_food=True)


def usable_output(quantity: Fraction, loss_percent: Decimal) -> Fraction:
    """Return what of a batch can be used: 10 percent loss leaves nine tenths."""
    return quantity * (1 - Fraction(loss_percent) / 100)


def work_out(kitchen: Kitchen) -> dict[int, Worth]:
    """Return the worth of one base unit of each recipe; raise ValueError for a circle."""
    cycle = find_cycle(recipe_edges(kitchen.batches))
    if cycle:
        raise ValueError(f"recipes in a circle: {cycle}")
    found: dict[int, Worth] = {}
    for recipe_id in TopologicalSorter(recipe_edges(kitchen.batches)).static_order():
        batch = kitchen.batches[recipe_id]
        total = add_up(batch.lines, kitchen.ingredients, found) if batch.lines else _BLANK
        cost = None if total.cost is None else total.cost / batch.output
        found[recipe_id] = replace(total, cost=cost)
    return found


def add_up(
    lines: Iterable[Line], ingredients: Mapping[int, Worth], recipes: Mapping[int, Worth]
) -> Worth:
    """Return the worth of all ``lines`` together, given that of one base unit of each part."""
    total = _EMPTY
    for line in lines:
        if line.ingredient_id is not None:
            unit = ingredients[line.ingredient_id]
        else:
            unit = recipes[line.recipe_id or 0]
        unknown = total.cost is None or unit.cost is None
        total = Worth(
            cost=None if unknown else total.cost + unit.cost * line.amount,  # type: ignore[operator]  # neither is None
            known=total.known | unit.known,
            suits=total.suits & unit.suits if unit.has_food else total.suits,
            has_food=total.has_food or unit.has_food,
        )
    return total


def recipe_edges(batches: Mapping[int, Batch]) -> dict[int, list[int]]:
    """Return which recipes each recipe uses."""
    return {
        recipe_id: [line.recipe_id for line in batch.lines if line.recipe_id is not None]
        for recipe_id, batch in batches.items()
    }


def find_cycle(edges: Mapping[int, Iterable[int]]) -> list[int] | None:
    """Return a circle of recipes, its first member again at the end; None without one."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])[::-1]
    return None


def recipes_above(edges: Mapping[int, Iterable[int]], start: Iterable[int]) -> set[int]:
    """Return ``start`` and every recipe that uses one of them, however deep."""
    users: dict[int, list[int]] = {}
    for recipe_id, used in edges.items():
        for one in used:
            users.setdefault(one, []).append(recipe_id)
    found, waiting = set(), list(start)
    while waiting:
        if (recipe_id := waiting.pop()) not in found:
            found.add(recipe_id)
            waiting += users.get(recipe_id, [])
    return found


def rounded_cost(cost: Fraction | None) -> Decimal | None:
    """Return a cost in the shop's currency to four decimals, half up."""
    return None if cost is None else _rounded(cost, _COST_QUANTUM)


def rounded_amount(amount: Fraction) -> Decimal:
    """Return an amount to a hundredth of its unit, to be shown."""
    return _rounded(amount, _SHOWN_QUANTUM)


def _rounded(exact: Fraction, quantum: Decimal) -> Decimal:
    """Round half up, exactly: what lies between two steps is decided on whole numbers."""
    steps = exact / Fraction(quantum)
    whole, rest = divmod(steps.numerator, steps.denominator)
    with localcontext() as context:
        context.prec = 200
        return (whole + (2 * rest >= steps.denominator)) * quantum


def margin_of(price: Decimal, cost: Decimal | None) -> Decimal | None:
    """Return (price - cost) / price to four decimals; None without a price or a known cost."""
    if cost is None or price <= 0:
        return None
    return ((price - cost) / price).quantize(_COST_QUANTUM, rounding=ROUND_HALF_UP)
