"""Estimates: by the formula, by a model, and what they say of themselves."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.pricing import services
from apps.pricing.rules.spec import CakeSpec, SpecTier
from apps.pricing.states import EstimateOrigin

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
ROUND_8 = CakeSpec(
    tiers=(SpecTier("round", Decimal(8), None, Decimal(4)),),
    ingredient_cost=Decimal("12.00"),
    labour_hours=Decimal("2.5"),
)


def test_without_a_model_the_price_is_the_formulas():
    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert estimate.origin == EstimateOrigin.FORMULA
    assert estimate.price == estimate.formula_price == Decimal("147.00")
    assert sum(reason.amount for reason in estimate.reasons) == estimate.price
    assert estimate.low <= estimate.price <= estimate.high
