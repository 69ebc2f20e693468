"""Allergens of a product's sizes in words; sizes that agree are told together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.rules.food_facts import ALLERGENS
from apps.catalog.selectors import ShelfProduct


@dataclass(frozen=True, slots=True)
class SizeFacts:
    """What is told of some sizes; ``sizes`` is empty when it holds for all of them.

    ``known`` False: nothing is. ``unknown`` names what the shop must be asked about.
    """

    sizes: str
    known: bool
    contains: str = ""
    may_contain: str = ""
    unknown: str = ""


def facts_of_sizes(product: ShelfProduct) -> list[SizeFacts]:
    """Return the facts of the sizes on sale, in their order, each wording once."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for variant in product.variants:
        groups.setdefault(_told(variant.food_facts), []).append(variant.name)
    groups = groups or {_told(None): []}
    agree = len(groups) == 1
    return [SizeFacts("" if agree else ", ".join(sizes), *told) for told, sizes in groups.items()]


def _told(facts: Mapping[str, Any] | None) -> tuple[Any, ...]:
    if not facts or not any(facts[name] for name in ("contains", "may_contain", "free_from")):
        return (False,)
    return (True, *(_named(facts[name]) for name in ("contains", "may_contain", "unknown")))


def _named(names: list[str]) -> str:
    return ", ".join(ALLERGENS.get(name, name).lower() for name in names)
