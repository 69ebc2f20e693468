"""From the choices of a design to what they come to."""

from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal

from apps.catalog import selectors as catalog
from apps.custom_cakes.rules.choices import check_choices
from apps.custom_cakes.rules.design import Design
from apps.custom_cakes.rules.differences import differences_of
from apps.custom_cakes.rules.facts import DesignFacts
from apps.custom_cakes.rules.needs import (
    Amount,
    amounts_of,
    cost_of,
    spec_tiers,
    weight_of,
    work_of,
)
from apps.custom_cakes.rules.standing import standing_at
from apps.custom_cakes.rules.wording import labels_of
from apps.custom_cakes.selectors.options import choices_of
from apps.pricing import selectors as pricing
from bakery.kernel.clock import shop_date

__all__ = ["DesignFacts", "diff_of", "facts_of", "servings_by_chart"]

_HOURS = Decimal("0.001")


def facts_of(design: Design, *, wanted_on: date | None, at: datetime) -> DesignFacts:
    """Return what ``design`` comes to, wanted on a day (None: not said) and asked for ``at``.

    Seven statements, however many tiers and choices. Without a day the notice is the shortest
    usual one. A day that has passed is no notice at all. Raises `Invalid`: ``option_gone``,
    ``too_many``, ``too_big``.
    """
    choices = choices_of(design.option_ids())
    check_choices(design, choices)
    standing, book = standing_at(shop_date(at)), catalog.recipe_book(at=at)
    amounts = amounts_of(design, choices)
    cost = cost_of(amounts, {pk: worth.cost for pk, worth in book.worths.items()}, standing)
    complexity = max(amount.choice.complexity for amount in amounts)
    factor = pricing.labour_factor(complexity, at=at)
    work = work_of(design, amounts, standing, factor=factor)
    servings = servings_by_chart(design)
    notice = standing.notice_for(servings.servings)
    # Without a day all have the same: a cake that grows would get more notice, and a lower price.
    days = _days(wanted_on, min(row.usual_days for row in standing.notice), at=at)
    return DesignFacts(
        spec=pricing.CakeSpec(
            tiers=spec_tiers(design),
            ingredient_cost=cost.amount,
            labour_hours=_hours(work.labour),
            complexity=complexity,
            event_type=design.event_type,
            notice_days=days,
            is_rush=wanted_on is not None and pricing.rates_at(at).is_rush(days),
            month=(wanted_on or shop_date(at) + timedelta(days=days)).month,
        ),
        estimated_hours=_hours(work_of(design, amounts, standing, factor=Decimal(1)).labour),
        weight_g=weight_of(amounts),
        oven_minutes=work.oven,
        decorator_minutes=work.decorators,
        lead_days=max(notice.least_working_days, *(row.choice.lead_days for row in amounts)),
        usual_days=notice.usual_days,
        is_short=wanted_on is not None and days < notice.usual_days,
        allergens=_food(amounts, book),
        labels=labels_of(design, choices),
        labels_fr=labels_of(design, choices, "fr"),
        servings=servings,
        notes=cost.notes,
        wanted_on=wanted_on,
    )


def _days(wanted_on: date | None, usual_days: int, *, at: datetime) -> int:
    """Return the notice in calendar days: none for a day that has passed, else the usual one."""
    if wanted_on is None:
        return usual_days
    return max(0, (wanted_on - shop_date(at)).days)


def servings_by_chart(design: Design) -> catalog.Estimate:
    """Return how many the design serves by the chart, tier by tier."""
    tiers = [
        catalog.Tier(tier.shape, tier.length_in, tier.width_in, tier.height_in)
        for tier in design.tiers
    ]
    return catalog.servings_of_stack(tiers, style=design.style, keep_top=design.keep_top)


def diff_of(old: Design, new: Design, *, language: str = "en") -> list[str]:
    """Return what differs from ``old`` to ``new`` in words: one statement."""
    choices = choices_of(old.option_ids() | new.option_ids(), also_gone=True)
    return differences_of(old, new, choices, language)


def _food(amounts: tuple[Amount, ...], book: catalog.RecipeBook) -> dict[str, object]:
    """Roll up what is in it: an edible choice without a recipe leaves everything unknown."""
    portions = [
        (amount.choice.recipe_id, amount.grams)
        for amount in amounts
        if amount.choice.recipe_id is not None
    ]
    unknown = any(amount.choice.is_unknown for amount in amounts)
    return book.mix(portions, something_unknown=unknown).facts


def _hours(minutes: Decimal) -> Decimal:
    return (minutes / 60).quantize(_HOURS, rounding=ROUND_UP)
