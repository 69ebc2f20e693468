"""Recipes as a kitchen plans with them: what goes into sizes and batches, and what is bought."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from apps.catalog.models import Ingredient, Recipe
from apps.catalog.rules.costing import Line
from apps.catalog.rules.units import base_of, in_base
from apps.catalog.selectors.food import lines_of_sizes, load_kitchen
from apps.catalog.states import IngredientKind


@dataclass(frozen=True, slots=True)
class BookRecipe:
    """A recipe as it is written: one batch of ``lines`` gives ``output`` usable ``unit``."""

    id: int
    name: str
    unit: str
    lines: tuple[Line, ...]
    output: Fraction


@dataclass(frozen=True, slots=True)
class BookIngredient:
    """What is bought in packs of ``pack`` (base ``unit``) for ``pack_price``, if that is known."""

    id: int
    name: str
    unit: str
    is_food: bool
    pack: Fraction
    pack_price: Decimal | None
    supplier: str


@dataclass(frozen=True, slots=True)
class BakeBook:
    """All that a plan of bakes needs; amounts in base units (g, ml, piece).

    ``parts`` has what goes into one piece of each size asked for; a size without parts is not in
    it.
    """

    parts: Mapping[int, tuple[Line, ...]]
    recipes: Mapping[int, BookRecipe]
    ingredients: Mapping[int, BookIngredient]


def bake_book(variant_ids: Collection[int]) -> BakeBook:
    """Return what the sizes are made of: six statements, however many there are."""
    kitchen = load_kitchen()
    recipes = {
        row.pk: BookRecipe(
            row.pk,
            row.name,
            base_of(row.yield_unit),
            kitchen.batches[row.pk].lines,
            kitchen.batches[row.pk].output,
        )
        for row in Recipe.objects.order_by()
        if row.pk in kitchen.batches
    }
    ingredients = {
        row.pk: BookIngredient(
            row.pk,
            row.name,
            base_of(row.unit),
            row.kind == IngredientKind.FOOD,
            in_base(row.price_quantity, row.unit),
            row.price,
            row.supplier,
        )
        for row in Ingredient.objects.order_by()
    }
    return BakeBook(lines_of_sizes(variant_ids), recipes, ingredients)
