"""The sizes of a product of the range, described as prices depend on them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.catalog.models import Product, Variant
from apps.catalog.selectors import Tier, measured
from apps.catalog.states import ProductKind
from apps.pricing.rules.sizes import (
    SizeWork,
    complexity_of_size,
    missing_of,
    people_hours,
    size_spec,
    size_work_at,
)
from apps.pricing.rules.spec import CakeSpec
from apps.pricing.selectors.labour import labour_factor
from bakery.kernel.clock import shop_date
from bakery.kernel.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedSize:
    """A size on sale; ``spec`` None while ``missing`` names what has to be stated first."""

    variant_id: int
    sku: str
    name: str
    price: Decimal
    unit_cost: Decimal | None
    servings_min: int | None
    servings_max: int | None
    complexity: int
    spec: CakeSpec | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product with its sizes on sale, in the shop's order."""

    id: int
    name: str
    sizes: tuple[PricedSize, ...]


def estimated_labour(variant_id: int, *, at: datetime) -> tuple[int, Decimal] | None:
    """Return complexity and estimated hours of people of one piece of a size of the range.

    None for what is no cake of the range, and where no measures or no decorating are stated: there
    is nothing to hold against the hours that it took. The hours are before `labour_factor`, or
    what was measured would correct itself away. One statement.
    """
    found = Variant.objects.filter(
        pk=variant_id, product__kind=ProductKind.CAKE, decorator_minutes__gt=0
    ).first()
    tiers = _tiers(found) if found else []
    if found is None or not tiers:
        return None
    work = size_work_at(shop_date(at))
    hours = people_hours(found.decorator_minutes, found.oven_minutes, work)
    return complexity_of_size(tiers, found.decorator_minutes, work), hours


def sizes_to_price(product_id: int, *, at: datetime) -> PricedProduct:
    """Return the product's sizes: two statements, and one for each complexity among them.

    Raises `NotFound` ``product_not_found``, also for the product that custom cakes are kept under:
    what was agreed with one customer is not priced again.
    """
    product = Product.objects.filter(pk=product_id).exclude(kind=ProductKind.CUSTOM_TEMPLATE)
    found = product.values_list("pk", "name").first()
    if found is None:
        raise NotFound("product_not_found", "There is no such product.")
    work = size_work_at(shop_date(at))
    factors: dict[int, Decimal] = {}
    rows = Variant.objects.filter(product_id=product_id, archived_at=None)
    return PricedProduct(*found, tuple(_described(row, work, factors, at) for row in rows))


def _described(
    variant: Variant, work: SizeWork, factors: dict[int, Decimal], at: datetime
) -> PricedSize:
    tiers = _tiers(variant)
    missing = missing_of(tiers, variant.unit_cost, variant.decorator_minutes, variant.oven_minutes)
    complexity = complexity_of_size(tiers, variant.decorator_minutes, work)
    spec = None
    if not missing and variant.unit_cost is not None:
        if complexity not in factors:
            factors[complexity] = labour_factor(complexity, at=at)
        spec = size_spec(
            tiers=tiers,
            unit_cost=variant.unit_cost,
            decorator_minutes=variant.decorator_minutes,
            oven_minutes=variant.oven_minutes,
            work=work,
            factor=factors[complexity],
        )
    return PricedSize(
        variant_id=variant.pk,
        sku=variant.sku,
        name=variant.name,
        price=variant.price,
        unit_cost=variant.unit_cost,
        servings_min=variant.servings_min,
        servings_max=variant.servings_max,
        complexity=complexity,
        spec=spec,
        missing=missing,
    )


def _tiers(variant: Variant) -> list[Tier]:
    """Return the tiers of a size; measures that no cake has are as good as none."""
    try:
        return measured(variant)
    except Invalid:
        return []
