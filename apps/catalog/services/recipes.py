"""Recipes, and what goes into a size."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction

from apps.catalog.models import (
    Ingredient,
    Product,
    Recipe,
    RecipeLine,
    Variant,
    VariantPart,
)
from apps.catalog.rules import costing, units
from apps.catalog.selectors.food import sizes_using
from apps.catalog.services.food import Settled, lock_kitchen, settle_food
from apps.catalog.services.ingredients import products_of, require_current
from apps.catalog.services.writing import check_fields, record_change, save_row, snapshot
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.locks import lock_one

MAX_LINES = 200
EDITABLE = frozenset({"name", "yield_quantity", "yield_unit", "loss_percent", "notes", "lines"})


class LineFields(TypedDict, total=False):
    """One line: ``ingredient_id`` or ``recipe_id``, and so much of it."""

    ingredient_id: int | None
    recipe_id: int | None
    quantity: Decimal
    unit: str


def create_recipe(
    *,
    name: str,
    yield_quantity: Decimal,
    yield_unit: str,
    lines: Iterable[LineFields],
    at: datetime,
    loss_percent: Decimal = Decimal(0),
    notes: str = "",
    actor: str = "system",
) -> Recipe:
    """Write down a recipe. Without lines it costs and holds the unknown.

    Raises `Conflict` ``taken`` and `Invalid` (``bad_line``, ``unit_mismatch``, ...).
    """
    row = Recipe(
        name=name,
        yield_quantity=yield_quantity,
        yield_unit=yield_unit,
        loss_percent=loss_percent,
        notes=notes,
        updated_at=at,
    )
    with transaction.atomic():
        lock_kitchen()
        save_row(row, is_new=True)
        told = _replace(RecipeLine, "recipe", row, list(lines))
        record_change(row, action="create_recipe", actor=actor, at=at, before=None, more=told)
    return row


def update_recipe(
    *,
    recipe_id: int,
    changes: Mapping[str, Any],
    at: datetime,
    read_at: datetime | None = None,
    reason: str = "",
    actor: str = "system",
) -> tuple[Recipe, Settled]:
    """Change the fields of `EDITABLE` that ``changes`` names; ``lines`` replaces all of them.

    Costs, facts and claims of every size above are settled in the same transaction. Raises
    `Invalid` ``recipe_in_itself`` with the path of the circle, `Conflict` ``edited_meanwhile`` and
    ``unit_in_use``.
    """
    if unknown := changes.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot change: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        lock_kitchen()
        row = lock_one(Recipe.objects.filter(pk=recipe_id), what="recipe")
        require_current(row, read_at)
        before = snapshot(row)
        for name in changes.keys() - {"lines"}:
            setattr(row, name, changes[name])
        row.updated_at = at
        _check_unit(row, before["yield_unit"])
        save_row(row, is_new=False)
        told = {}
        if "lines" in changes:
            told = _replace(RecipeLine, "recipe", row, list(changes["lines"]))
        products = products_of(sizes_using(recipe_id=row.pk))
        settled = settle_food(
            product_ids=products, at=at, actor=actor, because=f"{row.name} changed"
        )
        record_change(
            row, action="update_recipe", actor=actor, at=at, before=before, reason=reason, more=told
        )
    return row, settled


def set_parts(
    *,
    variant_id: int,
    parts: Iterable[LineFields],
    at: datetime,
    reason: str = "",
    actor: str = "system",
) -> Settled:
    """Say what goes into one piece of a size, all of it at once; without parts: not known.

    Its cost and facts follow from then on. Raises `NotFound` and `Invalid`.
    """
    with transaction.atomic():
        lock_kitchen()
        found = Variant.objects.filter(pk=variant_id).select_related("product").first()
        if found is None:
            raise NotFound("variant_not_found", "There is no such variant.")
        lock_one(Product.objects.filter(pk=found.product_id), what="product")
        variant = lock_one(Variant.objects.filter(pk=variant_id), what="variant")
        before = snapshot(variant)
        told = _replace(VariantPart, "variant", variant, list(parts))
        if told and told["lines"][0]:
            # A cost that was worked out says nothing once its parts are gone.
            Variant.objects.filter(pk=variant_id).update(unit_cost=None)
        settled = settle_food(
            product_ids=[found.product_id],
            at=at,
            actor=actor,
            because=f"parts of {variant} changed",
        )
        record_change(
            variant, action="set_parts", actor=actor, at=at, before=before, reason=reason, more=told
        )
    return settled


def _replace(
    model: Any,
    owner_field: str,
    owner: Recipe | Variant,
    lines: Sequence[LineFields],
) -> dict[str, list[Any]]:
    """Put ``lines`` in the place of the present ones; return before and after if they differ."""
    if len(lines) > MAX_LINES:
        raise Invalid("too_many_lines", f"At most {MAX_LINES} lines.", details={"field": "lines"})
    rows = [
        model(
            **{owner_field: owner},
            ingredient_id=line.get("ingredient_id"),
            part_id=line.get("recipe_id"),
            quantity=line.get("quantity"),
            unit=line.get("unit", "g"),
            position=position,
        )
        for position, line in enumerate(lines)
    ]
    present = model._default_manager.filter(**{owner_field: owner})
    before = [_told(row) for row in present]
    _check_lines(rows)
    if isinstance(owner, Recipe):
        _check_circle(owner, rows)
    present.delete()
    model._default_manager.bulk_create(rows)
    after = [_told(row) for row in rows]
    return {"lines": [before, after]} if before != after else {}


def _check_lines(rows: Sequence[Any]) -> None:
    """Raise `Invalid` for a line that names nothing, two things, or an amount of the wrong kind."""
    ingredients = Ingredient.objects.in_bulk({row.ingredient_id for row in rows} - {None})
    recipes = Recipe.objects.in_bulk({row.part_id for row in rows} - {None})
    for number, row in enumerate(rows, start=1):
        if (row.ingredient_id is None) == (row.part_id is None):
            raise Invalid(
                "bad_line",
                f"Line {number} names either an ingredient or a recipe.",
                details={"field": "lines", "line": number},
            )
        source = ingredients.get(row.ingredient_id) or recipes.get(row.part_id)
        if source is None:
            raise Invalid(
                "unknown_part",
                f"Line {number}: there is no such ingredient or recipe.",
                details={"field": "lines", "line": number},
            )
        check_fields(row)
        kept_in = source.unit if isinstance(source, Ingredient) else source.yield_unit
        units.require_same_kind(row.unit, kept_in, what=source.name)


def _check_circle(recipe: Recipe, rows: Sequence[Any]) -> None:
    """Raise `Invalid` ``recipe_in_itself`` when ``recipe`` would go into itself."""
    edges: dict[int, list[int]] = {}
    for used_in, part in RecipeLine.objects.exclude(part=None).values_list("recipe_id", "part_id"):
        edges.setdefault(used_in, []).append(part or 0)
    edges[recipe.pk] = [row.part_id for row in rows if row.part_id is not None]
    circle = costing.find_cycle(edges)
    if circle:
        names = dict(Recipe.objects.filter(pk__in=circle).values_list("pk", "name"))
        path = [names[pk] for pk in circle]
        raise Invalid(
            "recipe_in_itself",
            f"A recipe cannot go into itself: {' needs '.join(path)}.",
            details={"field": "lines", "path": path},
        )


def _check_unit(row: Recipe, before: str) -> None:
    if units.base_of(row.yield_unit) == units.base_of(before):
        return
    used = (RecipeLine, VariantPart)
    if any(model.objects.filter(part=row).exists() for model in used):
        raise Conflict(
            "unit_in_use",
            f"It is used in {units.base_of(before)}: a new unit would change what that means.",
            details={"field": "yield_unit"},
        )


def _told(row: Any) -> str:
    source = f"ingredient:{row.ingredient_id}" if row.ingredient_id else f"recipe:{row.part_id}"
    return f"{Decimal(row.quantity).normalize():f} {row.unit} {source}"
