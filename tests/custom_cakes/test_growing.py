"""From choices to a price, through everything: a cake that grows is never cheaper."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from itertools import product

import numpy as np
import pytest

from apps.custom_cakes import selectors
from apps.custom_cakes.selectors import facts
from apps.pricing import selectors as pricing_selectors
from apps.pricing import services as pricing
from tests.custom_cakes.options import AT, make_choices, make_design, tier
from tests.pricing.cakes import decide, in_use, trained
from tests.pricing.test_monotone import prices_of

pytestmark = pytest.mark.django_db


def growing(choices):
    """Return designs, each of which is the one before it and more."""
    bottom, top = tier(choices.vanilla, "10", layers=2), tier(choices.chocolate, "6")
    filled = {**bottom, "filling_id": choices.cream.pk, "layers": 4}
    flowers = [{"option_id": choices.flower.pk, "count": 3}]
    return [
        make_design(choices, tier(choices.vanilla, "8", layers=2)),
        make_design(choices, bottom),
        make_design(choices, bottom, top),
        make_design(choices, filled, top),
        make_design(choices, tier(choices.vanilla, "14"), filled, top),
        make_design(choices, tier(choices.vanilla, "14"), filled, top, decorations=flowers),
    ]


@pytest.mark.parametrize("days", [None, 90, 9])
def test_a_design_that_grows_is_never_cheaper(storage, days):
    choices = make_choices()
    decide("C-1", "200.00", at=AT - timedelta(days=3))
    in_use(trained())
    wanted_on = None if days is None else AT.date() + timedelta(days=days)

    specs = [
        selectors.facts_of(design, wanted_on=wanted_on, at=AT).spec for design in growing(choices)
    ]
    prices = [pricing.estimate_price(spec=spec, at=AT).price for spec in specs]

    assert prices == sorted(prices)
    assert len(set(prices)) > 3
    # Only what was asked for differs: no cake gets more notice, or another season, for its size.
    assert len({(spec.notice_days, spec.month, spec.is_rush) for spec in specs}) == 1


# Every axis but the last, in the order in which prices may only rise.
AXES = {
    "length": ("6", "8", "9", "12"),
    "height": ("2.5", "4", "6"),
    "tiers": (1, 2, 3),
    "layers": (1, 2, 4),
    "flowers": (0, 1, 3, 12),
    "toppers": (0, 1, 2),
    "notice": (60, 20, 7, 6, 1),
    "event": ("birthday", "wedding", "corporate", "other", "holiday", "baby", "graduation",
              "anniversary"),
}  # fmt: skip


def designs(choices):
    """Return a design for each point of the grid but for its day and what is celebrated."""
    for length, height, tiers, layers, flowers, toppers in product(*list(AXES.values())[:6]):
        # The bottom grows by 3 inches with each tier that is put below.
        stack = [
            tier(
                choices.vanilla if no else choices.chocolate,
                str(Decimal(length) + 3 * (tiers - 1 - no)),
                height_in=height,
                layers=layers,
                filling_id=choices.cream.pk,
            )
            for no in range(tiers)
        ]
        wanted = ((choices.flower, flowers), (choices.topper, toppers))
        decorations = [{"option_id": row.pk, "count": count} for row, count in wanted if count]
        yield make_design(choices, *stack, finish=choices.fondant, decorations=decorations)


def test_no_design_of_fifty_thousand_is_cheaper_for_more_of_anything(storage, monkeypatch):
    choices = make_choices()
    # Intricate cakes took twice as long as estimated, plain ones half as long.
    for no in range(12):
        pricing.record_labour(
            subject=f"{no}",
            complexity=1 + no % 4,
            estimated_hours=Decimal(4),
            hours=Decimal(2 + 2 * (no % 4)),
            at=AT - timedelta(days=1),
        )
    known = facts.choices_of({row.pk for row in vars(choices).values()})
    monkeypatch.setattr(facts, "choices_of", lambda ids: {pk: known[pk] for pk in ids})
    monkeypatch.setattr(facts.catalog, "recipe_book", cache(facts.catalog.recipe_book))
    monkeypatch.setattr(facts.pricing, "labour_factor", cache(facts.pricing.labour_factor))
    rates = pricing_selectors.rates_at(AT)

    specs = [
        replace(spec, notice_days=days, is_rush=rates.is_rush(days), event_type=event)
        for spec in (
            facts.facts_of(design, wanted_on=None, at=AT).spec for design in designs(choices)
        )
        for days, event in product(AXES["notice"], AXES["event"])
    ]
    found = prices_of(trained(), specs).reshape([len(values) for values in AXES.values()])

    assert len(specs) > 50_000
    assert {
        name: int((np.diff(found, axis=no) < 0).sum()) for no, name in enumerate(list(AXES)[:-1])
    } == dict.fromkeys(list(AXES)[:-1], 0)
    # Costs, hours and the correction all moved.
    assert len({spec.labour_hours for spec in specs}) > 400
    assert len(np.unique(found)) > 500
