"""Creating, changing and publishing products."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.text import slugify

from apps.catalog.events import CakeAdded
from apps.catalog.models import Category, Product, Variant
from apps.catalog.rules import food_facts
from apps.catalog.selectors.food import check_product_claims
from apps.catalog.services.food import settle_food
from apps.catalog.services.writing import record, record_change, save_row, snapshot, store
from apps.catalog.states import PRODUCT_LIFE, ProductKind, ProductStatus, TaxClass
from bakery.kernel import outbox, states
from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.locks import lock_one

EDITABLE = frozenset(
    {
        "name",
        "slug",
        "kind",
        "category_id",
        "short_description",
        "description",
        "seo_description",
        "tax_class",
        "diet_tags",
        "allergens",
        "search_words",
    }
)

# Addresses beside those of products: /api/v1/products/facets.
RESERVED_SLUGS = frozenset({"facets"})


def create_category(
    *, name: str, at: datetime, slug: str = "", position: int = 0, actor: str = "system"
) -> Category:
    """Create a shelf of the shop. Raises `Conflict` ``taken``, `Invalid` ``invalid``."""
    category = Category(name=name, slug=slug or slugify(name)[:80], position=position)
    store(category, action="create_category", actor=actor, at=at)
    return category


def create_product(
    *,
    name: str,
    category_id: int,
    at: datetime,
    kind: ProductKind = ProductKind.EVERYDAY,
    tax_class: TaxClass = TaxClass.STANDARD,
    short_description: str = "",
    description: str = "",
    seo_description: str = "",
    diet_tags: Iterable[str] = (),
    allergens: Mapping[str, Any] | None = None,
    search_words: str = "",
    slug: str = "",
    actor: str = "system",
) -> Product:
    """Create a draft. ``allergens`` None means unknown; a free slug is made from the name.

    Raises `Invalid` for unknown tags, allergens, or claims that the allergens contradict, and
    `Conflict` ``taken`` for a slug that was given and exists.
    """
    product = Product(
        name=name,
        slug=slug or free_slug(name),
        kind=kind,
        category_id=category_id,
        short_description=short_description,
        description=description,
        seo_description=seo_description,
        tax_class=tax_class,
        diet_tags=list(diet_tags),
        allergens=allergens,
        search_words=search_words,
        created_at=at,
        updated_at=at,
    )
    _check_kind(ProductKind.EVERYDAY, product.kind)
    _check(product, at=at)
    product.free_from = food_facts.free_of_all([food_facts.facts_as_stated(product.allergens)])
    with transaction.atomic():
        store(product, action="create_product", actor=actor, at=at)
        announce_cake(product=product, at=at)
    return product


def announce_cake(*, product: Product, at: datetime) -> None:
    """State that a cake came into the range of which nothing is said yet; in its transaction."""
    said = product.short_description or product.description or product.seo_description
    if product.kind == ProductKind.CAKE and not said:
        event = CakeAdded(product_id=product.pk)
        outbox.emit(event, key=str(product.pk), at=at)


def update_product(
    *,
    product_id: int,
    changes: Mapping[str, Any],
    at: datetime,
    read_at: datetime | None = None,
    actor: str = "system",
) -> Product:
    """Change the fields of `EDITABLE` that ``changes`` names.

    ``read_at`` is the product's ``updated_at`` that the editor saw: when somebody else saved
    since, `Conflict` ``edited_meanwhile`` instead of undoing their work.
    """
    if unknown := changes.keys() - EDITABLE:
        raise Invalid("unknown_field", f"Cannot change: {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        product = _lock(product_id)
        if read_at is not None and read_at != product.updated_at:
            raise Conflict(
                "edited_meanwhile",
                "Somebody else changed this product since you opened it. Reload it.",
                details={"updated_at": product.updated_at.isoformat()},
            )
        before = snapshot(product)
        for name, value in changes.items():
            setattr(product, name, value)
        _check_kind(before["kind"], product.kind)
        product.updated_at = at
        _check(product, at=at)
        save_row(product, is_new=False)
        if "allergens" in changes:
            because = "what is stated changed"
            settle_food(product_ids=[product.pk], at=at, actor=actor, because=because)
        record_change(product, action="update_product", actor=actor, at=at, before=before)
    return product


def publish_product(*, product_id: int, at: datetime, actor: str = "system") -> Product:
    """Put a draft on sale. Raises `Conflict` ``nothing_to_sell`` while it has no variant."""
    with transaction.atomic():
        product = _lock(product_id)
        if not Variant.objects.filter(product=product, archived_at=None).exists():
            raise Conflict("nothing_to_sell", "Add a size with a price before publishing.")
        _move(product, ProductStatus.PUBLISHED, actor=actor, at=at)
    return product


def unpublish_product(*, product_id: int, at: datetime, actor: str = "system") -> Product:
    """Take a product off sale, or bring an archived one back, as a draft."""
    with transaction.atomic():
        product = _lock(product_id)
        _move(product, ProductStatus.DRAFT, actor=actor, at=at)
    return product


def archive_product(*, product_id: int, at: datetime, actor: str = "system") -> Product:
    """Take a product off sale for good; orders keep what they copied from it."""
    with transaction.atomic():
        product = _lock(product_id)
        _move(product, ProductStatus.ARCHIVED, actor=actor, at=at)
    return product


def _lock(product_id: int) -> Product:
    """Lock a product of the range; that of custom cakes is not edited, nor put on sale."""
    product = lock_one(Product.objects.filter(pk=product_id), what="product")
    if product.kind == ProductKind.CUSTOM_TEMPLATE:
        raise Conflict(
            "private_size", "Custom cakes are agreed with their customers, and not edited here."
        )
    return product


def _check_kind(before: str, kind: str) -> None:
    """What is agreed with one customer belongs to one product, which nothing else becomes."""
    if before != kind and ProductKind.CUSTOM_TEMPLATE in {before, kind}:
        raise Invalid(
            "reserved_kind",
            "Custom cakes are kept under a product of their own.",
            details={"field": "kind"},
        )


def _check(product: Product, *, at: datetime) -> None:
    """Bring food facts into canonical form and hold claims against every size's.

    A product that exists must be locked: its facts are worked out from recipes as they are now.
    """
    if product.slug in RESERVED_SLUGS:
        raise Invalid(
            "reserved_slug", "This address is taken by the shop.", details={"field": "slug"}
        )
    product.diet_tags = food_facts.clean_diets(product.diet_tags)
    product.allergens = food_facts.clean_allergens(product.allergens)
    check_product_claims(product, at=at)
    if not Category.objects.filter(pk=product.category_id).exists():
        raise Invalid(
            "unknown_category", "There is no such category.", details={"field": "category_id"}
        )


def free_slug(name: str) -> str:
    """Return a slug that nobody has; a race for it ends in `Conflict`, which is rare enough."""
    stem = slugify(name)[:120] or "product"
    if stem not in RESERVED_SLUGS and not Product.objects.filter(slug=stem).exists():
        return stem
    return f"{stem}-{uuid4().hex[:6]}"


def _move(product: Product, to: ProductStatus, *, actor: str, at: datetime) -> None:
    before = product.status
    columns: dict[str, Any] = {"published_at": at} if to == ProductStatus.PUBLISHED else {}
    states.transition(
        product, machine=PRODUCT_LIFE, to=to, actor=actor, at=at, updated_at=at, **columns
    )
    record(
        actor=actor,
        action=f"product_{to}",
        object_type="catalog.product",
        object_id=product.pk,
        changes={"status": [before, to]},
        at=at,
    )
