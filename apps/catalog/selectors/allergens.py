"""The allergen matrix and labels: sizes against the list of a place, as it is on a day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from apps.catalog.models import Variant
from apps.catalog.rules import food_facts, food_rollup
from apps.catalog.rules.allergen_lists import CODES, AllergenList, Item, expand, list_at
from apps.catalog.rules.food_rollup import Known, Verdict
from apps.catalog.selectors.food import home_list
from apps.catalog.states import ProductStatus
from bakery.kernel.errors import NotFound

CONTAINS, MAY_CONTAIN, UNKNOWN, FREE = "contains", "may_contain", "unknown", "free_from"


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One size; ``says`` has one word for each item of the list, the worst that applies."""

    variant_id: int
    sku: str
    product_id: int
    product: str
    size: str
    source: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sizes against a list."""

    in_force: AllergenList
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed for a size. ``is_complete`` False: somebody must be asked before it sells."""

    variant_id: int
    sku: str
    product: str
    size: str
    in_force: AllergenList
    contains: tuple[str, ...]
    may_contain: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing on it is unknown."""
        return not self.unknown


def allergen_matrix(*, jurisdiction: str, on: date, at: datetime) -> Matrix:
    """Return every size on sale against the list of ``jurisdiction`` on a day: one statement.

    Raises `Invalid` for a place or day without a list.
    """
    in_force = list_at(jurisdiction, on)
    rows = []
    for size in _sizes(product__status=ProductStatus.PUBLISHED):
        verdict = food_rollup.judge(_known(size, at), in_force)
        rows.append(
            MatrixRow(
                variant_id=size["pk"],
                sku=size["sku"],
                product_id=size["product_id"],
                product=size["product__name"],
                size=size["name"],
                source=(size["food_facts"] or {}).get("source", "unknown"),
                says=tuple(word_for(item.code, verdict) for item in in_force.items),
            )
        )
    return Matrix(in_force, tuple(rows))


def allergen_label(*, variant_id: int, jurisdiction: str, on: date, at: datetime) -> Label:
    """Return what a size's label says; raise `NotFound`, and `Invalid` without a list."""
    found = allergen_labels(variant_ids=[variant_id], jurisdiction=jurisdiction, on=on, at=at)
    if variant_id not in found:
        raise NotFound("variant_not_found", "There is no such size on sale.")
    return found[variant_id]


def allergen_labels(
    *, variant_ids: Collection[int], jurisdiction: str, on: date, at: datetime
) -> dict[int, Label]:
    """Return the labels of the sizes on sale among ``variant_ids``, by id: one statement.

    Raises `Invalid` for a place or day without a list.
    """
    in_force = list_at(jurisdiction, on)
    return {size["pk"]: _label(size, in_force, at=at) for size in _sizes(pk__in=set(variant_ids))}


def _label(size: dict[str, Any], in_force: AllergenList, *, at: datetime) -> Label:
    known = _known(size, at)
    verdict = food_rollup.judge(known, in_force)
    items = {item.code: item for item in in_force.items}
    # What is both a trace and unknown stands in both places: neither is left out.
    return Label(
        variant_id=size["pk"],
        sku=size["sku"],
        product=size["product__name"],
        size=size["name"],
        in_force=in_force,
        contains=_named((items[code] for code in verdict.contains), known.contains),
        may_contain=_named((items[code] for code in verdict.may_contain), known.may_contain),
        unknown=tuple(items[code].label for code in verdict.unknown),
    )


def word_for(code: str, verdict: Verdict) -> str:
    """Return the worst that is said of an item: what is unknown could be contained."""
    for word in (CONTAINS, UNKNOWN, MAY_CONTAIN):
        if code in getattr(verdict, word):
            return word
    return FREE


def _sizes(**condition: Any) -> list[dict[str, Any]]:
    rows = Variant.objects.filter(archived_at=None, **condition)
    fields = ("pk", "sku", "name", "product_id", "product__name", "food_facts")
    return list(rows.order_by("product__name", "position", "pk").values(*fields))


def _known(size: dict[str, Any], at: datetime) -> Known:
    return food_facts.known_of_size(size["food_facts"], home_list(at))


def _named(items: Iterable[Item], codes: frozenset[str]) -> tuple[str, ...]:
    """Name items, and in brackets which of their members: the law wants the nut, not "nuts"."""
    named = []
    for item in items:
        atoms = [code for code in CODES if code in item.atoms & (codes - {item.code})]
        vague = any(expand([code]) & item.atoms for code in codes - item.atoms)
        members = ", ".join(CODES[code].lower() for code in atoms)
        kind = item.label.split(" (")[0]
        named.append(f"{kind} ({members})" if members and not vague else item.label)
    return tuple(named)
