"""From choices to a price, through everything: a cake that grows is never cheaper."""

from datetime import timedelta

import pytest

from apps.custom_cakes import selectors
from apps.pricing import services as pricing
from tests.custom_cakes.options import AT, make_choices, make_design, tier
from tests.pricing.cakes import decide, in_use, trained

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
