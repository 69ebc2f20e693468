"""Sizes that were agreed with one customer: custom cakes, sold by their order and never again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.catalog.models import Category, Product, Variant
from apps.catalog.rules.food_facts import ALLERGENS
from apps.catalog.rules.stacks import checked_stack
from apps.catalog.services.products import free_slug
from apps.catalog.services.variants import check_price
from apps.catalog.services.writing import save_row
from apps.catalog.states import PRIVATE_SKU, CakeShape, ProductKind, TaxClass
from bakery.kernel.locks import advisory_lock

_NAME, _CATEGORY, _SLUG = "Custom cake", "Custom cakes", "custom-cakes"
_LISTS = ("contains", "may_contain", "unknown")


@dataclass(frozen=True, kw_only=True)
class PrivateSize:
    """What was agreed: ``price`` and ``unit_cost`` of one, in the shop's currency, before tax.

    ``tiers`` from the bottom, each with shape, length_in, height_in and, for two measures,
    width_in, in inches. ``allergens`` has the lists ``contains``, ``may_contain`` and, where that
    names something, ``unknown``; None: nothing is known. Minutes are what it takes of a pickup
    time's oven and decorators, ``lead_days`` working days before it.
    """

    name: str
    price: Decimal
    unit_cost: Decimal | None = None
    tiers: Sequence[Mapping[str, Any]] = ()
    servings_min: int | None = None
    servings_max: int | None = None
    weight_g: int | None = None
    oven_minutes: int = 0
    decorator_minutes: int = 0
    lead_days: int = 0
    lead_time_hours: int = 0
    message_max_length: int = 0
    allergens: Mapping[str, Any] | None = None


def create_private_size(*, size: PrivateSize, actor: str, at: datetime) -> int:
    """Write down a size that only its own order sells; return its key.

    It belongs to the one custom cake of the catalog, is archived from birth, so that no cart and
    no list has it, and made to order. What is in it is its own: it follows from no recipe of the
    range. Whoever agreed on it writes the audit entry, last in their transaction: here the trail's
    lock would be taken before those of goods and places, which others take in the other order.
    Raises `Invalid` for a price, tiers or measures that cannot be.
    """
    del actor  # named in the entry that the caller writes
    with transaction.atomic():
        variant = Variant(
            product=custom_product(at=at),
            sku=f"{PRIVATE_SKU}{token_hex(6).upper()}",
            name=size.name,
            price=size.price,
            unit_cost=size.unit_cost,
            servings_min=size.servings_min,
            servings_max=size.servings_max,
            weight_g=size.weight_g,
            oven_minutes=size.oven_minutes,
            decorator_minutes=size.decorator_minutes,
            lead_days=size.lead_days,
            lead_time_hours=size.lead_time_hours,
            message_max_length=size.message_max_length,
            food_facts=_facts(size.allergens),
            made_to_order=True,
            archived_at=at,
            **_measures(checked_stack([dict(tier) for tier in size.tiers])),
        )
        check_price(variant)
        save_row(variant, is_new=True)
    return variant.pk


def custom_product(*, at: datetime) -> Product:
    """Return the product of all private sizes, made when it is first asked for.

    A draft for ever: nothing that is published can be it. A step of the caller's transaction,
    which writes what audit entries there are.
    """
    known = Product.objects.filter(kind=ProductKind.CUSTOM_TEMPLATE).order_by("pk")
    if (product := known.first()) is not None:
        return product
    advisory_lock("catalog-custom-product")
    if (product := known.first()) is not None:
        return product
    category = Category.objects.filter(Q(name=_CATEGORY) | Q(slug=_SLUG)).first()
    if category is None:
        category = Category(name=_CATEGORY, slug=_SLUG, position=1000)
        save_row(category, is_new=True)
    product = Product(
        name=_NAME,
        slug=free_slug(_NAME),
        kind=ProductKind.CUSTOM_TEMPLATE,
        category=category,
        tax_class=TaxClass.WHOLE_CAKE,
        created_at=at,
        updated_at=at,
    )
    save_row(product, is_new=True)
    return product


def _measures(tiers: list[dict[str, str]]) -> dict[str, Any]:
    """Return the columns of a stack, or of a cake of one tier."""
    if len(tiers) != 1:
        return {"tiers": tiers}
    only = tiers[0]
    return {
        "shape": CakeShape(only["shape"]),
        **{
            name: Decimal(only[name])
            for name in ("length_in", "width_in", "height_in")
            if name in only
        },
    }


def _facts(allergens: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return food facts as a size of the range keeps them; in no list is free of it."""
    if allergens is None:
        return None
    lists = {name: list(allergens.get(name) or ()) for name in _LISTS}
    named = {code for codes in lists.values() for code in codes}
    free = [code for code in ALLERGENS if code not in named]
    # What else is known of it, atom by atom, for labels of other lists.
    more = {name: allergens[name] for name in ("atoms", "suits") if name in allergens}
    free_from = list(allergens.get("free_from", free))
    return {**lists, "free_from": free_from, "source": "recipe", **more}
