"""What may be sold at this moment, as orders need it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.catalog.models import Variant
from apps.catalog.rules.food_facts import allergens_of_size
from apps.catalog.states import PRIVATE_SKU, ProductKind, ProductStatus

_CAKES = frozenset({ProductKind.CAKE.value, ProductKind.CUSTOM_TEMPLATE.value})


@dataclass(frozen=True, slots=True)
class SellableVariant:
    """A variant of a published product, with everything that a line of an order copies.

    ``price`` is in the shop's currency before tax. ``allergens`` are this size's own: lists
    ``contains`` and ``may_contain``, and ``unknown`` where that names something; None: not known.
    """

    id: int
    sku: str
    product_id: int
    product_name: str
    name: str
    price: Decimal
    tax_class: str
    is_cake: bool
    made_to_order: bool
    lead_time: timedelta
    per_order_limit: int | None
    message_max_length: int
    allergens: dict[str, Any] | None
    pieces: int
    weight_g: int | None
    packaging: str
    lead_days: int
    cutoff_at: time | None
    oven_minutes: int
    decorator_minutes: int
    category_id: int


def sellable_variants(ids: Iterable[int]) -> dict[int, SellableVariant]:
    """Return the variants among ``ids`` that may be sold, by id: one query.

    A variant that is archived, unknown, or of a product that is not published is left out.
    """
    return _sold(
        Variant.objects.filter(
            pk__in=set(ids), archived_at=None, product__status=ProductStatus.PUBLISHED
        )
    )


def private_sizes(ids: Iterable[int]) -> dict[int, SellableVariant]:
    """Return the sizes among ``ids`` that were agreed with one customer, by id: one query.

    They are archived from birth: only the order that was agreed sells them.
    """
    return _sold(
        Variant.objects.filter(
            pk__in=set(ids), product__kind=ProductKind.CUSTOM_TEMPLATE, sku__startswith=PRIVATE_SKU
        )
    )


def _sold(variants: QuerySet[Variant]) -> dict[int, SellableVariant]:
    rows = variants.values_list(
        "pk", "sku", "product_id", "product__name", "name", "price", "product__tax_class",
        "product__kind", "made_to_order", "lead_time_hours", "per_order_limit",
        "message_max_length", "product__allergens", "pieces", "weight_g", "packaging",
        "lead_days", "cutoff_at", "oven_minutes", "decorator_minutes",
        "product__category_id", "food_facts",
    )  # fmt: skip
    return {row[0]: _sellable(row) for row in rows.order_by()}


def _sellable(row: tuple[Any, ...]) -> SellableVariant:
    *fields, food_facts = row
    fields[7] = row[7] in _CAKES
    fields[9] = timedelta(hours=row[9])
    fields[12] = allergens_of_size(food_facts, stated=row[12])
    return SellableVariant(*fields)


def made_to_order(ids: Collection[int]) -> dict[int, bool]:
    """Tell of each existing variant among ``ids``, sellable or not, whether it has no stock."""
    return dict(Variant.objects.filter(pk__in=ids).order_by().values_list("pk", "made_to_order"))


def sizes_of(product_id: int) -> list[int]:
    """Return the ids of a product's sizes that are not archived; [] if there are none."""
    sizes = Variant.objects.filter(product_id=product_id, archived_at=None)
    return list(sizes.order_by("pk").values_list("pk", flat=True))


def unit_costs(ids: Collection[int]) -> dict[int, Decimal | None]:
    """Return what one of each existing variant among ``ids`` costs to make, None if unknown."""
    return dict(Variant.objects.filter(pk__in=ids).order_by().values_list("pk", "unit_cost"))


def variant_by_sku(sku: str) -> tuple[int | None, bool]:
    """Return the id of the size with this SKU, archived or not, and whether it is made to order."""
    row = Variant.objects.filter(sku=sku).values_list("pk", "made_to_order").first()
    return row or (None, False)
