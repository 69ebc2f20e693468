"""What can be chosen for a custom cake."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.catalog import selectors as catalog
from apps.custom_cakes.models import CakeOption
from apps.custom_cakes.rules.choices import Choice
from apps.custom_cakes.states import OptionKind
from bakery.kernel.errors import NotFound

_FIELDS = (
    "id", "kind", "name", "name_fr", "note", "note_fr", "recipe_id", "is_edible", "grams",
    "material_cost", "minutes", "complexity", "most", "lead_days",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OptionFood:
    """A choice with what is known of its food; ``facts`` as of sizes, None for what is not eaten.

    ``cost`` is that of one cubic inch, square inch or piece, None while it is not known.
    """

    choice: Choice
    facts: dict[str, Any] | None
    cost: Decimal | None

    @property
    def told(self) -> dict[str, list[str]] | None:
        """What customers are told: what it contains, may contain, and what is not known."""
        if self.facts is None:
            return None
        return {name: self.facts[name] for name in ("contains", "may_contain", "unknown")}


def all_options(*, at: datetime) -> list[dict[str, Any]]:
    """Return every choice as staff see it, those no longer offered last: six statements."""
    rows = CakeOption.objects.order_by("-is_active", "kind", "position", "name", "pk")
    return _staff_rows(rows, at=at)


def one_option(option_id: int, *, at: datetime) -> dict[str, Any]:
    """Return one choice as staff see it; raise `NotFound` ``option_not_found``."""
    rows = _staff_rows(CakeOption.objects.filter(pk=option_id), at=at)
    if not rows:
        raise NotFound("option_not_found", "There is no such choice.")
    return rows[0]


def _staff_rows(rows: QuerySet[CakeOption], *, at: datetime) -> list[dict[str, Any]]:
    found = list(rows.values(*_FIELDS, "position", "is_active", "version"))
    foods = foods_of([row["id"] for row in found], at=at)
    return [
        {**row, "cost": foods[row["id"]].cost, "allergens": foods[row["id"]].told} for row in found
    ]


def options() -> dict[str, list[Choice]]:
    """Return what can be chosen now by kind, in the shop's order: one statement."""
    found: dict[str, list[Choice]] = {kind: [] for kind in OptionKind.values}
    rows = CakeOption.objects.filter(is_active=True).order_by("position", "name", "pk")
    for row in rows.values(*_FIELDS):
        found[row["kind"]].append(Choice(**row))
    return found


def choices_of(ids: Collection[int], *, also_gone: bool = False) -> dict[int, Choice]:
    """Return the choices among ``ids`` by key, those no longer offered ``also_gone``: one query."""
    rows = CakeOption.objects.filter(pk__in=ids).order_by()
    if not also_gone:
        rows = rows.filter(is_active=True)
    return {row["id"]: Choice(**row) for row in rows.values(*_FIELDS)}


def options_with_food(*, at: datetime) -> dict[str, list[OptionFood]]:
    """Return what can be chosen with costs and allergens: five statements, however many."""
    by_kind = options()
    book = catalog.recipe_book(at=at)
    return {kind: [food_of(choice, book) for choice in rows] for kind, rows in by_kind.items()}


def foods_of(ids: Collection[int], *, at: datetime) -> dict[int, OptionFood]:
    """Return what is known of choices, offered or not, by key: five statements, however many."""
    choices = choices_of(ids, also_gone=True)
    book = catalog.recipe_book(at=at)
    return {key: food_of(choice, book) for key, choice in choices.items()}


def food_of(choice: Choice, book: catalog.RecipeBook) -> OptionFood:
    """Return what is known of one choice."""
    if choice.recipe_id is None:
        facts = book.mix([], something_unknown=True).facts if choice.is_edible else None
        known = not choice.is_unknown or choice.material_cost > 0
        return OptionFood(choice, facts, choice.material_cost if known else None)
    mix = book.mix([(choice.recipe_id, choice.grams)])
    return OptionFood(choice, mix.facts, _sum([mix.cost, choice.material_cost]))


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total
