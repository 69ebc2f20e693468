"""What is there to sell."""

from collections.abc import Iterable

from django.db.models import F

from apps.catalog.models import Variant


def available(variant_ids: Iterable[int]) -> dict[int, int | None]:
    """Return the free pieces of each existing variant, None for made to order: one query.

    A variant that was never stocked has 0.
    """
    rows = (
        Variant.objects.filter(pk__in=set(variant_ids))
        .order_by()
        .values_list("pk", "made_to_order", F("stock__on_hand") - F("stock__reserved"))
    )
    return {pk: None if made_to_order else free or 0 for pk, made_to_order, free in rows}
