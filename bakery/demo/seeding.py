"""Filling an empty installation with the demo bakery, through the same services as people use."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.catalog import services as catalog
from apps.catalog.models import Category, Product
from apps.catalog.states import ProductKind, TaxClass
from apps.inventory import services as inventory
from apps.inventory.states import StockReason
from bakery.demo import pictures
from bakery.demo.kitchen import seed_kitchen
from bakery.demo.people import PASSWORD, PEOPLE
from bakery.demo.promotions import seed_promotions
from bakery.demo.range import CATEGORIES, RANGE, DemoProduct, DemoVariant

ACTOR = "system"


def seed_range(*, at: datetime) -> int:
    """Create categories, products, pictures and first stock; return how many products are new.

    A product that exists, by name, is left as it is.
    """
    shelves = {name: _shelf(name, position, at=at) for position, name in enumerate(CATEGORIES)}
    known = set(Product.objects.values_list("name", flat=True))
    new = [product for product in RANGE if product.name not in known]
    for product in new:
        _create(product, category_id=shelves[product.category], at=at)
    if new:
        seed_kitchen(at=at)
        seed_promotions(at=at)
    return len(new)


def _shelf(name: str, position: int, *, at: datetime) -> int:
    found = Category.objects.filter(name=name).first()
    return (found or catalog.create_category(name=name, position=position, at=at)).pk


def _create(product: DemoProduct, *, category_id: int, at: datetime) -> None:
    allergens = None
    if product.contains is not None:
        allergens = {"contains": list(product.contains), "may_contain": list(product.may_contain)}
    with transaction.atomic():
        row = catalog.create_product(
            name=product.name,
            category_id=category_id,
            kind=ProductKind(product.kind),
            tax_class=TaxClass(product.tax_class),
            short_description=product.short,
            description=product.description,
            diet_tags=product.diet_tags,
            allergens=allergens,
            at=at,
        )
        for position, variant in enumerate(product.variants):
            _create_variant(variant, product_id=row.pk, position=position, at=at)
    body, top, accent, backdrop = product.colours
    picture = pictures.draw(product.motif, body=body, top=top, accent=accent, backdrop=backdrop)
    catalog.set_image(product_id=row.pk, data=picture, at=at)
    catalog.publish_product(product_id=row.pk, at=at)


def _create_variant(variant: DemoVariant, *, product_id: int, position: int, at: datetime) -> None:
    fewest, most = variant.servings or (None, None)
    row = catalog.create_variant(
        product_id=product_id,
        sku=variant.sku,
        name=variant.name,
        price=variant.price,
        servings_min=fewest,
        servings_max=most,
        lead_time_hours=variant.lead_time_hours,
        per_order_limit=variant.per_order_limit,
        message_max_length=variant.message_max_length,
        made_to_order=variant.stock is None,
        position=position,
        shape=variant.shape,
        length_in=variant.length_in,
        width_in=variant.width_in,
        height_in=variant.height_in,
        tiers=_tiers(variant),
        weight_g=variant.weight_g,
        pieces=variant.pieces,
        packaging=variant.packaging,
        lead_days=variant.lead_days,
        cutoff_at=variant.cutoff_at,
        oven_minutes=variant.oven_minutes,
        decorator_minutes=variant.decorator_minutes,
        at=at,
    )
    if variant.stock:
        inventory.adjust_stock(
            variant_id=row.pk,
            delta=variant.stock,
            reason=StockReason.BAKED,
            note="first bake of the demo",
            actor=ACTOR,
            at=at,
        )


def _tiers(variant: DemoVariant) -> list[dict[str, Any]]:
    """Return the stack as the catalog keeps it, from the bottom; lengths in inches as text."""
    return [
        {"shape": variant.shape, "length_in": str(length), "height_in": str(height)}
        for length, height in variant.tiers
    ]


def seed_people(*, at: datetime) -> int:
    """Create the demo's logins; return how many are new."""
    known = set(User.objects.values_list("email", flat=True))
    new = [person for person in PEOPLE if person.email not in known]
    for person in new:
        if person.totp_key:
            accounts.create_staff(
                email=person.email,
                roles=[person.role],
                full_name=person.name,
                password=PASSWORD,
                totp_key=person.totp_key,
                actor=ACTOR,
                at=at,
            )
        else:
            customer = User.objects.create_user(
                person.email, PASSWORD, full_name=person.name, email_verified_at=at
            )
            customer.groups.add(Group.objects.get(name=person.role))
    return len(new)
