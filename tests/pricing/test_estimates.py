"""Estimates: by the formula, by a model, and what they say of themselves."""

import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing import selectors, services
from apps.pricing.adapters import booster
from apps.pricing.rules.features import NAMES, SERVINGS_FEATURES, SERVINGS_NAMES
from apps.pricing.rules.spec import SpecTier
from apps.pricing.services.registry import forget_kept
from apps.pricing.states import EstimateOrigin, ModelKind
from bakery.kernel.errors import Invalid, NotFound
from bakery.kernel.stores import save_file
from tests.pricing.cakes import AT, RATES, ROUND_8, WEDDING, decide, in_use, trained

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_kept()


def sums_up(estimate):
    assert sum(reason.amount for reason in estimate.reasons) == estimate.price
    assert sum(reason.amount for reason in estimate.formula_reasons) == estimate.formula_price
    assert estimate.low <= estimate.price <= estimate.high
    return True


def test_the_first_rates_are_those_of_the_migration():
    assert selectors.rates_at(AT) == RATES


def test_without_a_model_the_price_is_the_formulas():
    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert estimate.origin == EstimateOrigin.FORMULA
    assert estimate.price == estimate.formula_price == Decimal(147)
    assert (estimate.version, estimate.floor_price) == ("", Decimal(112))
    assert estimate.costs.total == Decimal("94.99")
    assert estimate.margin_at(estimate.price) == estimate.suggested_margin == Decimal("0.3538")
    assert estimate.margin_at(Decimal(0)) is None
    assert sums_up(estimate)
    assert set(estimate.features) == set(NAMES)


def test_without_a_past_the_range_is_a_stated_thirty_per_cent():
    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert (estimate.low, estimate.high) == (Decimal("113.07"), Decimal("191.11"))
    assert any("30 %" in note for note in estimate.notes)


def test_with_a_past_the_range_of_the_formula_is_what_it_was_off_by():
    for no in range(20):
        # The formula says 147: nineteen decisions within 10 %, one far off.
        decide(f"C-{no}", "161.70" if no else "300.00", at=AT - timedelta(days=20 - no))

    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    # The 19th of 20 of the residuals: log 1.1.
    assert estimate.high == Decimal("161.71")
    assert not any("30 %" in note for note in estimate.notes)
    assert estimate.features["similar"] > 0.05


def test_only_what_was_decided_before_the_moment_is_known(django_assert_num_queries):
    decide("C-1", "200.00", at=AT)
    later = AT + timedelta(minutes=1)

    blind = services.estimate_price(spec=ROUND_8, at=later, before=AT)
    assert (blind.features["similar"], blind.nearest) == (0.0, ())
    seen = services.estimate_price(spec=ROUND_8, at=later)
    assert seen.features["similar"] > 0.0
    assert [cake.subject for cake in seen.nearest] == ["C-1"]
    # Rates and the version in use; the past is kept until somebody decides.
    with django_assert_num_queries(2):
        services.estimate_price(spec=WEDDING, at=later)
    own = services.estimate_price(spec=ROUND_8, at=later, subject="C-1")
    assert (own.features["similar"], own.nearest) == (0.0, ())
    decide("C-2", "210.00", at=later)
    assert len(services.estimate_price(spec=ROUND_8, at=later + timedelta(hours=1)).nearest) == 2


def test_the_nearest_cakes_are_told_with_their_differences():
    heart = SpecTier("heart", Decimal(8), None, Decimal(4))
    decide("SAME", "150.00", at=AT - timedelta(days=9))
    decide("HEART", "160.00", spec=replace(ROUND_8, tiers=(heart,)), at=AT - timedelta(days=8))
    decide("BIG", "700.00", spec=WEDDING, at=AT - timedelta(days=7))
    for no in range(4):
        close = replace(ROUND_8, labour_hours=Decimal("2.6"))
        decide(f"CLOSE-{no}", "155.00", spec=close, at=AT - timedelta(days=6, hours=no))

    nearest = services.estimate_price(spec=ROUND_8, at=AT).nearest

    assert len(nearest) == 5
    assert (nearest[0].subject, nearest[0].price, nearest[0].differences) == (
        "SAME",
        Decimal("150.00"),
        (),
    )
    assert "BIG" not in [cake.subject for cake in nearest]
    other_way = services.estimate_price(spec=WEDDING, at=AT).nearest
    assert other_way[0].subject == "BIG"
    assert other_way[0].title == "Three tiers, round 12 in, wedding"
    assert "two tiers fewer" in other_way[1].differences


def test_a_model_corrects_the_formula_and_says_what_for(storage):
    version = in_use(trained())

    estimate = services.estimate_price(spec=WEDDING, at=AT)

    assert (estimate.origin, estimate.version) == (EstimateOrigin.MODEL, version.name)
    # Weddings and intricate cakes are sold above the formula in the simulated bakery.
    assert estimate.price > estimate.formula_price
    assert sums_up(estimate)
    assert estimate.notes == ()
    assert estimate.reasons[0].text == "Your usual formula"
    assert any(reason.text == "A wedding" and reason.amount > 0 for reason in estimate.reasons)
    # Around the price before it was rounded up.
    assert estimate.high / estimate.low == pytest.approx(
        Decimal(math.exp(0.30)), abs=Decimal("0.0001")
    )


def test_a_cake_unlike_any_other_has_a_wider_range_and_a_note(storage):
    in_use(trained())
    tall = replace(ROUND_8, tiers=(SpecTier("round", Decimal(8), None, Decimal(30)),))

    usual, strange = (services.estimate_price(spec=spec, at=AT) for spec in (ROUND_8, tall))

    assert not any("wider" in note for note in usual.notes)
    assert any("its height" in note for note in strange.notes)
    assert strange.high / strange.price > Decimal("1.18")


def test_a_price_is_never_suggested_below_the_floor(storage):
    in_use(trained())
    # Sold below the formula in the simulated bakery.
    sheet = SpecTier("sheet", Decimal(11), Decimal(7), Decimal(4))
    rates = {
        "starts_on": AT.date(),
        "floor_margin": Decimal("0.50"),
        "target_margin": Decimal("0.50"),
    }
    services.set_rates(values=rates, actor="user:1", at=AT)

    estimate = services.estimate_price(
        spec=replace(ROUND_8, tiers=(sheet,), event_type="birthday", month=12), at=AT
    )

    assert estimate.price == estimate.floor_price
    assert "lowest price" in estimate.reasons[-1].text
    assert sums_up(estimate)


@pytest.mark.parametrize("damage", ["missing", "changed", "other features", "no constraints"])
def test_a_model_that_cannot_be_trusted_leaves_the_formula_and_a_note(storage, damage):
    artefact = trained()
    if damage == "other features":
        artefact = replace(artefact, features=("a", *NAMES[1:]))
    if damage == "no constraints":
        artefact = trained(rows=60, rounds=3, is_constrained=False)
    version = in_use(artefact)
    if damage == "missing":
        version.artefact_key = "models/price/none.json"
        version.save()
    if damage == "changed":
        version.artefact_key = save_file("models/price/changed.json", b"{}")
        version.save()

    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert (estimate.origin, estimate.version) == (EstimateOrigin.FORMULA, "")
    assert estimate.price == estimate.formula_price
    assert f"Version {version.name} is not used" in estimate.notes[0]


def test_a_booster_that_is_no_booster_leaves_the_formula(storage):
    version = in_use(replace(trained(), booster=b"not a booster"))

    estimate = services.estimate_price(spec=ROUND_8, at=AT)

    assert estimate.origin == EstimateOrigin.FORMULA
    assert estimate.notes[0] == f"Version {version.name} is not used: the booster cannot be read."


def test_a_model_that_says_a_thousand_times_as_much_is_not_believed(storage, monkeypatch):
    version = in_use(trained())
    for wild in (math.log(1000), 1e30, math.nan, -math.inf):
        monkeypatch.setattr(booster, "corrections", lambda artefact, rows, wild=wild: [wild])

        estimate = services.estimate_price(spec=ROUND_8, at=AT)

        assert estimate.price == estimate.formula_price
        assert estimate.notes[0].startswith(f"Version {version.name} is not used")


def test_an_unknown_category_is_refused(storage):
    in_use(trained())
    with pytest.raises(Invalid, match="Events"):
        services.estimate_price(spec=replace(ROUND_8, event_type="funeral"), at=AT)


def test_before_the_first_rates_there_is_no_price():
    with pytest.raises(NotFound) as refusal:
        services.estimate_price(spec=ROUND_8, at=AT.replace(year=2019))
    assert refusal.value.code == "rates_not_found"


def test_servings_are_the_charts_without_a_model():
    estimate = services.estimate_servings(spec=WEDDING, style="wedding", at=AT)

    assert (estimate.servings, estimate.origin) == (100, EstimateOrigin.FORMULA)
    assert (
        services.estimate_servings(spec=WEDDING, style="wedding", keep_top=True, at=AT).servings
        == 88
    )


def test_servings_follow_the_model_in_use(storage):
    import numpy as np
    import xgboost

    # Five cakes, each of which served a tenth more than the chart says.
    rows = np.zeros((40, len(SERVINGS_NAMES)), dtype=np.float32)
    matrix = xgboost.DMatrix(rows, label=np.full(40, math.log(1.1)), base_margin=np.zeros(40))
    tenth = xgboost.train({"eta": 1.0, "lambda": 0.0, "nthread": 1}, matrix, num_boost_round=1)
    artefact = replace(
        trained(),
        kind=ModelKind.SERVINGS,
        name="servings-test",
        booster=bytes(tenth.save_raw("ubj")),
        features=SERVINGS_NAMES,
        monotone=tuple(feature.monotone for feature in SERVINGS_FEATURES),
        quantiles={"": 0.05},
        ranges={},
    )
    in_use(artefact)

    estimate = services.estimate_servings(spec=WEDDING, style="wedding", at=AT)

    assert (estimate.servings, estimate.formula, estimate.version) == (110, 100, "servings-test")
    assert (estimate.least, estimate.most) == (104, 116)
