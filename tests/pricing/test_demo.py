"""The demo's prices: decisions of a made-up bakery, a model in use, and nothing twice."""

import pytest

from apps.pricing.models import Decision, ModelVersion, Prediction
from apps.pricing.services import registry
from apps.pricing.states import DataOrigin, EstimateOrigin, VersionStatus
from bakery.demo.prices import seed_prices
from tests.pricing.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


def test_the_demo_shows_a_model_at_work_and_is_marked_as_such(settings):
    settings.PRICING_TRUST_SIMULATED = True
    registry.forget_kept()

    assert seed_prices(at=AT)
    assert not seed_prices(at=AT)

    version = ModelVersion.objects.get()
    assert (version.status, version.data_origin) == (VersionStatus.CURRENT, DataOrigin.SIMULATED)
    assert Decision.objects.count() == 60
    assert Prediction.objects.filter(origin=EstimateOrigin.MODEL).count() == 30
    assert set(Decision.objects.values_list("actor", flat=True)) == {"system"}
    assert not Decision.objects.exclude(prediction__subject__startswith="DEMO-").exists()
    assert not Decision.objects.exclude(reason__startswith="Demo: ").exists()
