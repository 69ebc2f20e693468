"""What the catalog knows of a product, put together for those who write about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.catalog import selectors as catalog
from apps.catalog.models import Product, Variant
from apps.descriptions.models import Draft
from apps.descriptions.rules.facts import Facts
from apps.descriptions.states import Subject


def facts_of_draft(draft: Draft, *, said: str | None = None) -> Facts:
    """Return the facts of a draft: a product's as they are now, a custom cake's as it was asked.

    ``said`` replaces what the shop says of the product at present. Raises `NotFound`.
    """
    if draft.subject == Subject.CUSTOM:
        return Facts.from_json(draft.facts)
    return product_facts(
        int(draft.reference), details=draft.details, event_type=draft.event_type, said=said
    )


def product_facts(
    product_id: int,
    *,
    details: Mapping[str, Any] | None = None,
    event_type: str = "",
    said: str | None = None,
) -> Facts:
    """Return what is known of a product: eight statements. Raises `NotFound`.

    What its sizes contain is what every size on sale contains; what they are free of, likewise.
    """
    product = catalog.any_product(product_id)
    sizes = [size for size in product.variants.all() if size.archived_at is None]
    mine, others = _ingredients([size.pk for size in sizes])
    given = details or {}
    return Facts(
        name=product.name,
        kind=product.kind,
        category=product.category.name,
        flavour=str(given.get("flavour", "")),
        decoration=str(given.get("decoration", "")),
        said=_said(product) if said is None else said,
        ingredients=mine,
        others=others,
        contains=_contained(product, sizes),
        free_from=tuple(product.free_from),
        claims=tuple(product.diet_tags),
        sizes=tuple(size.name for size in sizes),
        servings=tuple(sorted(_servings(sizes))),
        tiers=max((len(size.tiers) or 1 for size in sizes), default=0),
        event_type=event_type,
        is_made_to_order=bool(sizes) and all(size.made_to_order for size in sizes),
    )


def _said(product: Product) -> str:
    return "\n".join([product.short_description, product.description, product.search_words])


def _servings(sizes: Iterable[Variant]) -> set[int]:
    named = {count for size in sizes for count in (size.servings_min, size.servings_max)}
    return {count for count in named if count}


def _contained(product: Product, sizes: Iterable[Variant]) -> tuple[str, ...]:
    """Return the codes that hold for every size."""
    stated = product.allergens or {}
    of_sizes = [set((size.food_facts or stated).get("contains", ())) for size in sizes]
    common = set.intersection(*of_sizes) if of_sizes else set(stated.get("contains", ()))
    return tuple(sorted(common))


def _ingredients(size_ids: list[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what goes into the sizes, as recipes have it, and of what does not."""
    book = catalog.bake_book(size_ids)
    found: dict[int, None] = {}
    seen: set[int] = set()
    waiting = [line for size_id in size_ids for line in book.parts.get(size_id, ())]
    while waiting:
        line = waiting.pop(0)
        if line.ingredient_id is not None:
            found.setdefault(line.ingredient_id)
        elif line.recipe_id is not None and line.recipe_id not in seen:
            seen.add(line.recipe_id)
            recipe = book.recipes.get(line.recipe_id)
            waiting = [*(recipe.lines if recipe else ()), *waiting]
    food = {key: row.name for key, row in book.ingredients.items() if row.is_food}
    mine = tuple(food[key] for key in found if key in food)
    return mine, tuple(sorted(set(food.values()) - set(mine)))
