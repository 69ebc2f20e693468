"""The switch that takes goods off sale at once, whatever is counted."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from apps.catalog import selectors as catalog
from apps.inventory.models import Stock
from apps.inventory.services.low_stock import note_levels
from apps.inventory.services.rows import make_rows, require_variants
from bakery.kernel import audit
from bakery.kernel.errors import NotFound
from bakery.kernel.locks import locked


def mark_sold_out(
    *,
    variant_ids: Collection[int],
    sold_out: bool,
    actor: str,
    at: datetime,
    reason: str = "",
) -> list[int]:
    """Take sizes off sale, or put them back; return the ids of those that changed.

    Nothing that is counted changes. From the commit on no checkout gets any of it; one that got
    its goods before keeps them. Raises `NotFound` ``variant_not_found``.
    """
    known = require_variants(set(variant_ids))
    with transaction.atomic():
        make_rows(sorted(known))
        # In the order of a checkout: made-to-order goods first, each by id.
        rows: list[Stock] = []
        for kind in (True, False):
            ids = [pk for pk, made_to_order in known.items() if made_to_order is kind]
            rows += locked(Stock.objects.filter(pk__in=ids))
        changed = [row for row in rows if (row.sold_out_at is not None) != sold_out]
        ids = [row.pk for row in changed]
        Stock.objects.filter(pk__in=ids).update(sold_out_at=at if sold_out else None)
        if not sold_out:
            note_levels(variant_ids=ids, at=at)
        for row in changed:
            audit.record(
                actor=actor,
                action="mark_sold_out" if sold_out else "put_back_on_sale",
                object_type="inventory.stock",
                object_id=row.pk,
                changes={"sold_out": [not sold_out, sold_out]},
                reason=reason,
                at=at,
            )
    return ids


def mark_product_sold_out(
    *, product_id: int, sold_out: bool, actor: str, at: datetime, reason: str = ""
) -> list[int]:
    """Do the same for all sizes of a product; raises `NotFound` ``product_not_found``."""
    sizes = catalog.sizes_of(product_id)
    if not sizes:
        raise NotFound("product_not_found", "There is no such product, or it has no sizes.")
    return mark_sold_out(variant_ids=sizes, sold_out=sold_out, actor=actor, at=at, reason=reason)
