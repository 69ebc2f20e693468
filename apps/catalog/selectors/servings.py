"""Sizes by how many they serve."""

from collections.abc import Sequence

from apps.catalog.models import Variant
from apps.catalog.rules.servings import PARTY, Estimate, Tier, estimate, suggestion_for
from apps.catalog.rules.servings.shapes import measured
from apps.catalog.states import ProductStatus
from bakery.kernel.errors import Invalid, NotFound


def sizes_serving(guests: int, *, limit: int) -> list[Variant]:
    """Return sizes on sale that serve ``guests`` for certain, the smallest first: one query."""
    return list(
        Variant.objects.filter(
            servings_min__gte=guests, archived_at=None, product__status=ProductStatus.PUBLISHED
        )
        .select_related("product")
        .order_by("servings_min", "price", "pk")[:limit]
    )


def any_variant(variant_id: int) -> Variant:
    """Return one size with its product, archived or not; raise `NotFound`."""
    variant = Variant.objects.filter(pk=variant_id).select_related("product").first()
    if variant is None:
        raise NotFound("variant_not_found", "There is no such size.")
    return variant


def servings_suggestion(variant: Variant, *, style: str = PARTY) -> Estimate | None:
    """Return what the chart says of a size; None without measures, or with impossible ones."""
    try:
        return suggestion_for(measured(variant), style=style)
    except Invalid:
        return None


def servings_of_stack(
    tiers: Sequence[Tier], *, style: str = PARTY, keep_top: bool = False
) -> Estimate:
    """Return how many a cake that is no size of the range serves by the chart, as `estimate`."""
    return estimate(tiers, style=style, keep_top=keep_top)
