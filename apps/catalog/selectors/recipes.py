"""Costs and margins of sizes, where they come from, and what a new price would do to them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import NullIf

from apps.catalog.models import Ingredient, Recipe, Variant
from apps.catalog.rules import costing
from apps.catalog.rules.costing import Kitchen, Line, Worth
from apps.catalog.rules.units import base_of
from apps.catalog.selectors.food import (
    appraise,
    lines_of_sizes,
    load_kitchen,
    sizes_using,
    worth_of,
)
from bakery.kernel.errors import Invalid, NotFound

# A tree deeper than this is cut when shown; costs are worked out to any depth.
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Margin:
    """What a size earns: ``margin`` is (price - cost) / price, None while the cost is unknown."""

    variant_id: int
    price: Decimal
    cost: Decimal | None
    margin: Decimal | None

    @property
    def is_below_floor(self) -> bool:
        """Whether it is known to earn less than SHOP_MARGIN_FLOOR; an unknown cost is not."""
        return self.cost is not None and self.cost > self.price * (1 - settings.SHOP_MARGIN_FLOOR)


@dataclass(frozen=True, slots=True)
class CostNode:
    """A part of a cost: so much of something (in g, ml or pieces), and what that is made of.

    ``loss_percent`` is a recipe's; a recipe's parts are what its amount takes, loss included.
    """

    name: str
    quantity: Decimal
    unit: str
    cost: Decimal | None
    ingredient_id: int | None = None
    recipe_id: int | None = None
    loss_percent: Decimal | None = None
    parts: tuple["CostNode", ...] = ()


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """What a new price does to one size."""

    sku: str
    name: str
    before: Margin
    after: Margin


@dataclass(frozen=True, slots=True)
class PricePreview:
    """What a new price would do; ``falling`` are those that fall below the floor by it."""

    effects: tuple[PriceEffect, ...]

    @property
    def falling(self) -> tuple[PriceEffect, ...]:
        """Sizes that are above the floor now and would be below it."""
        return tuple(
            effect
            for effect in self.effects
            if effect.after.is_below_floor and not effect.before.is_below_floor
        )


def margin(variant_id: int, price: Decimal, cost: Decimal | None) -> Margin:
    """Return the margin of a size."""
    return Margin(variant_id, price, cost, costing.margin_of(price, cost))


def margins(ids: Collection[int]) -> dict[int, Margin]:
    """Return the margins of sizes by id: one statement."""
    rows = Variant.objects.filter(pk__in=ids).order_by().values_list("pk", "price", "unit_cost")
    return {row[0]: margin(*row) for row in rows}


def sizes_below_floor() -> Q:
    """Return the condition on sizes that `Margin.is_below_floor` means."""
    return Q(unit_cost__gt=F("price") * (1 - settings.SHOP_MARGIN_FLOOR))


def by_margin(rows: QuerySet[Variant]) -> QuerySet[Variant]:
    """Return ``rows`` with ``margin_share``, to order by."""
    share = (F("price") - F("unit_cost")) / NullIf(F("price"), Decimal(0))
    field = DecimalField(max_digits=12, decimal_places=4)
    return rows.annotate(margin_share=ExpressionWrapper(share, output_field=field))


def preview_price(
    *, ingredient_id: int, price: Decimal | None, price_quantity: Decimal, unit: str, at: datetime
) -> PricePreview:
    """Return what a new price of an ingredient would do to the sizes that it goes into.

    Seven statements, however many sizes; nothing is written. Raises `NotFound`, and `Invalid` for
    what is no price.
    """
    row = Ingredient.objects.filter(pk=ingredient_id).first()
    if row is None:
        raise NotFound("ingredient_not_found", "There is no such ingredient.")
    row.price, row.price_quantity, row.unit = price, price_quantity, unit
    if price is not None and not (price.is_finite() and price >= 0):
        raise Invalid("bad_price", "A price is a number from 0.", details={"field": "price"})
    kitchen = load_kitchen()
    kitchen = replace(kitchen, ingredients={**kitchen.ingredients, ingredient_id: worth_of(row)})
    sizes = (
        Variant.objects.filter(pk__in=sizes_using(ingredient_id=ingredient_id), archived_at=None)
        .select_related("product")
        .order_by("product__name", "position", "pk")
    )
    appraised = appraise({size.pk: None for size in sizes}, at=at, kitchen=kitchen)
    return PricePreview(
        tuple(
            PriceEffect(
                sku=size.sku,
                name=f"{size.product.name}, {size.name}",
                before=margin(size.pk, size.price, size.unit_cost),
                after=margin(size.pk, size.price, appraised[size.pk].cost),
            )
            for size in sizes
            if appraised[size.pk].cost != size.unit_cost
        )
    )


def cost_tree(variant_id: int) -> tuple[CostNode, ...]:
    """Return where a size's cost comes from, the most expensive part first.

    A fixed number of statements; raises `NotFound`. Empty for a size without parts.
    """
    if not Variant.objects.filter(pk=variant_id).exists():
        raise NotFound("variant_not_found", "There is no such variant.")
    kitchen = load_kitchen()
    trees = _Trees(
        kitchen=kitchen,
        worths=costing.work_out(kitchen),
        ingredients=Ingredient.objects.in_bulk(),
        recipes=Recipe.objects.in_bulk(),
    )
    lines = lines_of_sizes([variant_id]).get(variant_id, ())
    return trees.nodes(lines, scale=Fraction(1))


@dataclass(frozen=True, slots=True)
class _Trees:
    """The kitchen in memory, to walk through."""

    kitchen: Kitchen
    worths: Mapping[int, Worth]
    ingredients: Mapping[int, Ingredient]
    recipes: Mapping[int, Recipe]

    def nodes(
        self, lines: Iterable[Line], *, scale: Fraction, depth: int = 0
    ) -> tuple[CostNode, ...]:
        """Return ``lines`` as nodes, their amounts times ``scale``."""
        found = [self._node(line, scale, depth) for line in lines]
        return tuple(sorted(found, key=lambda node: -(node.cost or Decimal(0))))

    def _node(self, line: Line, scale: Fraction, depth: int) -> CostNode:
        amount = line.amount * scale
        scaled = replace(line, amount=amount)
        worth = costing.add_up([scaled], self.kitchen.ingredients, self.worths)
        quantity, cost = costing.rounded_amount(amount), costing.rounded_cost(worth.cost)
        if line.ingredient_id is not None:
            bought = self.ingredients[line.ingredient_id]
            return CostNode(
                bought.name, quantity, base_of(bought.unit), cost, ingredient_id=bought.pk
            )
        recipe = self.recipes[line.recipe_id or 0]
        batch = self.kitchen.batches[recipe.pk]
        below = batch.lines if depth < _DEEPEST else ()
        return CostNode(
            recipe.name,
            quantity,
            base_of(recipe.yield_unit),
            cost,
            recipe_id=recipe.pk,
            loss_percent=recipe.loss_percent,
            parts=self.nodes(below, scale=amount / batch.output, depth=depth + 1),
        )
