"""On a made-up bakery with known noise: how near models come to the best that is possible."""

import math

import pytest

from apps.pricing.adapters.trials import compare
from apps.pricing.rules.past import in_order
from apps.pricing.rules.past_json import cake_of, line_of
from apps.pricing.rules.simulation import NOISE, hidden_correction, noise_floor, simulate
from apps.pricing.rules.tables import table_of
from apps.pricing.services.simulating import bakery_of
from apps.pricing.states import ModelKind
from bakery.kernel.errors import Invalid
from tests.pricing.factories import RATES, UNTIL, simulated

FLOOR = noise_floor(NOISE)


@pytest.fixture(scope="module")
def fresh():
    """Decisions of the last fifth of the time, that no model has seen."""
    return simulate(n=2000, seed=99, until=UNTIL, bakery=bakery_of(RATES), after=0.8)


@pytest.mark.parametrize(("n", "worst"), [(500, 1.3), (2000, 1.2)])
def test_a_model_on_the_formula_beats_both_and_comes_near_the_noise(n, worst, fresh):
    trial = compare(simulated(n), fresh)

    assert trial.ours.mae_log < trial.formula.mae_log / 2
    assert trial.ours.mae_log < trial.plain.mae_log
    assert FLOOR * 0.95 < trial.ours.mae_log < FLOOR * worst
    assert 0.87 <= trial.covered <= 0.93


def test_the_noise_is_the_one_that_was_stated():
    rows = simulated(2000, noise=0.05)
    begin = rows[0].at
    left = [
        math.log(row.price / row.base) - hidden_correction(row.spec, (row.at - begin).days / 365)
        for row in rows
    ]

    assert sum(map(abs, left)) / len(left) == pytest.approx(noise_floor(0.05), rel=0.05)


def test_the_same_seed_gives_the_same_bakery_and_another_one_another():
    again = simulate(n=50, seed=1, until=UNTIL, bakery=bakery_of(RATES))

    assert again == simulate(n=50, seed=1, until=UNTIL, bakery=bakery_of(RATES))
    assert again != simulate(n=50, seed=2, until=UNTIL, bakery=bakery_of(RATES))
    assert again == in_order(again)


def test_servings_are_learned_from_what_people_wrote_down():
    table = table_of(ModelKind.SERVINGS, simulated(500))

    assert len(table) == 500
    assert all(base > 0 for base in table.base)


def test_a_line_of_a_file_gives_back_the_cake():
    for cake in simulated(500)[:20]:
        assert cake_of(line_of(cake)) == cake


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", "null", '{"at": 5}', "x" * 1000, line_of.__name__],
)
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(Invalid) as caught:
        cake_of(line, number=7)

    assert caught.value.code == "bad_line"
    assert caught.value.details["line"] == 7


@pytest.mark.parametrize(
    ("old", "new"), [('"price":"', '"price":"NaN'), ("+00:00", ""), ('"round"', '"cube"')]
)
def test_a_line_with_nonsense_is_refused(old, new):
    line = line_of(next(cake for cake in simulated(500) if cake.spec.tiers[0].shape == "round"))
    start, end = line.index(old), line.index(old) + len(old)
    if old == '"price":"':
        end = line.index('"', end)

    with pytest.raises(Invalid):
        cake_of(line[:start] + new + line[end:])
