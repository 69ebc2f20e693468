"""The range as a table: one row for each size, the product's own columns repeated in each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from import_export.fields import Field
from import_export.resources import Resource
from tablib import Dataset

from apps.catalog.adapters.range_cells import (
    Amount,
    Choice,
    Clock,
    Codes,
    Flag,
    Stack,
    Text,
    Whole,
)
from apps.catalog.adapters.tables import Table
from apps.catalog.models import Product, Variant
from apps.catalog.rules.food_facts import ALLERGENS, DIETS
from apps.catalog.states import CakeShape, Packaging, ProductKind, ProductStatus, TaxClass
from bakery.kernel.errors import Invalid

KNOWN, UNKNOWN = "known", "unknown"
# Cells that name the row, and may not be left out of a file.
KEYS = ("product", "sku")
PRODUCT_COLUMNS = (
    "name", "status", "kind", "category", "tax_class", "short_description", "description",
    "seo_description", "search_words", "diet_tags", "allergens", "contains", "may_contain",
)  # fmt: skip
# Where a size keeps what a column is called otherwise.
SIZE_NAMES = {"size": "name"}


@dataclass(frozen=True, slots=True)
class Line:
    """A product with one of its sizes, or without any."""

    product: Product
    size: Variant | None

    @property
    def allergens(self) -> str:
        """Whether the allergens are recorded: an empty list would not tell none from unknown."""
        return UNKNOWN if self.product.allergens is None else KNOWN

    @property
    def contains(self) -> list[str]:
        """What it is stated to contain."""
        return list((self.product.allergens or {}).get("contains", ()))

    @property
    def may_contain(self) -> list[str]:
        """What it is stated to contain traces of."""
        return list((self.product.allergens or {}).get("may_contain", ()))

    @property
    def on_sale(self) -> bool | None:
        """Whether the size is not archived."""
        return None if self.size is None else self.size.archived_at is None


def _of(attribute: str, widget: Text) -> Field:
    return Field(attribute=attribute, widget=widget)


class RangeResource(Resource):
    """The columns of the file; the names of the fields are what stands in its first row."""

    product = _of("product__slug", Text())
    name = _of("product__name", Text())
    status = _of("product__status", Choice(ProductStatus.choices))
    kind = _of("product__kind", Choice(ProductKind.choices))
    category = _of("product__category__name", Text())
    tax_class = _of("product__tax_class", Choice(TaxClass.choices))
    short_description = _of("product__short_description", Text())
    description = _of("product__description", Text())
    seo_description = _of("product__seo_description", Text())
    search_words = _of("product__search_words", Text())
    diet_tags = _of("product__diet_tags", Codes(list(DIETS)))
    allergens = _of("allergens", Choice([(KNOWN, KNOWN), (UNKNOWN, UNKNOWN)]))
    contains = _of("contains", Codes(list(ALLERGENS)))
    may_contain = _of("may_contain", Codes(list(ALLERGENS)))
    sku = _of("size__sku", Text())
    size = _of("size__name", Text())
    price = _of("size__price", Amount())
    unit_cost = _of("size__unit_cost", Amount())
    servings_min = _of("size__servings_min", Whole())
    servings_max = _of("size__servings_max", Whole())
    shape = _of("size__shape", Choice(CakeShape.choices))
    length_in = _of("size__length_in", Amount())
    width_in = _of("size__width_in", Amount())
    height_in = _of("size__height_in", Amount())
    tiers = _of("size__tiers", Stack())
    weight_g = _of("size__weight_g", Whole())
    pieces = _of("size__pieces", Whole())
    packaging = _of("size__packaging", Choice(Packaging.choices))
    lead_time_hours = _of("size__lead_time_hours", Whole())
    lead_days = _of("size__lead_days", Whole())
    cutoff_at = _of("size__cutoff_at", Clock())
    oven_minutes = _of("size__oven_minutes", Whole())
    decorator_minutes = _of("size__decorator_minutes", Whole())
    per_order_limit = _of("size__per_order_limit", Whole())
    message_max_length = _of("size__message_max_length", Whole())
    made_to_order = _of("size__made_to_order", Flag())
    position = _of("size__position", Whole())
    on_sale = _of("on_sale", Flag())


COLUMNS: tuple[str, ...] = tuple(RangeResource().fields)
SIZE_COLUMNS = tuple(name for name in COLUMNS if name not in {"product", *PRODUCT_COLUMNS})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell of the file, or with the whole row when ``field`` is empty."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Given:
    """A row as values by column; columns that the file does not have are left out."""

    line: int
    values: dict[str, Any]


def export_lines(lines: Iterable[Line]) -> Dataset:
    """Return the table of ``lines``; every cell is text."""
    return RangeResource().export(list(lines))


def read_lines(table: Table) -> tuple[list[Given], list[Problem]]:
    """Return the rows of ``table`` as values, and the cells that could not be read.

    Raises `Invalid` ``unknown_columns`` and ``missing_columns``.
    """
    _check_columns(table.columns)
    fields = {
        name: field for name, field in RangeResource().fields.items() if name in table.columns
    }
    found: list[Given] = []
    problems: list[Problem] = []
    for line, cells in table.rows:
        values: dict[str, Any] = {}
        for name, field in fields.items():
            try:
                values[name] = field.widget.clean(cells[name])
            except ValueError as error:
                problems.append(Problem(line, name, str(error)))
        found.append(Given(line, values))
    return found, problems


def _check_columns(columns: tuple[str, ...]) -> None:
    if unknown := [name or "(empty)" for name in columns if name not in COLUMNS]:
        raise Invalid(
            "unknown_columns",
            f"Unknown columns: {', '.join(unknown)}. Known are: {', '.join(COLUMNS)}.",
            details={"columns": unknown},
        )
    if missing := [name for name in KEYS if name not in columns]:
        raise Invalid(
            "missing_columns",
            f"These columns are needed: {', '.join(missing)}.",
            details={"columns": missing},
        )
