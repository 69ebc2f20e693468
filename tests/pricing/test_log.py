"""The log: predictions, decisions with their reasons, hours; rows that never change."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from apps.pricing import selectors, services
from apps.pricing.events import PredictionLogged
from apps.pricing.models import Decision, LabourRecord, Prediction, PriceRates, ShadowPrediction
from apps.pricing.rules.labour import factors_by_complexity
from apps.pricing.rules.spec import spec_as_json
from apps.pricing.states import Source, VersionStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.pricing.cakes import AT, ROUND_8, WEDDING, decide, in_use, trained

pytestmark = pytest.mark.django_db


def logged(spec=ROUND_8, subject="C-1", **more):
    price = services.estimate_price(spec=spec, at=AT)
    servings = services.estimate_servings(spec=spec, at=AT)
    return services.log_prediction(
        source=Source.CUSTOM,
        subject=subject,
        spec=spec,
        price=price,
        servings=servings,
        at=AT,
        **more,
    )


def decided(pk, price="150.00", *, reason="", least=None, most=None):
    return services.record_decision(
        prediction_id=pk,
        final_price=Decimal(price),
        servings_least=least,
        servings_most=most,
        reason=reason,
        actor="user:1",
        at=AT,
    )


def test_a_prediction_is_kept_with_everything_it_followed_from():
    row = selectors.prediction(logged(WEDDING))

    assert row.spec == {**spec_as_json(WEDDING), "style": "party", "keep_top": False}
    assert (row.source, row.subject, row.origin, row.version) == ("custom", "C-1", "formula", "")
    assert row.low < row.price < row.high
    assert (row.servings, row.servings_formula) == (row.servings_formula, row.servings)
    assert row.final_price is None
    assert Prediction.objects.get(pk=row.id).features["tiers"] == 3.0


def test_a_decision_keeps_the_difference():
    pk = logged()
    decided(pk, "160.00", least=20, most=24)

    row = Decision.objects.get(prediction=pk)
    assert (row.final_price, row.difference, row.actor) == (Decimal(160), Decimal(13), "user:1")
    assert selectors.prediction(pk).final_price == Decimal(160)


@pytest.mark.parametrize(
    ("price", "servings", "needs_one"),
    [
        # Predicted: 147, from 113.07 to 191.11; the chart says 20 to 24.
        ("113.07", (20, 24), False),
        ("191.11", (None, None), False),
        ("113.06", (20, 24), True),
        ("191.12", (20, 24), True),
        ("147.00", (22, 24), True),
    ],
)
def test_what_was_not_expected_needs_a_reason(price, servings, needs_one):
    pk, (least, most) = logged(), servings
    if needs_one:
        with pytest.raises(Invalid) as refusal:
            decided(pk, price, least=least, most=most, reason="  ")
        assert refusal.value.code == "reason_missing"
        assert refusal.value.details == {"field": "reason"}
    decided(pk, price, least=least, most=most, reason="Gold leaf" if needs_one else "")
    assert Decision.objects.get().reason == ("Gold leaf" if needs_one else "")


@pytest.mark.parametrize(
    ("price", "least", "most", "code"),
    [
        ("0", None, None, "bad_price"),
        ("-5", None, None, "bad_price"),
        ("NaN", None, None, "bad_price"),
        ("1e12", None, None, "bad_price"),
        ("150.001", None, None, "bad_price"),
        ("150", 0, 4, "bad_servings"),
        ("150", 9, 4, "bad_servings"),
        ("150", 9, None, "bad_servings"),
        ("150", 9, 10**9, "bad_servings"),
    ],
)
def test_what_nobody_can_decide_is_refused(price, least, most, code):
    with pytest.raises(Invalid) as refusal:
        decided(logged(), price, least=least, most=most, reason="x")
    assert refusal.value.code == code
    assert not Decision.objects.exists()


def test_one_decides_once():
    pk = logged()
    decided(pk)
    with pytest.raises(Conflict) as refusal:
        decided(pk, "151.00")
    assert refusal.value.code == "decided_before"
    assert Decision.objects.get().final_price == Decimal(150)
    with pytest.raises(NotFound):
        decided(pk + 1000)
    with pytest.raises(NotFound):
        selectors.prediction(pk + 1000)


def test_rows_of_the_log_are_never_changed_nor_dropped():
    decide("C-1", "150.00")
    services.record_labour(
        subject="C-1", complexity=2, estimated_hours=Decimal(2), hours=Decimal(3), at=AT
    )
    refused = r"append-only|permission denied"
    for model in (Prediction, Decision, LabourRecord, PriceRates):
        field = "at"
        for change in (
            lambda rows=model.objects, name=field: rows.update(**{name: AT}),
            lambda rows=model.objects: rows.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match=refused), transaction.atomic():
                change()


def test_hours_are_kept_once_and_correct_the_estimates_of_later_cakes():
    assert selectors.labour_factor(3, at=AT) == 1
    for no in range(10):
        services.record_labour(
            subject=f"C-{no}",
            complexity=3,
            estimated_hours=Decimal(2),
            hours=Decimal(3),
            at=AT + timedelta(hours=no),
        )
    services.record_labour(
        subject="C-0", complexity=3, estimated_hours=Decimal(2), hours=Decimal(40), at=AT
    )

    assert LabourRecord.objects.get(subject="C-0").hours == 3
    # 1.5 with ten cakes of fifteen: 1.5 ** (10 / 15).
    assert selectors.labour_factor(3, at=AT + timedelta(days=1)) == Decimal("1.310")
    # From the past only, and of its own complexity.
    assert selectors.labour_factor(3, at=AT + timedelta(hours=1)) == Decimal("1.070")
    assert selectors.labour_factor(3, at=AT) == 1
    assert selectors.labour_factor(2, at=AT + timedelta(days=1)) == 1


def test_hours_that_were_corrected_count_once_and_as_they_were_said_last():
    def said(subject, hours, at):
        services.record_labour(
            subject=subject, complexity=3, estimated_hours=Decimal(2), hours=Decimal(hours), at=at
        )

    for no in range(10):
        said(f"C-{no}", 9, AT)
    before = AT + timedelta(hours=1)
    for no in range(10):
        said(f"C-{no}", 3, before)
        said(f"C-{no}", 3, before + timedelta(hours=1))
    assert LabourRecord.objects.filter(subject="C-0").count() == 2
    assert selectors.labour_factor(3, at=AT + timedelta(days=1)) == Decimal("1.310")
    # By then nobody knew of the correction.
    assert selectors.labour_factor(3, at=before) > 2


@pytest.mark.parametrize(
    ("ratios", "factors"),
    [
        ({}, ["1", "1", "1", "1", "1"]),
        # A more intricate cake never takes less: what falls is pooled, by the cakes behind it.
        ({2: ["1.5"] * 5}, ["1", "1.225", "1.225", "1.225", "1.225"]),
        ({2: ["1.5"] * 5, 3: ["1"] * 15}, ["1", "1.056", "1.056", "1.056", "1.056"]),
        ({1: ["0.5"] * 10, 5: ["2"] * 10}, ["0.630", "1", "1", "1", "1.587"]),
        ({3: ["9"] * 999}, ["1", "1", "3", "3", "3"]),
    ],
)
def test_the_factor_of_work_never_falls_with_complexity(ratios, factors):
    given = {key: [Decimal(ratio) for ratio in found] for key, found in ratios.items()}

    found = factors_by_complexity(given, range(1, 6))

    assert [found[no] for no in range(1, 6)] == [Decimal(factor) for factor in factors]


@pytest.mark.parametrize("hours", ["NaN", "-1", "1e6"])
def test_hours_that_nobody_works_are_refused(hours):
    with pytest.raises(Invalid, match="hours"):
        services.record_labour(
            subject="C", complexity=1, estimated_hours=Decimal(1), hours=Decimal(hours), at=AT
        )


def test_challengers_answer_beside_once_each(storage):
    in_use(trained())
    challenger = in_use(
        replace(trained(rounds=40), name="price-next"), status=VersionStatus.CHALLENGER
    )
    pk = logged(WEDDING)

    message = OutboxMessage.objects.get(kind=PredictionLogged.kind)
    assert message.queue == outbox.ML
    assert services.predict_shadows(prediction_id=pk, at=AT) == 1
    services.predict_shadows(prediction_id=pk, at=AT)
    shadow = ShadowPrediction.objects.get()
    assert (shadow.version, shadow.prediction_id) == (challenger, pk)
    assert shadow.price > 0
    assert services.predict_shadows(prediction_id=pk + 1000, at=AT) == 0


def test_without_challengers_nothing_is_asked():
    logged()
    assert not OutboxMessage.objects.filter(kind=PredictionLogged.kind).exists()


def test_a_version_is_kept_with_its_prediction(storage):
    version = in_use(trained())
    assert selectors.prediction(logged(WEDDING)).version == version.name


def set_rates(**values):
    return services.set_rates(values={"starts_on": AT.date(), **values}, actor="user:1", at=AT)


def test_rates_hold_from_their_day_on():
    tomorrow = AT + timedelta(days=1)
    set_rates(starts_on=tomorrow.date(), hourly_rate=Decimal("35.00"))

    assert selectors.rates_at(AT).hourly_rate == Decimal("28.00")
    assert selectors.rates_at(tomorrow).hourly_rate == Decimal("35.00")
    # What was not named stays.
    assert selectors.rates_at(tomorrow).rush_days == 7
    entry = AuditEntry.objects.get(action="price_rates.set")
    assert entry.changes["hourly_rate"] == ["28.00", "35.00"]
    assert "rush_days" not in entry.changes
    set_rates(starts_on=tomorrow.date(), hourly_rate=Decimal("36.00"))
    assert selectors.rates_at(tomorrow).hourly_rate == Decimal("36.00")


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"starts_on": (AT - timedelta(days=1)).date()}, "bad_day", "starts_on"),
        ({"starts_on": None}, "bad_day", "starts_on"),
        ({"hourly_rate": Decimal(0)}, "bad_rate", "hourly_rate"),
        ({"hourly_rate": Decimal("NaN")}, "bad_rate", "hourly_rate"),
        ({"hourly_rate": "28"}, "bad_rate", "hourly_rate"),
        ({"target_margin": Decimal(1)}, "bad_rate", "target_margin"),
        ({"floor_margin": Decimal("0.36")}, "bad_margin", "floor_margin"),
        ({"rush_days": True}, "bad_rate", "rush_days"),
        ({"rush_days": 10**9}, "bad_rate", "rush_days"),
        ({"price_step": Decimal("0.001")}, "bad_rate", "price_step"),
    ],
)
def test_rates_that_make_no_sense_are_refused_by_field(values, code, field):
    with pytest.raises(Invalid) as refusal:
        set_rates(**values)
    assert (refusal.value.code, refusal.value.details["field"]) == (code, field)
    assert PriceRates.objects.count() == 1
