"""What so many grams of some recipes cost and hold, for foods that are no size of the range."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from apps.catalog.models import Recipe
from apps.catalog.rules import costing, food_facts
from apps.catalog.rules.allergen_lists import AllergenList
from apps.catalog.rules.costing import Line, Worth
from apps.catalog.rules.food_rollup import NOTHING_KNOWN
from apps.catalog.rules.units import base_of
from apps.catalog.selectors.food import home_list, load_kitchen

_UNKNOWN = Worth(None, NOTHING_KNOWN, frozenset(), has_food=True)
_SOMETHING = Line(Fraction(1), ingredient_id=0)


@dataclass(frozen=True, slots=True)
class Mix:
    """``cost`` in the shop's currency, None when any price in it is unknown; ``facts`` as sizes'.

    ``facts`` has ``contains``, ``may_contain``, ``free_from`` and ``unknown`` (each in the public
    vocabulary), ``source``, ``suits`` and ``atoms``: what `Variant.food_facts` has of a recipe.
    """

    cost: Decimal | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecipeBook:
    """The kitchen as it is at a moment, worked out once, to be asked about many mixes.

    ``worths`` are of one gram; the cost of a recipe that is not kept by weight is not known.
    """

    worths: Mapping[int, Worth]
    in_force: AllergenList

    def mix(
        self, portions: Iterable[tuple[int, Decimal]], *, something_unknown: bool = False
    ) -> Mix:
        """Return what (recipe, grams) come to together; ``something_unknown`` goes in as well.

        No grams of a recipe still bring its allergens.
        """
        lines = [Line(Fraction(grams), recipe_id=recipe_id) for recipe_id, grams in portions]
        lines += [_SOMETHING] if something_unknown else []
        total = costing.add_up(lines, {0: _UNKNOWN}, self.worths)
        return Mix(
            cost=costing.rounded_cost(total.cost),
            facts=food_facts.facts_of_recipe(total, None, self.in_force),
        )


def recipe_book(*, at: datetime) -> RecipeBook:
    """Return every recipe's worth, to mix from: four statements, however many are mixed."""
    worths = costing.work_out(load_kitchen())
    units = dict(Recipe.objects.order_by().values_list("pk", "yield_unit"))
    return RecipeBook(
        worths={
            pk: worth if base_of(units.get(pk, "piece")) == "g" else replace(worth, cost=None)
            for pk, worth in worths.items()
        },
        in_force=home_list(at),
    )


def recipe_unit(recipe_id: int) -> str | None:
    """Return the base unit (g, ml, piece) of what a recipe yields; None if there is none."""
    unit = Recipe.objects.filter(pk=recipe_id).values_list("yield_unit", flat=True).first()
    return None if unit is None else base_of(unit)
