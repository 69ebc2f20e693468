"""Counting what is on the shelf."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.catalog import selectors as catalog
from apps.orders.models import PantryCount
from bakery.kernel.errors import Invalid

MOST = Decimal(10_000_000)


def count_pantry(*, amounts: Mapping[int, Decimal], actor: str, at: datetime) -> int:
    """Write down how much of each ingredient there is, in its base unit; return how many.

    Raises `Invalid` ``unknown_ingredient`` or ``bad_amount``; then nothing is written.
    """
    known = catalog.bake_book(()).ingredients
    rows = []
    for ingredient_id, amount in amounts.items():
        if ingredient_id not in known:
            raise Invalid("unknown_ingredient", "There is no such ingredient.")
        if not amount.is_finite() or not 0 <= amount <= MOST:
            raise Invalid("bad_amount", f"An amount is 0 to {MOST:,} g, ml or pieces.")
        rows.append(
            PantryCount(
                ingredient_id=ingredient_id,
                amount=amount,
                unit=known[ingredient_id].unit,
                counted_by=actor,
                counted_at=at,
            )
        )
    with transaction.atomic():
        PantryCount.objects.bulk_create(rows)
    return len(rows)
