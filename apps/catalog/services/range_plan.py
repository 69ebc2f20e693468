"""What a file would make of the range, worked out in memory: nothing is written here.

All rows are looked at, so that a person gets all mistakes at once. The same checks as for a single
change apply; the number of statements does not depend on the number of rows.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from apps.catalog.adapters.range_table import (
    KNOWN,
    PRODUCT_COLUMNS,
    SIZE_COLUMNS,
    SIZE_NAMES,
    Given,
    Problem,
)
from apps.catalog.models import Category, Product, Variant, VariantPart
from apps.catalog.rules import food_facts
from apps.catalog.rules.stacks import checked_stack
from apps.catalog.selectors.food import appraise
from apps.catalog.selectors.range import range_products
from apps.catalog.services.writing import differences, snapshot
from apps.catalog.states import PRODUCT_LIFE, ProductStatus
from bakery.kernel import money
from bakery.kernel.errors import Invalid

# What a new row has before anybody says something about it.
_NEW_PRODUCT, _NEW_SIZE = snapshot(Product()), snapshot(Variant())
_STATED = ("allergens", "contains", "may_contain")
_PLAIN_PRODUCT = tuple(
    name for name in PRODUCT_COLUMNS if name not in {*_STATED, "status", "category"}
)
_PLAIN_SIZE = tuple(name for name in SIZE_COLUMNS if name not in {"sku", "on_sale"})


@dataclass(eq=False)
class PlannedSize:
    """A size as it would be; ``before`` None for a new one."""

    line: int
    row: Variant
    before: dict[str, Any] | None

    def changes(self) -> dict[str, list[Any]]:
        """Return ``{field: [before, after]}``."""
        found = differences(self.before or _NEW_SIZE, snapshot(self.row))
        if archived := found.pop("archived_at", None):
            found["on_sale"] = [moment is None for moment in archived]
        return {name: pair for name, pair in found.items() if name not in {"id", "product_id"}}


@dataclass(eq=False)
class PlannedProduct:
    """A product as it would be; ``status`` is what it is to become at the end."""

    line: int
    row: Product
    before: dict[str, Any] | None
    status: str
    sizes: list[PlannedSize] = field(default_factory=list)
    given: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def changes(self) -> dict[str, list[Any]]:
        """Return ``{field: [before, after]}`` of the product itself."""
        found = differences(self.before or _NEW_PRODUCT, snapshot(self.row))
        found = {name: pair for name, pair in found.items() if name not in _OURS}
        if self.status != self.row.status or self.before is None:
            found["status"] = [self.before and self.row.status, self.status]
        return found


_OURS = frozenset({"id", "created_at", "status", "free_from", "image", "image_set"})


@dataclass
class Plan:
    """All of it, with everything that stands against it."""

    rows: int
    products: list[PlannedProduct]
    problems: list[Problem]

    def changes(self) -> list[tuple[int, str, str, dict[str, list[Any]]]]:
        """Return line, what is changed, how (new or changed) and its fields, in order."""
        found = []
        for product in self.products:
            found.append((product.line, product.row.name, product.before, product.changes()))
            found += [
                (
                    size.line,
                    f"{product.row.name}, {size.row.name} ({size.row.sku})",
                    size.before,
                    size.changes(),
                )
                for size in product.sizes
            ]
        return [
            (line, what, "changed" if before else "new", changes)
            for line, what, before, changes in found
            if changes
        ]

    def fingerprint(self) -> str:
        """Return what tells this plan from any other."""
        text = json.dumps(self.changes(), default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


Rows = Callable[[QuerySet[Any]], QuerySet[Any]]


def plan_range(
    given: Sequence[Given],
    problems: Iterable[Problem] = (),
    *,
    at: datetime,
    lock: Rows = lambda rows: rows,
) -> Plan:
    """Return what ``given`` would change. ``lock`` locks the rows that are read, in their order."""
    planner = _Planner(given, list(problems), at=at, lock=lock)
    planner.run()
    return Plan(
        len(given), list(planner.products.values()), sorted(set(planner.problems), key=_place)
    )


def _place(problem: Problem) -> tuple[int, str]:
    return problem.line, problem.field


class _Planner:
    """Walks over the rows once; products and sizes are read before, claims judged after."""

    def __init__(
        self, given: Sequence[Given], problems: list[Problem], *, at: datetime, lock: Rows
    ) -> None:
        self.given, self.problems, self.at = given, problems, at
        self.unreadable = {(problem.line, problem.field) for problem in problems}
        self.wrong = set(self.unreadable)
        self.products: dict[str, PlannedProduct] = {}
        self.lines_of_sku: dict[str, int] = {}
        self.categories = {row.name: row for row in Category.objects.all()}
        slugs = {row.values.get("product", "") for row in given}
        skus = {row.values.get("sku", "") for row in given} - {""}
        owners = Variant.objects.filter(sku__in=skus).order_by().values("product")
        known = range_products().filter(Q(slug__in=slugs) | Q(pk__in=owners))
        self.stored = {row.slug: row for row in lock(known.order_by("pk"))}
        sizes = Variant.objects.filter(product__in=[row.pk for row in self.stored.values()])
        self.sizes = {row.sku: row for row in lock(sizes.order_by("pk"))}
        ids = [row.pk for row in self.sizes.values()]
        parts = VariantPart.objects.filter(variant__in=ids).order_by()
        self.with_parts = set(parts.values_list("variant_id", flat=True))

    def run(self) -> None:
        """Plan row by row, then judge what only shows over all rows of a product."""
        for row in self.given:
            product = self._product(row)
            if product is not None and any(row.values.get(name) for name in SIZE_COLUMNS):
                self._size(row, product)
        self._check_names()
        self._check_claims()
        for product in self.products.values():
            self._check_status(product)

    def _say(self, line: int, column: str, message: str) -> None:
        """Keep the first thing that is wrong with a cell: more would only repeat it."""
        if (line, column) not in self.wrong:
            self.wrong.add((line, column))
            self.problems.append(Problem(line, column, message))

    def _product(self, row: Given) -> PlannedProduct | None:
        slug = row.values["product"]
        if not slug:
            self._say(row.line, "product", "Every row names its product: the end of its address.")
            return None
        planned = self.products.get(slug)
        if planned is None:
            planned = self.products[slug] = self._open(row, slug)
        for name in PRODUCT_COLUMNS:
            if name not in row.values or (row.line, name) in self.unreadable:
                continue
            first = planned.given.setdefault(name, (row.line, row.values[name]))
            if first[1] != row.values[name]:
                self._say(row.line, name, f"Line {first[0]} says something else of this product.")
        return planned

    def _open(self, row: Given, slug: str) -> PlannedProduct:
        stored = self.stored.get(slug)
        before = snapshot(stored) if stored else None
        product = stored or Product(slug=slug, created_at=self.at, updated_at=self.at)
        values = {
            name: value
            for name, value in row.values.items()
            if (row.line, name) not in self.unreadable
        }
        status = values.get("status") or product.status
        self._fill(product, values, _PLAIN_PRODUCT, {})
        self._set_category(row.line, product, values)
        self._set_allergens(row.line, product, values)
        self._check_columns(row.line, product, exclude=("category",))
        return PlannedProduct(row.line, product, before, status)

    def _fill(
        self,
        target: Model,
        values: Mapping[str, Any],
        columns: Iterable[str],
        names: Mapping[str, str],
    ) -> None:
        """Set what the row gives; an empty cell means nothing where that can be, else no change."""
        for column in columns:
            if column not in values:
                continue
            name, value = names.get(column, column), values[column]
            target_field: Any = target._meta.get_field(name)
            if value is None and not target_field.null:
                continue
            if value == "" and not target_field.blank and target_field.has_default():
                continue
            setattr(target, name, value)

    def _set_category(self, line: int, product: Product, values: Mapping[str, Any]) -> None:
        name = values.get("category", "")
        if name in self.categories:
            product.category_id = self.categories[name].pk
        elif name:
            known = ", ".join(self.categories) or "none yet"
            self._say(line, "category", f"There is no such category. There are: {known}.")
        elif product.slug not in self.stored:
            self._say(line, "category", "A new product needs a category.")

    def _set_allergens(self, line: int, product: Product, values: Mapping[str, Any]) -> None:
        if not any(name in values for name in _STATED):
            return
        if not all(name in values for name in _STATED):
            self._say(line, "allergens", f"These belong together: {', '.join(_STATED)}.")
            return
        contains, may_contain = values["contains"], values["may_contain"]
        if values["allergens"] == KNOWN:
            product.allergens = food_facts.clean_allergens(
                {"contains": contains, "may_contain": may_contain}
            )
        elif contains or may_contain:
            self._say(line, "allergens", "Allergens are listed: write known, or empty the lists.")
        else:
            product.allergens = None

    def _check_columns(self, line: int, target: Model, *, exclude: Sequence[str] = ()) -> None:
        names = {"slug": "product"} if isinstance(target, Product) else {"name": "size"}
        try:
            target.clean_fields(exclude=exclude)
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                self._say(line, names.get(name, name), " ".join(texts))

    def _size(self, row: Given, product: PlannedProduct) -> None:
        sku = row.values["sku"]
        if not sku:
            self._say(row.line, "sku", "A size needs a SKU.")
            return
        first = self.lines_of_sku.setdefault(sku, row.line)
        if first != row.line:
            self._say(row.line, "sku", f"Line {first} has this SKU too.")
            return
        stored = self.sizes.get(sku)
        if stored is not None and stored.product_id != product.row.pk:
            self._say(row.line, "sku", "This SKU belongs to another product.")
            return
        size = stored or Variant(product=product.row if product.row.pk else None, sku=sku)
        planned = PlannedSize(row.line, size, snapshot(stored) if stored else None)
        product.sizes.append(planned)
        self._set_size(row, planned)

    def _set_size(self, row: Given, planned: PlannedSize) -> None:
        size, line = planned.row, row.line
        values = {
            name: value for name, value in row.values.items() if (line, name) not in self.unreadable
        }
        cost = size.unit_cost
        self._fill(size, values, _PLAIN_SIZE, SIZE_NAMES)
        if values.get("on_sale") is not None:
            archived = size.archived_at or self.at
            size.archived_at = None if values["on_sale"] else archived
        if size.pk in self.with_parts and size.unit_cost != cost:
            self._say(line, "unit_cost", "This cost follows from the size's recipe.")
        self._check_columns(line, size, exclude=("product",))
        self._check_size(line, size)

    def _check_size(self, line: int, size: Variant) -> None:
        try:
            price: Any = size.price
            if isinstance(price, Decimal):
                money.to_minor(price, settings.SHOP_CURRENCY)
        except Invalid as error:
            self._say(line, "price", error.message)
        try:
            size.tiers = checked_stack(size.tiers)
        except Invalid as error:
            self._say(line, "tiers", error.message)
        for name in ("length_in", "width_in", "height_in"):
            if getattr(size, name) == 0:
                self._say(line, name, "A measure is more than 0.")
        least, most = size.servings_min, size.servings_max
        if least is not None and most is not None and least > most:
            self._say(line, "servings_min", "More than servings_max.")

    def _check_names(self) -> None:
        """Two sizes on sale of one product have two names, those outside the file included."""
        stored: dict[int | None, list[Variant]] = defaultdict(list)
        for size in self.sizes.values():
            stored[size.product_id].append(size)
        for product in self.products.values():
            planned = {size.row.sku: size.line for size in product.sizes}
            taken: dict[str, str] = {}
            others = (size for size in stored[product.row.pk] if size.sku not in planned)
            for size in [*others, *(planned_size.row for planned_size in product.sizes)]:
                if size.archived_at is not None:
                    continue
                if size.name in taken:
                    self._say(
                        planned.get(size.sku, product.line),
                        "size",
                        f"The size {taken[size.name]} of this product has this name.",
                    )
                taken[size.name] = size.sku

    def _check_claims(self) -> None:
        """Hold claims against facts, as `services.update_product` does, for all in two reads."""
        live: dict[int, list[int]] = defaultdict(list)
        stated: dict[int, Any] = {}
        changed = [
            product
            for product in self.products.values()
            if {"diet_tags", "allergens"} & product.changes().keys()
        ]
        by_id = {product.row.pk: product for product in changed if product.row.pk}
        for size in self.sizes.values():
            if size.product_id in by_id and size.archived_at is None:
                live[size.product_id].append(size.pk)
                stated[size.pk] = by_id[size.product_id].row.allergens
        facts = appraise(stated, at=self.at) if stated else {}
        for product in changed:
            row = product.row
            try:
                row.diet_tags = food_facts.clean_diets(row.diet_tags)
                sizes = [facts[pk].facts for pk in live.get(row.pk or 0, ())]
                food_facts.check_claims(row.diet_tags, row.allergens, sizes)
            except Invalid as error:
                self._say(product.line, "diet_tags", error.message)

    def _check_status(self, product: PlannedProduct) -> None:
        if product.status == ProductStatus.PUBLISHED != product.row.status:
            own = {size.row.sku for size in product.sizes}
            rest = (
                s
                for s in self.sizes.values()
                if s.sku not in own and s.product_id == product.row.pk
            )
            on_sale = [*rest, *(size.row for size in product.sizes)]
            if not any(size.archived_at is None for size in on_sale):
                self._say(product.line, "status", "Nothing of it is on sale: it stays a draft.")
        if not way_to(product.row.status, product.status):
            self._say(product.line, "status", f"It cannot become {product.status}.")


def way_to(old: str, new: str) -> list[str] | None:
    """Return the steps from a status to another, [old] when there is nothing to do."""
    if old == new:
        return [old]
    if PRODUCT_LIFE.allows(old, new):
        return [old, new]
    through = ProductStatus.DRAFT.value
    if PRODUCT_LIFE.allows(old, through) and PRODUCT_LIFE.allows(through, new):
        return [old, through, new]
    return None
