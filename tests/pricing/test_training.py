"""Training: what is learned from, who may train at the same time, and what is written down."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.pricing import services
from apps.pricing.adapters import learning
from apps.pricing.adapters.learning import learn
from apps.pricing.models import Decision, ModelVersion, Prediction, TrainingRun
from apps.pricing.rules.conformal import COVERAGE
from apps.pricing.rules.past import data_sha256, in_order
from apps.pricing.rules.spec import spec_as_json
from apps.pricing.rules.tables import table_of
from apps.pricing.selectors.decisions import decided_cakes
from apps.pricing.services import registry, training
from apps.pricing.states import (
    DataOrigin,
    EstimateOrigin,
    ModelKind,
    TrainingState,
    VersionStatus,
)
from apps.pricing.tasks import train_weekly
from bakery.kernel.errors import Conflict, Unavailable
from bakery.settings.guard import unsafe_reasons
from tests.pricing.factories import AT, learn_once, simulated

pytestmark = pytest.mark.usefixtures("storage")
PRICE = ModelKind.PRICE


@pytest.fixture(autouse=True)
def _read_anew():
    registry.forget_kept()


@pytest.fixture(autouse=True)
def _learn_once(monkeypatch):
    """Learn from the same rows once: that it gives the same model is shown below."""
    monkeypatch.setattr(training, "learn", learn_once)


def log_decisions(cakes, *, servings=False):
    """Write cakes as the log would have them."""
    predictions = Prediction.objects.bulk_create(
        [
            Prediction(
                source="custom",
                subject=cake.subject,
                spec=spec_as_json(cake.spec),
                features={"formula": float(cake.base)},
                currency="CAD",
                formula_price=cake.formula_price,
                price=cake.formula_price,
                low=cake.formula_price / 2,
                high=cake.formula_price * 2,
                cost=Decimal(1),
                servings_formula=cake.servings_formula if servings else None,
                origin="formula",
                at=cake.at,
            )
            for cake in cakes
        ]
    )
    Decision.objects.bulk_create(
        [
            Decision(
                prediction=row,
                final_price=cake.price,
                difference=cake.price - row.price,
                final_servings_least=int(cake.servings) if servings else None,
                final_servings_most=int(cake.servings) + 2 if servings else None,
                actor="user:1",
                at=cake.at,
            )
            for row, cake in zip(predictions, cakes, strict=True)
        ]
    )


def train(cakes=None, **changes):
    """Train on simulated cakes, or on what is in the log."""
    wanted = {"kind": PRICE, "actor": "user:1", "at": AT, "cakes": cakes}
    return services.train(**{**wanted, **changes})


@pytest.mark.django_db
def test_too_few_decisions_are_refused_with_a_reason():
    trained = train(simulated(50))

    assert trained.version_id is None
    assert trained.text == "There are 50 decisions to learn from; 200 are needed."
    run = TrainingRun.objects.get()
    assert (run.state, run.rows, run.text) == (TrainingState.REFUSED, 50, trained.text)
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_the_shops_decisions_make_a_version_that_is_used_at_once():
    cakes = simulated(300)
    log_decisions(cakes)

    trained = train()

    assert trained.is_current
    version = ModelVersion.objects.get(pk=trained.version_id)
    assert version.status == VersionStatus.CURRENT
    assert version.data_origin == DataOrigin.DECISIONS
    assert version.rows == 300
    assert version.data_sha256 == data_sha256(decided_cakes(PRICE))
    assert version.trained_by == "user:1"
    assert version.metrics["ours"]["rows"] == 60
    assert version.metrics["ours"]["mae_log"] < version.metrics["formula"]["mae_log"] / 2
    assert [row.new for row in version.transitions.all()] == ["current"]
    estimate = services.estimate_price(spec=cakes[-1].spec, at=AT)
    assert (estimate.origin, estimate.version) == (EstimateOrigin.MODEL, version.name)


@pytest.mark.django_db
def test_a_version_of_simulated_decisions_is_not_used_in_a_shop(settings):
    trained = train(simulated(300))

    assert not trained.is_current
    assert "simulated" in trained.text
    assert ModelVersion.objects.get().status == VersionStatus.CHALLENGER
    settings.PRICING_TRUST_SIMULATED = True
    assert train(simulated(300), at=AT + timedelta(days=7)).is_current


@pytest.mark.django_db
def test_servings_are_learned_from_overrides():
    log_decisions(simulated(300)[:40])
    log_decisions(simulated(300, seed=2), servings=True)

    trained = train(kind=ModelKind.SERVINGS)

    assert trained.rows == 300
    assert trained.is_current
    version = ModelVersion.objects.get()
    assert version.kind == ModelKind.SERVINGS
    assert version.metrics["ours"]["mae_log"] < version.metrics["formula"]["mae_log"]


@pytest.mark.django_db
def test_where_the_formula_is_right_no_model_comes_into_use():
    cakes = [replace(cake, price=cake.formula_price, exact_formula=None) for cake in simulated(300)]

    trained = train(cakes)

    assert not trained.is_current
    assert ModelVersion.objects.get().status == VersionStatus.REFUSED


@pytest.mark.django_db
def test_a_trial_writes_nothing():
    trained = train(simulated(300), dry_run=True)

    assert trained.metrics is not None
    assert trained.metrics["verdict"] == "better"
    assert not ModelVersion.objects.exists()
    assert not TrainingRun.objects.exists()


@pytest.mark.django_db
def test_a_store_that_is_down_leaves_no_version_and_says_so(monkeypatch):
    def down(_):
        raise Unavailable("storage_unavailable", "The file storage does not answer.")

    monkeypatch.setattr(training, "store_artefact", down)

    with pytest.raises(Unavailable):
        train(simulated(300))

    run = TrainingRun.objects.get()
    assert (run.state, run.text) == (TrainingState.FAILED, "The file storage does not answer.")
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_a_training_that_was_cut_off_does_not_stop_the_next_one():
    TrainingRun.objects.create(
        kind=PRICE, started_at=AT - timedelta(minutes=31), started_by="system"
    )

    train(simulated(50))

    assert [run.state for run in TrainingRun.objects.order_by("pk")] == ["failed", "refused"]


def test_the_same_rows_give_the_same_model():
    table = table_of(PRICE, simulated(300))

    assert learn(table).fitted.booster == learn_once(table).fitted.booster


def test_what_comes_later_changes_nothing_that_was_seen_before():
    cakes = simulated(300)
    later = [
        replace(cake, price=cake.price * 3) if index >= 240 else cake
        for index, cake in enumerate(cakes)
    ]
    before, after = table_of(PRICE, cakes), table_of(PRICE, later)

    # Neither features (similar prices among them) nor the model that was fitted.
    assert before.matrix[:241] == after.matrix[:241]
    assert learn_once(before).fitted.booster == learn(after).fitted.booster


def test_of_a_cake_that_was_decided_again_only_the_last_word_counts():
    cakes = list(simulated(300))
    again = replace(cakes[0], at=cakes[-1].at + timedelta(days=1), price=Decimal(999))

    rows = in_order([again, *cakes])

    assert len(rows) == 300
    assert rows[-1] == again
    assert data_sha256(rows) != data_sha256(cakes)


def test_the_hold_out_is_the_newest_fifth_and_its_errors_make_the_interval():
    table = table_of(PRICE, simulated(500))
    learned = learn(table)
    test = table.part(400, 500)
    errors = test.residuals(learning.predict(learned.fitted.booster, test))

    held = sum(abs(error) <= learned.quantiles[""] + 1e-6 for error in errors)

    assert learned.ours.rows == 100
    assert held == 91  # the ceil(101 x 0.90)-th smallest
    assert COVERAGE == 0.90


def _train_two(parallel, monkeypatch):
    """Train twice, the second while the first is at it for certain."""
    both = threading.Barrier(2, timeout=20)
    refused = threading.Event()
    learn_slowly = training.learn

    def at_it(*args, **kwargs):
        if not refused.is_set():
            both.wait()
        return learn_slowly(*args, **kwargs)

    monkeypatch.setattr(training, "learn", at_it)

    def one(_):
        try:
            return train(simulated(300))
        except Conflict as error:
            refused.set()
            both.abort()
            return error
        except threading.BrokenBarrierError:
            return train_after_refusal()

    def train_after_refusal():
        return "went on alone"

    return parallel(2, one)


@pytest.mark.django_db(transaction=True)
def test_two_trainings_at_once_are_one(parallel, monkeypatch):
    outcomes = _train_two(parallel, monkeypatch)

    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [error.code for error in refused] == ["training_already"]
    assert TrainingRun.objects.count() == 1


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_guard_both_train(parallel, monkeypatch, owner_connection):
    owner_connection.execute("DROP INDEX training_run_once")
    try:
        outcomes = _train_two(parallel, monkeypatch)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert TrainingRun.objects.count() == 2
    finally:
        owner_connection.execute("DELETE FROM pricing_trainingrun")
        owner_connection.execute(
            "CREATE UNIQUE INDEX training_run_once ON pricing_trainingrun (kind)"
            " WHERE state = 'running'"
        )


@pytest.mark.django_db(transaction=True)
def test_every_week_both_kinds_are_trained_by_the_queue(drain_outbox):
    log_decisions(simulated(300))

    assert train_weekly() == 2
    drain_outbox()

    assert {(run.kind, run.state) for run in TrainingRun.objects.all()} == {
        ("price", "done"),
        ("servings", "refused"),
    }
    assert ModelVersion.objects.get().status == VersionStatus.CURRENT


@pytest.mark.django_db
def test_simulated_decisions_go_from_one_command_to_the_other(tmp_path):
    path, said = tmp_path / "cakes.jsonl", StringIO()
    call_command("simulate_cakes", n=210, seed=3, out=path, stdout=said)

    call_command("train_pricing", data=path, stdout=said)

    assert "210 simulated decisions" in said.getvalue()
    assert "simulated decisions and is not used" in said.getvalue()
    version = ModelVersion.objects.get()
    assert (version.data_origin, version.rows) == (DataOrigin.SIMULATED, 210)
    assert not Decision.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "cakes.jsonl"
    path.write_text("{}\n")

    with pytest.raises(CommandError, match="Line 1 is not a past cake"):
        call_command("train_pricing", data=path)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("train_pricing", data=tmp_path / "nothing")
    with pytest.raises(CommandError, match="1 to"):
        call_command("simulate_cakes", n=0, out=path)


def test_production_refuses_to_trust_a_made_up_bakery():
    found = [
        reason
        for reason in unsafe_reasons({"PRICING_TRUST_SIMULATED": True})
        if "PRICING_TRUST_SIMULATED" in reason
    ]

    assert len(found) == 1
    assert not any("PRICING" in reason for reason in unsafe_reasons({}))
