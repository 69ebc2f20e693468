"""From the choices of a design to what they come to."""

from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal

from apps.catalog import selectors as catalog
from apps.catalog.rules.servings import Estimate, Tier, estimate
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

_HOURS = Decimal("0.001")


def facts_of(design: Design, *, wanted_on: date | None, at: datetime) -> DesignFacts:
    """Return what ``design`` comes to, wanted on a day (None: not said) and asked for ``at``.

    Seven statements, however many tiers and choices. Without a day the notice is the usual one.
    A day that has passed is no notice at all. Raises `Invalid`: ``option_gone``, ``too_many``,
    ``too_big``.
    """
    choices = choices_of(design.option_ids())
    check_choices(design, choices)
    today, standing = shop_date(at), standing_at(shop_date(at))
    amounts = amounts_of(design, choices)
    book = catalog.recipe_book(at=at)
    cost = cost_of(amounts, {pk: worth.cost for pk, worth in book.worths.items()}, standing)
    complexity = max(amount.choice.complexity for amount in amounts)
    factor = pricing.labour_factor(complexity, at=at)
    plain = work_of(design, amounts, standing, factor=Decimal(1))
    work = work_of(design, amounts, standing, factor=factor)
    servings = servings_by_chart(design)
    notice = standing.notice_for(servings.servings)
    day = wanted_on or today + timedelta(days=notice.usual_days)
    notice_days = max(0, (day - today).days)
    return DesignFacts(
        spec=pricing.CakeSpec(
            tiers=spec_tiers(design),
            ingredient_cost=cost.amount,
            labour_hours=_hours(work.labour),
            complexity=complexity,
            notice_days=notice_days,
            is_rush=wanted_on is not None and pricing.rates_at(at).is_rush(notice_days),
            event_type=design.event_type,
            month=day.month,
        ),
        estimated_hours=_hours(plain.labour),
        weight_g=weight_of(amounts),
        oven_minutes=work.oven,
        decorator_minutes=work.decorators,
        lead_days=max(notice.least_working_days, *(row.choice.lead_days for row in amounts)),
        usual_days=notice.usual_days,
        is_short=notice_days < notice.usual_days,
        allergens=_food(amounts, book),
        labels=labels_of(design, choices),
        labels_fr=labels_of(design, choices, "fr"),
        servings=servings,
        notes=cost.notes,
        wanted_on=wanted_on,
    )


def servings_by_chart(design: Design) -> Estimate:
    """Return how many the design serves by the chart, tier by tier."""
    tiers = [
        Tier(tier.shape, tier.length_in, tier.width_in, tier.height_in) for tier in design.tiers
    ]
    return estimate(tiers, style=design.style, keep_top=design.keep_top)


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
