"""The same change for many products: each one a transaction, an audit entry and an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.catalog.models import Product, Variant
from apps.catalog.rules.repricing import Repricing, reprice
from apps.catalog.services import products as single
from apps.catalog.services.variants import update_variant
from apps.catalog.services.writing import recorded_together
from bakery.kernel import money
from bakery.kernel.audit import Change
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.locks import lock_one

MOST = 500
_LIVE = {"archived_at": None}


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one product: ``code`` is empty when the change was made.

    ``changes`` are texts for people, `before` to `after` by what changed.
    """

    product_id: int
    name: str = ""
    code: str = ""
    message: str = ""
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repriced:
    """A size with the price it would have; ``error`` says why it cannot."""

    product_id: int
    product: str
    read_at: datetime
    size: str
    sku: str
    before: Decimal
    after: Decimal | None
    unit_cost: Decimal | None
    error: str = ""


Moments = Mapping[int, datetime | None]


def preview_prices(*, product_ids: Sequence[int], how: Repricing) -> list[Repriced]:
    """Return what `change_prices` would do to the sizes on sale; nothing is written."""
    _check_count(product_ids)
    sizes = (
        Variant.objects.filter(product__in=product_ids, **_LIVE)
        .select_related("product")
        .order_by("product__name", "product_id", "position", "pk")
    )
    return [_repriced(size, how) for size in sizes]


def _repriced(size: Variant, how: Repricing) -> Repriced:
    after, error = None, ""
    try:
        after = _exact(reprice(size.price, how))
    except Invalid as refusal:
        error = refusal.message
    return Repriced(
        product_id=size.product_id,
        product=size.product.name,
        read_at=size.product.updated_at,
        size=size.name,
        sku=size.sku,
        before=size.price,
        after=after,
        unit_cost=size.unit_cost,
        error=error,
    )


def change_prices(
    *, products: Moments, how: Repricing, at: datetime, actor: str = "system"
) -> list[BulkOutcome]:
    """Change the price of every size on sale of ``products`` (id to ``updated_at`` as read).

    The moment is required: without it a request sent twice would raise prices twice.
    """
    if None in products.values():
        raise Invalid(
            "moment_required",
            "Name the updated_at of each product as you read it.",
            details={"field": "products"},
        )

    def change(product: Product) -> None:
        for size in product.variants.filter(**_LIVE).order_by("pk"):
            new = _exact(reprice(size.price, how))
            if new != size.price:
                update_variant(variant_id=size.pk, changes={"price": new}, at=at, actor=actor)

    return _each(products, change, action="bulk_price", at=at, actor=actor)


def set_lead_days(
    *, products: Moments, days: int, at: datetime, actor: str = "system"
) -> list[BulkOutcome]:
    """Set the working days that every size on sale of ``products`` needs."""

    def change(product: Product) -> None:
        for size in product.variants.filter(**_LIVE).exclude(lead_days=days).order_by("pk"):
            update_variant(variant_id=size.pk, changes={"lead_days": days}, at=at, actor=actor)

    return _each(products, change, action="bulk_lead_days", at=at, actor=actor)


def move_to_category(
    *, products: Moments, category_id: int, at: datetime, actor: str = "system"
) -> list[BulkOutcome]:
    """Put ``products`` onto another shelf."""

    def change(product: Product) -> None:
        if product.category_id != category_id:
            single.update_product(
                product_id=product.pk, changes={"category_id": category_id}, at=at, actor=actor
            )

    return _each(products, change, action="bulk_category", at=at, actor=actor)


STEPS: Mapping[str, Callable[..., Product]] = {
    "publish": single.publish_product,
    "unpublish": single.unpublish_product,
    "archive": single.archive_product,
}


def step_products(
    *, products: Moments, step: str, at: datetime, actor: str = "system"
) -> list[BulkOutcome]:
    """Publish, unpublish or archive each of ``products``."""
    if step not in STEPS:
        raise Invalid("unknown_step", f"One of: {', '.join(STEPS)}.", details={"field": "action"})

    def change(product: Product) -> None:
        STEPS[step](product_id=product.pk, at=at, actor=actor)

    return _each(products, change, action=f"bulk_{step}", at=at, actor=actor)


def _check_count(products: Sequence[int] | Moments) -> None:
    if not 1 <= len(products) <= MOST:
        raise Invalid(
            "too_many_products", f"1 to {MOST} products at once.", details={"field": "products"}
        )


def _each(
    products: Moments, change: Callable[[Product], None], *, action: str, at: datetime, actor: str
) -> list[BulkOutcome]:
    """Carry ``change`` out product by product; one that cannot does not hold the others up."""
    _check_count(products)
    return [
        _one(product_id, read_at, change, action=action, at=at, actor=actor)
        for product_id, read_at in products.items()
    ]


def _one(
    product_id: int,
    read_at: datetime | None,
    change: Callable[[Product], None],
    *,
    action: str,
    at: datetime,
    actor: str,
) -> BulkOutcome:
    name = ""
    try:
        with transaction.atomic(), recorded_together() as written:
            product = lock_one(Product.objects.filter(pk=product_id), what="product")
            name = product.name
            if read_at is not None and read_at != product.updated_at:
                raise Conflict("edited_meanwhile", "Somebody changed it since you looked.")
            change(product)
            changes = _merged(written)
            written[:] = _entry(product_id, changes, action=action, at=at, actor=actor)
    except DomainError as error:
        return BulkOutcome(product_id, name, error.code, _said(error))
    return BulkOutcome(product_id, name, changes=_texts(changes))


def _entry(
    product_id: int, changes: Mapping[str, Any], *, action: str, at: datetime, actor: str
) -> list[Change]:
    """One entry for the product, whatever was written; none when nothing was."""
    if not changes:
        return []
    return [
        Change(
            actor=actor,
            action=action,
            object_type="catalog.product",
            object_id=product_id,
            changes=changes,
            at=at,
        )
    ]


def _merged(written: Sequence[Change]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for entry in written:
        of = "" if entry.object_type == "catalog.product" else f"variant:{entry.object_id}."
        changes |= {f"{of}{name}": values for name, values in (entry.changes or {}).items()}
    return changes


def _texts(changes: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [str(before), str(after)] for name, (before, after) in changes.items()}


def _said(error: DomainError) -> str:
    fields = error.details.get("fields")
    if not fields:
        return error.message
    return "; ".join(f"{name}: {' '.join(map(str, texts))}" for name, texts in fields.items())


def _exact(price: Decimal) -> Decimal:
    """Return ``price`` when the shop's currency can express it."""
    money.to_minor(price, settings.SHOP_CURRENCY)
    return price
