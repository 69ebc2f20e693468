"""Deciding how many a size serves: the chart suggests, a person decides, both are kept."""

from datetime import datetime

from django.db import transaction

from apps.catalog.models import Product, ServingsDecision, Variant
from apps.catalog.rules.servings import PARTY, suggestion_for
from apps.catalog.rules.servings.shapes import described, measured
from apps.catalog.services.variants import update_variant
from bakery.kernel.errors import Invalid
from bakery.kernel.locks import lock_one

MOST_SERVINGS = 5000


def decide_servings(
    *,
    variant_id: int,
    least: int,
    most: int,
    reason: str,
    actor: str,
    at: datetime,
    style: str = PARTY,
) -> ServingsDecision:
    """Set what the size serves and keep the chart's suggestion beside it.

    Raises `NotFound`; `Invalid`: ``bad_servings``, ``unknown_style``, and ``reason_missing`` when
    the decision is not the chart's and nothing says why.
    """
    if not 1 <= least <= most <= MOST_SERVINGS:
        raise Invalid("bad_servings", f"From 1 to {MOST_SERVINGS}, the smaller number first.")
    with transaction.atomic():
        # The product before its size, as all do who change both.
        of_size = Variant.objects.filter(pk=variant_id).values("product")
        lock_one(Product.objects.filter(pk__in=of_size), what="variant")
        variant = lock_one(Variant.objects.filter(pk=variant_id), what="variant")
        decision = _beside_suggestion(variant, style)
        decision.least, decision.most, decision.reason = least, most, reason.strip()[:500]
        decision.actor, decision.at = actor, at
        if decision.chart and decision.is_override and not decision.reason:
            raise Invalid(
                "reason_missing",
                f"{decision.chart} says {decision.suggested_least} to {decision.suggested_most}. "
                "Say why not.",
                details={"field": "reason"},
            )
        update_variant(
            variant_id=variant_id,
            changes={"servings_min": least, "servings_max": most},
            actor=actor,
            at=at,
        )
        decision.save(force_insert=True)
    return decision


def _beside_suggestion(variant: Variant, style: str) -> ServingsDecision:
    """Return an empty decision that holds what the chart says of the size as it is measured."""
    tiers = measured(variant)
    suggestion = suggestion_for(tiers, style=style)
    return ServingsDecision(
        variant=variant,
        tiers=[described(tier) for tier in tiers],
        chart=suggestion.chart if suggestion else "",
        style=style,
        suggested_least=suggestion.least if suggestion else None,
        suggested_most=suggestion.most if suggestion else None,
    )
