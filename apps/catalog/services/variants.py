"""Creating and changing the sizes of a product."""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import transaction

from apps.catalog.models import Product, Variant, VariantPart
from apps.catalog.rules.stacks import checked_stack
from apps.catalog.services.food import settle_food
from apps.catalog.services.writing import record_change, save_row, snapshot, store
from apps.catalog.states import ProductKind
from bakery.kernel import money
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one


class VariantFields(TypedDict, total=False):
    """What a size may state beside its name, SKU and price; see `Variant` for units."""

    servings_min: int | None
    servings_max: int | None
    lead_time_hours: int
    lead_days: int
    cutoff_at: time | None
    per_order_limit: int | None
    message_max_length: int
    made_to_order: bool
    unit_cost: Decimal | None
    shape: str
    length_in: Decimal | None
    width_in: Decimal | None
    height_in: Decimal | None
    tiers: list[dict[str, Any]]
    weight_g: int | None
    pieces: int
    packaging: str
    oven_minutes: int
    decorator_minutes: int
    position: int


EDITABLE = frozenset({"name", "sku", "price", *VariantFields.__annotations__})


def create_variant(
    *,
    product_id: int,
    sku: str,
    name: str,
    price: Decimal,
    at: datetime,
    actor: str = "system",
    **fields: Unpack[VariantFields],
) -> Variant:
    """Add a size to a product; ``price`` is in the shop's currency, before tax.

    Raises `NotFound`, `Conflict` ``taken`` for a SKU or a name that exists, `Invalid`.
    """
    if unknown := fields.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot set: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        product = lock_one(Product.objects.filter(pk=product_id), what="product")
        _require_range(product)
        variant = Variant(product=product, sku=sku, name=name, price=price, **fields)
        check_price(variant)
        variant.tiers = checked_stack(variant.tiers)
        save_row(variant, is_new=True)
        settle_food(
            product_ids=[product.pk], at=at, actor=actor, because=f"the size {name} was added"
        )
        _touch(product.pk, at=at)
        record_change(variant, action="create_variant", actor=actor, at=at, before=None)
    return variant


def update_variant(
    *, variant_id: int, changes: Mapping[str, Any], at: datetime, actor: str = "system"
) -> Variant:
    """Change the fields of `EDITABLE` that ``changes`` names; orders keep the price they copied."""
    if unknown := changes.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot change: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        variant = _lock(variant_id)
        before = snapshot(variant)
        _check_cost_is_free(variant, changes)
        for name, value in changes.items():
            setattr(variant, name, value)
        check_price(variant)
        variant.tiers = checked_stack(variant.tiers)
        store(variant, action="update_variant", actor=actor, at=at, before=before)
        _touch(variant.product_id, at=at)
    return variant


def archive_variant(*, variant_id: int, at: datetime, actor: str = "system") -> Variant:
    """Take a size off sale; archiving it again changes nothing."""
    with transaction.atomic():
        variant = _lock(variant_id)
        if variant.archived_at is None:
            before = snapshot(variant)
            variant.archived_at = at
            _store_settled(variant, action="archive_variant", actor=actor, at=at, before=before)
    return variant


def restore_variant(*, variant_id: int, at: datetime, actor: str = "system") -> Variant:
    """Put an archived size on sale again; `Conflict` ``taken`` when its name is in use by now."""
    with transaction.atomic():
        variant = _lock(variant_id)
        if variant.archived_at is not None:
            before = snapshot(variant)
            variant.archived_at = None
            _store_settled(variant, action="restore_variant", actor=actor, at=at, before=before)
    return variant


def _lock(variant_id: int) -> Variant:
    """Lock the product before its size, as all do who change both; return the size."""
    of_size = Variant.objects.filter(pk=variant_id).values("product")
    _require_range(lock_one(Product.objects.filter(pk__in=of_size), what="variant"))
    return lock_one(Variant.objects.filter(pk=variant_id), what="variant")


def _require_range(product: Product) -> None:
    """What was agreed with one customer is not edited, nor put on sale; raises `Conflict`."""
    if product.kind == ProductKind.CUSTOM_TEMPLATE:
        raise Conflict(
            "private_size", "Custom cakes are agreed with their customers, and not edited here."
        )


def _store_settled(
    variant: Variant, *, action: str, actor: str, at: datetime, before: Mapping[str, Any]
) -> None:
    """Save a size that goes on or off sale, with what that means for its product's claims."""
    save_row(variant, is_new=False)
    because = f"the size {variant.name} went on or off sale"
    settle_food(product_ids=[variant.product_id], at=at, actor=actor, because=because)
    _touch(variant.product_id, at=at)
    record_change(variant, action=action, actor=actor, at=at, before=before)


def _check_cost_is_free(variant: Variant, changes: Mapping[str, Any]) -> None:
    """A cost that follows from parts is not overwritten by hand; raises `Conflict`."""
    given = changes.get("unit_cost", variant.unit_cost)
    if given != variant.unit_cost and VariantPart.objects.filter(variant=variant).exists():
        raise Conflict(
            "cost_from_recipe",
            "This size's cost follows from its parts. Change those, or take them off first.",
            details={"field": "unit_cost"},
        )


def check_price(variant: Variant) -> None:
    """A price is exact in the shop's currency: nothing is rounded behind the baker's back."""
    try:
        money.to_minor(Decimal(variant.price), settings.SHOP_CURRENCY)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise Invalid("bad_price", "This is no price.", details={"field": "price"}) from error


def _touch(product_id: int, *, at: datetime) -> None:
    """A change of a size is a change of its product, for editors who opened it before."""
    Product.objects.filter(pk=product_id).update(updated_at=at)
