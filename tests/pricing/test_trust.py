"""What is not believed: libraries that do not load, made-up bakeries, luck, and absurd sums."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.notifications.models import Alert
from apps.pricing import services
from apps.pricing.adapters import booster
from apps.pricing.models import ModelVersion, Prediction
from apps.pricing.rules.evaluation import gain
from apps.pricing.rules.formula import corrected, cost_plus, round_up
from apps.pricing.services import registry
from apps.pricing.states import DataOrigin, EstimateOrigin, ModelKind, Source, VersionStatus
from bakery.kernel.errors import Invalid
from tests.pricing.cakes import AT, RATES, ROUND_8, WEDDING, in_use, trained
from tests.pricing.factories import simulated

PRICE = ModelKind.PRICE


@pytest.fixture
def _unloaded():
    """No booster is in this process yet."""
    booster._Loaded.boosters.clear()
    registry.forget_kept()


@pytest.mark.usefixtures("_unloaded")
@pytest.mark.django_db
def test_without_xgboost_the_formula_speaks_and_says_so(storage, monkeypatch):
    version = in_use(trained())
    monkeypatch.setitem(sys.modules, "xgboost", None)

    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert (estimate.origin, estimate.version) == (EstimateOrigin.FORMULA, "")
    assert estimate.price == estimate.formula_price
    assert estimate.notes[0] == f"Version {version.name} is not used: XGBoost cannot be loaded."


@pytest.mark.django_db
def test_a_made_up_bakery_is_not_served_in_a_shop(storage, settings):
    version = in_use(replace(trained(), data_origin=DataOrigin.SIMULATED))
    settings.PRICING_TRUST_SIMULATED = True
    assert services.estimate_price(spec=ROUND_8, at=AT).version == version.name

    # The same database, in a shop.
    settings.PRICING_TRUST_SIMULATED = False
    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert estimate.origin == EstimateOrigin.FORMULA
    assert "it learned from simulated decisions" in estimate.notes[0]
    assert services.watch_models(at=AT) == ["file:price"]
    assert "it learned from simulated decisions" in Alert.objects.get().text


@pytest.mark.django_db
def test_going_back_passes_over_a_made_up_bakery(storage):
    made_up = in_use(
        replace(trained(rounds=40), name="made-up", data_origin=DataOrigin.SIMULATED),
        status=VersionStatus.RETIRED,
    )
    now = in_use(trained())
    ModelVersion.objects.filter(pk=made_up.pk).update(promoted_at=AT)
    ModelVersion.objects.filter(pk=now.pk).update(promoted_at=AT.replace(hour=16))

    assert services.roll_back(kind=PRICE, actor="user:1", at=AT) is None
    assert services.current_model(kind=PRICE).name == ""


@pytest.mark.django_db
def test_a_training_of_no_use_leaves_the_challenger_before_it(storage):
    challenger = in_use(trained(rounds=40), status=VersionStatus.CHALLENGER)
    chance = random.Random(5)
    # Nothing to learn: people follow the formula, but for luck.
    cakes = [
        replace(cake, price=max(Decimal(1), round(cake.base * Decimal(chance.uniform(0.8, 1.25)))))
        for cake in simulated(300)
    ]

    useless = services.train(kind=PRICE, actor="user:1", at=AT, cakes=cakes)

    assert ModelVersion.objects.get(pk=useless.version_id).status == VersionStatus.REFUSED
    challenger.refresh_from_db()
    assert challenger.status == VersionStatus.CHALLENGER
    # One that is some use takes its place.
    services.train(kind=PRICE, actor="user:1", at=AT, cakes=simulated(300))
    challenger.refresh_from_db()
    assert challenger.status == VersionStatus.REFUSED


@pytest.mark.django_db
def test_what_no_cake_costs_is_refused_before_it_is_logged():
    spec = replace(ROUND_8, ingredient_cost=Decimal(1_000_000), labour_hours=Decimal(10_000))
    rates = {
        "starts_on": AT.date(),
        "hourly_rate": Decimal(1000),
        "target_margin": Decimal("0.95"),
        "floor_margin": Decimal(0),
        "price_step": Decimal(1000),
    }
    services.set_rates(values=rates, actor="user:1", at=AT)
    estimate = services.estimate_price(spec=spec, at=AT)

    with pytest.raises(Invalid) as refused:
        services.log_prediction(
            source=Source.CUSTOM, subject="C-1", spec=spec, price=estimate, at=AT
        )

    assert refused.value.code == "bad_price"
    assert not Prediction.objects.exists()


@pytest.mark.django_db
def test_large_steps_of_prices_do_not_lift_the_range(storage):
    model = trained()
    in_use(model)
    services.set_rates(
        values={"starts_on": AT.date(), "price_step": Decimal(100)}, actor="user:1", at=AT
    )

    estimate = services.estimate_price(spec=WEDDING, at=AT)

    correction = booster.corrections(model, [list(estimate.features.values())])[0]
    raw = corrected(cost_plus(WEDDING, RATES), float(correction))
    assert estimate.price == round_up(raw, Decimal(100))
    # As far below what the model says as above, and never without the price that is shown.
    assert float(estimate.low) == pytest.approx(float(raw) / 2.718281828**0.15, abs=0.02)
    assert estimate.low < estimate.price <= estimate.high


def test_a_model_that_is_no_better_is_hardly_ever_taken_for_one():
    chance = random.Random(3)

    def taken(edge):
        """How many of 40 hold-outs of 40 decisions speak for a model with that much less error."""
        found = 0
        for _ in range(40):
            theirs = [chance.gauss(0, 0.08) for _ in range(40)]
            # The same cakes: most of an error is the noise of what people decide.
            ours = [(0.8 * e + 0.6 * chance.gauss(0, 0.08)) * (1 - edge) for e in theirs]
            found += gain(ours, theirs).is_sure(0.02)
        return found

    # As good: one in twenty, but for luck. Far better: nearly all.
    assert taken(0.0) <= 5
    assert taken(0.4) >= 36


@pytest.mark.usefixtures("_unloaded")
def test_threads_of_a_worker_share_a_booster():
    model = trained()
    named = replace(model, sha256="t" * 64)
    rows = [list(row) for row in _rows(40)]
    alone = [float(booster.corrections(model, [row])[0]) for row in rows]

    def ask(no):
        row = rows[no % 40]
        shares, usual = booster.contributions(named, row)
        return float(booster.corrections(named, [row])[0]), sum(shares) + usual

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(160)))

    assert [price for price, _ in found] == alone * 4
    assert [total for _, total in found] == pytest.approx(alone * 4, abs=1e-5)


def _rows(count):
    from apps.pricing.rules.tables import table_of

    return table_of(PRICE, simulated(200)).matrix[-count:]
