"""What a model learned from and what it is asked with are the same numbers, from the past only."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.pricing import services
from apps.pricing.adapters import booster
from apps.pricing.adapters.training import predict
from apps.pricing.models import Prediction
from apps.pricing.rules.features import NAMES, SERVINGS_NAMES, vector
from apps.pricing.rules.past import PastCake
from apps.pricing.rules.similar import FURTHEST, log_ratio
from apps.pricing.rules.tables import table_of
from apps.pricing.selectors.decisions import decided_cakes
from apps.pricing.selectors.past import Past, past_before
from apps.pricing.states import ModelKind, Source
from tests.pricing.cakes import AT, ROUND_8, WEDDING, trained
from tests.pricing.factories import simulated

PRICE, SERVINGS = ModelKind.PRICE, ModelKind.SERVINGS


def ask(subject, spec, *, at, style="party", keep_top=False):
    """Log a prediction as it is served ``at`` a moment."""
    return services.log_prediction(
        source=Source.CUSTOM,
        subject=subject,
        spec=spec,
        price=services.estimate_price(spec=spec, at=at, subject=subject),
        servings=services.estimate_servings(spec=spec, style=style, keep_top=keep_top, at=at),
        at=at,
    )


def settle(prediction, price, *, at, servings=(20, 24)):
    """Decide about it ``at`` a moment."""
    services.record_decision(
        prediction_id=prediction,
        final_price=Decimal(price),
        servings_least=servings[0],
        servings_most=servings[1],
        reason="As agreed",
        actor="user:1",
        at=at,
    )


@pytest.mark.django_db
def test_features_built_from_the_log_are_those_that_were_served():
    hour = timedelta(hours=1)
    specs = [ROUND_8, WEDDING, replace(ROUND_8, event_type="birthday"), WEDDING, ROUND_8, WEDDING]
    # Asked for one after the other, decided about later and in another order, two in one stroke.
    asked = [
        ask(f"C-{no}", replace(spec, month=no + 1), at=AT + no * hour)
        for no, spec in enumerate(specs[:4])
    ]
    settle(asked[2], "140", at=AT + 4 * hour)
    asked.append(ask("C-4", specs[4], at=AT + 5 * hour))
    settle(asked[0], "95", at=AT + 6 * hour)
    settle(asked[1], "700", at=AT + 6 * hour)
    asked.append(ask("C-5", specs[5], at=AT + 6 * hour))
    asked.append(ask("C-6", WEDDING, at=AT + 7 * hour))
    for no in (3, 4, 5, 6):
        settle(asked[no], "300", at=AT + 8 * hour)

    cakes = decided_cakes(PRICE)
    table = table_of(PRICE, cakes)

    served = dict(Prediction.objects.values_list("subject", "features"))
    assert len(cakes) == len(served) == 7
    for cake, row in zip(cakes, table.matrix, strict=True):
        assert dict(zip(NAMES, row, strict=True)) == served[cake.subject]
    # They did see something: what was known when each was asked for.
    similar = {subject: features["similar"] for subject, features in served.items()}
    assert [similar[f"C-{no}"] for no in range(4)] == [0.0] * 4
    # One decision before both; the two of the same moment were seen by the last one only.
    assert similar["C-4"] != 0.0
    assert similar["C-5"] != similar["C-6"]


def test_sizes_decided_in_one_stroke_do_not_learn_from_each_other():
    first, second = (
        PastCake(
            subject=subject,
            at=AT,
            spec=ROUND_8,
            formula_price=Decimal(100),
            price=Decimal(130),
        )
        for subject in ("A", "B")
    )
    later = replace(first, subject="C", at=AT + timedelta(days=1))
    waited = replace(later, subject="D", asked_at=AT)

    table = table_of(PRICE, [first, second, later, waited])

    known = [row[NAMES.index("similar")] for row in table.matrix]
    assert known[:2] == [0.0, 0.0]
    assert known[2] > 0
    # Asked for before anything was decided.
    assert known[3] == 0.0


@pytest.mark.django_db
def test_what_was_decided_about_itself_is_not_known_of_a_cake():
    day = timedelta(days=1)
    settle(ask("SKU-1", ROUND_8, at=AT), "999", at=AT)
    settle(ask("SKU-2", ROUND_8, at=AT), "130", at=AT)

    past = past_before(AT + day)
    estimate = services.estimate_price(spec=ROUND_8, at=AT + day, subject="SKU-1")

    assert [row.subject for row in estimate.nearest] == ["SKU-2"]
    assert estimate.features["similar"] == past.without("SKU-1").similar.ratio_for(ROUND_8)
    assert estimate.features["similar"] != past.similar.ratio_for(ROUND_8)


def test_a_past_without_one_cake_is_that_of_the_others():
    cakes = list(simulated(200))
    others = [cake for cake in cakes if cake is not cakes[70]]
    whole, alone = Past(cakes), Past(others)
    values = vector(cakes[70].spec, formula=float(cakes[70].base))
    assert whole.nearest(values)[0] == cakes[70]

    left = whole.without(cakes[70].subject)

    assert left.cakes == others
    assert left.nearest(values) == alone.nearest(values)
    assert left.widths() == alone.widths()
    assert left.similar.ratio_for(cakes[70].spec) == alone.similar.ratio_for(cakes[70].spec)
    assert left.before(cakes[50].at).cakes == others[:50]


@pytest.mark.django_db
def test_servings_are_learned_as_they_were_asked_for():
    for no, (style, keep_top) in enumerate([("party", False), ("wedding", False), ("party", True)]):
        asked = ask(f"C-{no}", WEDDING, at=AT, style=style, keep_top=keep_top)
        settle(asked, "700", at=AT + timedelta(hours=no))

    cakes = decided_cakes(SERVINGS)
    rows = [dict(zip(SERVINGS_NAMES, row, strict=True)) for row in table_of(SERVINGS, cakes).matrix]

    assert [row["wedding_slices"] for row in rows] == [0.0, 1.0, 0.0]
    # The top that is kept is not eaten.
    assert [row["tiers"] for row in rows] == [3.0, 3.0, 2.0]
    assert rows[2]["chart"] < rows[0]["chart"]


def test_a_slip_of_the_finger_does_not_move_all_similar_prices():
    slip = PastCake(
        subject="A", at=AT, spec=ROUND_8, formula_price=Decimal(100), price=Decimal(100_000)
    )

    assert log_ratio(slip) == FURTHEST
    assert log_ratio(replace(slip, price=Decimal("0.01"))) == -FURTHEST


def test_a_model_says_the_same_in_training_and_in_serving():
    model = trained()
    table = table_of(PRICE, simulated(200))

    learned = predict(model.booster, table)
    served = booster.corrections(model, table.matrix)

    assert [a + b for a, b in zip(table.base, served, strict=True)] == pytest.approx(
        learned,
        abs=1e-5,  # single precision: a thousandth of a per cent
    )
    one = booster.corrections(model, table.matrix[7:8])
    assert float(one[0]) == float(served[7])
