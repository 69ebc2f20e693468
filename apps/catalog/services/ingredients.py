"""Ingredients: what they cost, where they come from, and which allergens they bring along."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.catalog.models import (
    Ingredient,
    IngredientPrice,
    Recipe,
    RecipeLine,
    Variant,
    VariantPart,
)
from apps.catalog.rules import food_facts, units
from apps.catalog.selectors.food import sizes_using
from apps.catalog.services.food import Settled, lock_kitchen, settle_food
from apps.catalog.services.writing import record_change, save_row, snapshot
from apps.catalog.states import IngredientKind
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one


class IngredientFields(TypedDict, total=False):
    """What an ingredient may state beside its name; see `Ingredient` for units."""

    kind: str
    unit: str
    price: Decimal | None
    price_quantity: Decimal
    supplier: str
    contains: list[str]
    may_contain: list[str]
    facts_complete: bool
    suits: list[str] | None
    is_active: bool


EDITABLE = frozenset({"name", *IngredientFields.__annotations__})
_PRICE = ("price", "price_quantity", "unit")
_FOLLOWED = (*_PRICE, "kind", "contains", "may_contain", "facts_complete", "suits")


def create_ingredient(
    *, name: str, at: datetime, actor: str = "system", **fields: Unpack[IngredientFields]
) -> Ingredient:
    """Record an ingredient; facts that are not given are not known.

    Packaging holds nothing to eat unless something is said of it. Raises `Conflict` ``taken`` and
    `Invalid`.
    """
    if unknown := fields.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot set: {', '.join(sorted(unknown))}.")
    if fields.get("kind") == IngredientKind.OTHER:
        fields = {"facts_complete": True, **fields}
    row = Ingredient(name=name, updated_at=at, **fields)
    _check(row)
    with transaction.atomic():
        save_row(row, is_new=True)
        _keep_price(row, actor=actor, at=at)
        record_change(row, action="create_ingredient", actor=actor, at=at, before=None)
    return row


def update_ingredient(
    *,
    ingredient_id: int,
    changes: Mapping[str, Any],
    at: datetime,
    read_at: datetime | None = None,
    reason: str = "",
    actor: str = "system",
) -> tuple[Ingredient, Settled]:
    """Change the fields of `EDITABLE` that ``changes`` names, and everything that follows.

    Costs, facts and claims of the sizes it goes into are settled in the same transaction. Raises
    `NotFound`, `Invalid`, `Conflict` ``edited_meanwhile``, ``taken``, and ``unit_in_use`` for a
    unit that recipes cannot be turned into.
    """
    if unknown := changes.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot change: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        lock_kitchen()
        row = lock_one(Ingredient.objects.filter(pk=ingredient_id), what="ingredient")
        require_current(row, read_at)
        before = snapshot(row)
        for name, value in changes.items():
            setattr(row, name, value)
        row.updated_at = at
        _check(row)
        _check_unit(row, before["unit"])
        save_row(row, is_new=False)
        settled = _follow(row, before, actor=actor, at=at)
        record_change(
            row, action="update_ingredient", actor=actor, at=at, before=before, reason=reason
        )
    return row, settled


def require_current(row: Ingredient | Recipe, read_at: datetime | None) -> None:
    """Raise `Conflict` ``edited_meanwhile`` when ``row`` changed since somebody read it."""
    if read_at is not None and read_at != row.updated_at:
        what = row._meta.verbose_name
        raise Conflict("edited_meanwhile", f"Somebody else changed this {what}. Reload it first.")


def _follow(row: Ingredient, before: Mapping[str, Any], *, actor: str, at: datetime) -> Settled:
    """Keep a new price, and settle the sizes above when something that they follow changed."""
    after = snapshot(row)
    if any(before[name] != after[name] for name in _PRICE):
        _keep_price(row, actor=actor, at=at)
    if all(before[name] == after[name] for name in _FOLLOWED):
        return Settled()
    products = products_of(sizes_using(ingredient_id=row.pk))
    return settle_food(product_ids=products, at=at, actor=actor, because=f"{row.name} changed")


def products_of(variant_ids: list[int]) -> list[int]:
    """Return the products of sizes, once each."""
    rows = Variant.objects.filter(pk__in=variant_ids).order_by("product_id")
    return list(rows.values_list("product_id", flat=True).distinct())


def _check(row: Ingredient) -> None:
    row.contains = food_facts.clean_codes(row.contains, field="contains")
    named = food_facts.clean_codes(row.may_contain, field="may_contain")
    row.may_contain = [code for code in named if code not in row.contains]
    row.suits = food_facts.clean_suits(row.suits, row.contains)
    units.base_of(row.unit)


def _check_unit(row: Ingredient, before: str) -> None:
    if units.base_of(row.unit) == units.base_of(before):
        return
    used = (RecipeLine, VariantPart)
    if any(model.objects.filter(ingredient=row).exists() for model in used):
        raise Conflict(
            "unit_in_use",
            f"Recipes measure it in {units.base_of(before)}, which {row.unit} is not.",
            details={"field": "unit"},
        )


def _keep_price(row: Ingredient, *, actor: str, at: datetime) -> None:
    IngredientPrice.objects.create(
        ingredient=row,
        price=row.price,
        price_quantity=row.price_quantity,
        unit=row.unit,
        actor=actor,
        at=at,
    )
