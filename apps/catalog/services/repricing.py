"""Taking over prices and servings that were suggested for sizes, as these were when they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.catalog.models import Product, Variant
from apps.catalog.services.servings import decide_servings
from apps.catalog.services.variants import update_variant
from apps.catalog.services.writing import recorded_together
from bakery.kernel.errors import Conflict, DomainError
from bakery.kernel.locks import lock_one, locked


@dataclass(frozen=True, slots=True, kw_only=True)
class SizePrice:
    """A price for a size, and what it serves (None: as before); ``seen_price`` is what it cost."""

    variant_id: int
    price: Decimal
    seen_price: Decimal
    servings: tuple[int, int] | None = None
    reason: str = ""


def settle_prices(*, product_id: int, sizes: Sequence[SizePrice], actor: str, at: datetime) -> None:
    """Set the prices, and the servings where they change, of sizes of a product: all or none.

    Raises `NotFound`; `Conflict` ``stale_price`` for a size that costs something else than was
    seen, or is not on sale any more; and as `update_variant` and `decide_servings` do. Errors name
    the size in ``details.variant_id``.
    """
    with transaction.atomic(), recorded_together():
        lock_one(Product.objects.filter(pk=product_id), what="product")
        ids = [size.variant_id for size in sizes]
        found = {
            row.pk: row for row in locked(Variant.objects.filter(pk__in=ids, product_id=product_id))
        }
        for size in sizes:
            try:
                _settle(size, found.get(size.variant_id), actor=actor, at=at)
            except DomainError as error:
                error.details.setdefault("variant_id", size.variant_id)
                raise


def _settle(size: SizePrice, variant: Variant | None, *, actor: str, at: datetime) -> None:
    if variant is None or variant.archived_at is not None or variant.price != size.seen_price:
        raise Conflict(
            "stale_price",
            f"{variant.name if variant else 'A size'} was changed meanwhile. Look at it again.",
            details={"price": str(variant.price)} if variant else {},
        )
    if variant.price != size.price:
        update_variant(variant_id=variant.pk, changes={"price": size.price}, actor=actor, at=at)
    if size.servings and size.servings != (variant.servings_min, variant.servings_max):
        decide_servings(
            variant_id=variant.pk,
            least=size.servings[0],
            most=size.servings[1],
            reason=size.reason,
            actor=actor,
            at=at,
        )
