"""What a design comes to, beside figures reckoned by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.custom_cakes import selectors
from apps.custom_cakes.models import CakeOption
from bakery.kernel.errors import Invalid
from tests.custom_cakes.options import AT, make_choices, make_design, make_option, tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def choices():
    return make_choices()


def facts(design, **more):
    return selectors.facts_of(design, **{"wanted_on": None, "at": AT, **more})


def test_one_tier_by_hand(choices):
    found = facts(make_design(choices))
    # An 8 inch round: plan 50.27, side 100.53 in2, volume 201.06 in3.
    # Sponge 1005.3 g at 0.002, filling 201.1 g and outside 452.4 g at 0.008.
    assert found.spec.ingredient_cost == Decimal("7.24")
    assert found.weight_g == 1659
    # Bench 30 + 20; decorators 10 + 15 + 150.8 * 0.15.
    assert found.decorator_minutes == 48
    assert found.spec.labour_hours == Decimal("1.627")
    assert found.oven_minutes == 42
    assert found.spec.complexity == 1
    assert (found.lead_days, found.usual_days) == (2, 14)
    assert (found.servings.least, found.servings.most) == (20, 24)
    assert found.notes == ()
