"""What sizes cost and hold by their recipes, worked out from the rows as they are now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q

from apps.catalog.models import (
    Ingredient,
    Product,
    Recipe,
    RecipeLine,
    Variant,
    VariantPart,
)
from apps.catalog.rules import costing, food_facts
from apps.catalog.rules.allergen_lists import AllergenList, list_at
from apps.catalog.rules.costing import Batch, Kitchen, Line, Worth
from apps.catalog.rules.food_rollup import known_of_ingredient
from apps.catalog.rules.units import in_base
from apps.catalog.states import IngredientKind
from bakery.kernel.clock import shop_date

# The public vocabulary of allergens is that of this list.
HOME_LIST = "ca"
_COMPONENT = ("ingredient_id", "part_id", "quantity", "unit")


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What follows for one size; ``has_parts`` False: its cost is a person's business."""

    cost: Decimal | None
    facts: dict[str, Any] | None
    has_parts: bool


def home_list(at: datetime) -> AllergenList:
    """Return the list that the public facts are told by."""
    return list_at(HOME_LIST, shop_date(at))


def load_kitchen() -> Kitchen:
    """Read every ingredient and recipe: three statements."""
    lines: dict[int, list[Line]] = defaultdict(list)
    rows = RecipeLine.objects.order_by().values_list("recipe_id", *_COMPONENT)
    for recipe_id, *component in rows:
        lines[recipe_id].append(_line(*component))
    return Kitchen(
        ingredients={row.pk: worth_of(row) for row in Ingredient.objects.order_by()},
        batches={row.pk: _batch(row, lines[row.pk]) for row in Recipe.objects.order_by()},
    )


def worth_of(row: Ingredient) -> Worth:
    """Return the worth of one base unit of an ingredient."""
    is_food = row.kind == IngredientKind.FOOD
    return Worth(
        cost=None if row.price is None else Fraction(row.price) / in_base(*_bought(row)),
        known=known_of_ingredient(row.contains, row.may_contain, complete=row.facts_complete),
        suits=frozenset(row.suits or ()),
        has_food=is_food,
    )


def lines_of_sizes(variant_ids: Collection[int]) -> dict[int, tuple[Line, ...]]:
    """Return what goes into one piece of each size that has parts: one statement."""
    found: dict[int, list[Line]] = defaultdict(list)
    rows = VariantPart.objects.filter(variant_id__in=variant_ids).order_by()
    for variant_id, *component in rows.values_list("variant_id", *_COMPONENT):
        found[variant_id].append(_line(*component))
    return {variant_id: tuple(lines) for variant_id, lines in found.items()}


def appraise(
    stated: Mapping[int, Mapping[str, Any] | None], *, at: datetime, kitchen: Kitchen | None = None
) -> dict[int, Appraisal]:
    """Return cost and facts of sizes; ``stated`` has each size's statement of its product.

    One statement, and three more when any of them has parts and no ``kitchen`` is given.
    """
    in_force = home_list(at)
    lines = lines_of_sizes(stated.keys())
    if lines and kitchen is None:
        kitchen = load_kitchen()
    recipes = costing.work_out(kitchen) if lines and kitchen else {}
    found = {}
    for variant_id, told in stated.items():
        if variant_id not in lines or kitchen is None:
            facts = food_facts.facts_as_stated(told)
            found[variant_id] = Appraisal(cost=None, facts=facts, has_parts=False)
            continue
        worth = costing.add_up(lines[variant_id], kitchen.ingredients, recipes)
        facts_by = food_facts.facts_of_recipe if worth.has_food else food_facts.facts_beside_things
        found[variant_id] = Appraisal(
            cost=costing.rounded_cost(worth.cost),
            facts=facts_by(worth, told, in_force),
            has_parts=True,
        )
    return found


def facts_on_sale(
    product: Product, *, at: datetime, adding: Iterable[int] = ()
) -> list[dict[str, Any] | None]:
    """Return the facts of the product's sizes on sale, with its statement as it is in memory."""
    sizes = Variant.objects.filter(product_id=product.pk, archived_at=None).order_by()
    ids = {*sizes.values_list("pk", flat=True), *adding}
    appraised = appraise(dict.fromkeys(ids, product.allergens), at=at)
    return [appraisal.facts for appraisal in appraised.values()]


def check_product_claims(product: Product, *, at: datetime) -> None:
    """Raise `Invalid` for a diet tag of ``product``, as it is in memory, that cannot stand."""
    sizes = facts_on_sale(product, at=at) if product.pk else []
    food_facts.check_claims(product.diet_tags, product.allergens, sizes)


def sizes_using(*, ingredient_id: int | None = None, recipe_id: int | None = None) -> list[int]:
    """Return the sizes that an ingredient or a recipe goes into, however deep: two statements."""
    edges: dict[int, list[int]] = defaultdict(list)
    start = {recipe_id} if recipe_id else set()
    for line in RecipeLine.objects.order_by().only("recipe_id", "ingredient_id", "part_id"):
        if line.part_id is not None:
            edges[line.recipe_id].append(line.part_id)
        elif line.ingredient_id == ingredient_id:
            start.add(line.recipe_id)
    above = costing.recipes_above(edges, start)
    wanted = Q(part_id__in=above)
    if ingredient_id is not None:
        wanted |= Q(ingredient_id=ingredient_id)
    rows = VariantPart.objects.filter(wanted).order_by()
    return sorted(set(rows.values_list("variant_id", flat=True)))


def _bought(row: Ingredient) -> tuple[Decimal, str]:
    return Decimal(row.price_quantity), row.unit


def _batch(row: Recipe, lines: list[Line]) -> Batch:
    amount = in_base(row.yield_quantity, row.yield_unit)
    return Batch(tuple(lines), costing.usable_output(amount, row.loss_percent))


def _line(ingredient_id: int | None, recipe_id: int | None, quantity: Decimal, unit: str) -> Line:
    return Line(in_base(quantity, unit), ingredient_id=ingredient_id, recipe_id=recipe_id)
