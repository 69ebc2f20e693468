"""Which version is in use: better ones by themselves, older ones in one step, bad ones never."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.pricing import services
from apps.pricing.adapters.artefacts import store_artefact
from apps.pricing.models import ModelVersion
from apps.pricing.rules.promotion import BETTER, NOT_BETTER, USELESS, judge
from apps.pricing.selectors.versions import is_held_back, policy_at
from apps.pricing.services import promoting, registry
from apps.pricing.states import VERSION_LIFE, DataOrigin, ModelKind, VersionStatus
from bakery.kernel.errors import Conflict, DomainError, NotFound, Refused
from bakery.kernel.models import AuditEntry
from tests.pricing.factories import AT, artefact

pytestmark = pytest.mark.usefixtures("storage")
PRICE = ModelKind.PRICE
S = VersionStatus


@pytest.fixture(autouse=True)
def _read_anew():
    registry.forget_kept()


def figures(ours=0.07, formula=0.2, current=None, *, lower=0.01):
    """Return metrics of a hold-out."""
    found = {
        "ours": {"mae_log": ours},
        "formula": {"mae_log": formula},
        "current": None if current is None else {"mae_log": current},
        "gain_on_formula": {"share": (formula - ours) / formula, "lower": lower},
        "gain_on_current": None,
    }
    if current is not None:
        found["gain_on_current"] = {"share": (current - ours) / current, "lower": lower}
    return found


def version(name, status=S.CHALLENGER, *, against="", verdict=BETTER, **columns):
    """Write a version with a good file."""
    model = artefact(name=name, booster=name.encode())
    key, sha256 = store_artefact(model)
    wanted = {
        "kind": PRICE,
        "name": name,
        "status": status,
        "data_origin": DataOrigin.DECISIONS,
        "rows": 500,
        "data_sha256": "0" * 64,
        "artefact_key": key,
        "artefact_sha256": sha256,
        "trained_by": "system",
        "trained_at": AT,
        "metrics": {**figures(), "verdict": verdict, "against": against, "why": "so it is"},
    }
    return ModelVersion.objects.create(**{**wanted, **columns})


def promote(row, *, days=0):
    return services.promote(
        version_id=row.pk, actor="user:1", at=AT + timedelta(days=days), reason="looks right"
    )


def roll_back(days=0):
    return services.roll_back(
        kind=PRICE, actor="user:1", at=AT + timedelta(days=days), reason="prices look wrong"
    )


def statuses():
    return dict(ModelVersion.objects.order_by("pk").values_list("name", "status"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metrics", "word"),
    [
        (figures(0.07, 0.20), BETTER),
        (figures(0.07, 0.20, 0.10), BETTER),
        (figures(0.20, 0.20), USELESS),
        (figures(0.21, 0.20), USELESS),
        # Better, but by less than the margin of two per cent.
        (figures(0.198, 0.20), NOT_BETTER),
        (figures(0.0995, 0.20, 0.10), NOT_BETTER),
        # Worse than the one in use.
        (figures(0.11, 0.20, 0.10), NOT_BETTER),
        # By as much as that it may be chance.
        (figures(0.07, 0.20, 0.10, lower=-0.001), NOT_BETTER),
        (figures(0.07, 0.20, lower=0.0), NOT_BETTER),
    ],
)
def test_what_the_hold_out_says(metrics, word):
    verdict = judge(metrics, policy_at(AT), current="price-1")

    assert verdict.word == word
    assert "%" in verdict.why


@pytest.mark.django_db
def test_a_better_challenger_takes_the_place_of_the_current_one():
    old = version("old", S.CURRENT, promoted_at=AT - timedelta(days=7))
    new = version("new", against="old")

    promote(new)

    assert statuses() == {"old": S.RETIRED, "new": S.CURRENT}
    assert registry.current_model(kind=PRICE).name == "new"
    assert [(row.old, row.new) for row in old.transitions.all()] == [("current", "retired")]
    assert [(row.old, row.new) for row in new.transitions.all()] == [("challenger", "current")]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.reason) == ("promote", "user:1", "looks right")
    assert entry.changes == {"price model": ["old", "new"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "error", "code"),
    [
        ({"verdict": NOT_BETTER}, Refused, "not_better"),
        ({"verdict": ""}, Refused, "not_better"),
        ({"data_origin": DataOrigin.SIMULATED}, Refused, "simulated_model"),
        ({"against": "another"}, Conflict, "compared_with_another"),
        ({"status": S.REFUSED}, Conflict, "illegal_transition"),
        ({"artefact_sha256": "1" * 64}, Conflict, "model_file_refused"),
        ({"artefact_key": "models/price/nothing.json"}, Conflict, "model_file_refused"),
    ],
)
def test_what_is_not_put_in_use(columns, error, code):
    row = version("new", **columns)

    with pytest.raises(error) as caught:
        promote(row)

    assert caught.value.code == code
    assert statuses() == {"new": row.status}
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_there_is_no_such_version():
    with pytest.raises(NotFound):
        services.promote(version_id=12345, actor="user:1", at=AT)


@pytest.mark.django_db
def test_going_back_step_by_step_ends_with_the_formula():
    first = version("first")
    promote(first, days=1)
    second = version("second", against="first")
    promote(second, days=8)
    third = version("third", against="second")
    promote(third, days=15)

    assert roll_back(days=16) == second
    assert statuses() == {"first": S.RETIRED, "second": S.CURRENT, "third": S.RETIRED}
    assert roll_back(days=17) == first
    assert roll_back(days=18) is None
    assert set(statuses().values()) == {S.RETIRED}
    assert registry.current_model(kind=PRICE).version_id is None
    with pytest.raises(Conflict, match="formula speaks alone"):
        roll_back(days=19)


@pytest.mark.django_db
def test_going_back_passes_over_a_version_whose_file_is_bad():
    for no, name in enumerate(("first", "second", "third")):
        promote(version(name, against=("", "first", "second")[no]), days=no)
    ModelVersion.objects.filter(name="second").update(artefact_sha256="1" * 64)

    found = roll_back(days=5)

    assert found is not None
    assert found.name == "first"


@pytest.mark.django_db
def test_after_going_back_no_training_decides_until_people_do():
    promote(version("first"), days=1)
    promote(version("second", against="first"), days=8)
    assert not is_held_back(PRICE)

    roll_back(days=9)

    assert is_held_back(PRICE)
    promote(version("third", against="first"), days=15)
    assert not is_held_back(PRICE)


@pytest.mark.django_db
def test_a_version_that_was_in_use_may_return():
    first = version("first")
    promote(first, days=1)
    roll_back(days=2)

    promote(ModelVersion.objects.get(pk=first.pk), days=3)

    assert statuses() == {"first": S.CURRENT}


@pytest.mark.django_db
def test_a_refused_version_leaves_the_formula_and_never_returns():
    row = version("first", S.CURRENT, promoted_at=AT)

    services.refuse(version_id=row.pk, actor="user:1", at=AT, reason="learned from a mistake")

    assert statuses() == {"first": S.REFUSED}
    assert registry.current_model(kind=PRICE).version_id is None
    with pytest.raises(Conflict):
        promote(row)
    assert AuditEntry.objects.get().action == "refuse"


@pytest.mark.django_db
def test_the_database_admits_one_current_version_of_a_kind():
    version("first", S.CURRENT)
    version("of servings", S.CURRENT, kind=ModelKind.SERVINGS)

    with pytest.raises(IntegrityError):
        version("second", S.CURRENT)


def _promote_both(parallel, rows):
    def one(index):
        try:
            return promote(rows[index]).name
        except DomainError as error:
            return error.code

    return parallel(2, one)


@pytest.mark.django_db(transaction=True)
def test_of_two_put_in_use_at_once_the_second_is_told_to_look_again(parallel):
    rows = [version("left"), version("right")]

    outcomes = _promote_both(parallel, rows)

    assert "compared_with_another" in outcomes
    assert sorted(statuses().values()) == [S.CHALLENGER, S.CURRENT]


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_comparison_the_second_replaces_the_first(parallel, monkeypatch):
    monkeypatch.setattr(promoting, "_require_better", lambda *_: None)
    rows = [version("left"), version("right")]

    outcomes = _promote_both(parallel, rows)

    assert sorted(outcomes) == ["left", "right"]
    assert sorted(statuses().values()) == [S.CURRENT, S.RETIRED]


@pytest.mark.parametrize("old", S.values)
@pytest.mark.parametrize("new", S.values)
def test_every_move_of_a_version(old, new):
    allowed = {
        ("challenger", "current"), ("challenger", "refused"), ("current", "retired"),
        ("current", "refused"), ("retired", "current"), ("retired", "refused"),
    }  # fmt: skip

    assert VERSION_LIFE.allows(old, new) == ((old, new) in allowed)
