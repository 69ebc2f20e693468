"""A dependency that is down is left alone, tried once after a while, and used again."""

import pytest
from redis.exceptions import ConnectionError as ValkeyDown

from bakery.kernel import breakers

NAME = "twilio"


class Down(Exception):
    """Stands for what means that a dependency is down."""


@pytest.fixture(params=["shared", "alone"])
def time(request, settings, monkeypatch):
    """A clock to turn; once with Valkey, once without it."""
    now = [1_000_000.0]
    settings.BREAKERS = {NAME: (3, 20)}
    monkeypatch.setattr(breakers, "_now", lambda: now[0])
    monkeypatch.setattr(breakers, "_local", breakers._Local())
    monkeypatch.setattr(breakers._Outage, "until", 0.0)
    if request.param == "alone":
        monkeypatch.setattr(breakers._Shared, "_client", _refuse)
    return now


def _refuse(self):
    raise ValkeyDown


def call(error=None):
    """Make one call that ends with ``error``; return whether it was made."""
    made = False
    try:
        with breakers.guarded(NAME, is_down=lambda found: isinstance(found, Down)):
            made = True
            if error is not None:
                raise error
    except (Down, ValueError, breakers.BreakerOpen):
        pass
    return made


def test_it_opens_after_failures_in_a_row_and_nobody_calls(time):
    assert [call(Down()) for _ in range(5)] == [True, True, True, False, False]
    assert breakers.is_open(NAME)
    assert breakers.look_at(NAME).since == time[0]


def test_an_answer_in_between_means_that_they_were_not_in_a_row(time):
    for _ in range(4):
        assert call(Down())
        assert call(Down())
        assert call()
    assert breakers.look_at(NAME).state == breakers.CLOSED


def test_an_answer_that_proves_nothing_neither_closes_nor_tries(time):
    def look_up():
        with breakers.guarded(NAME, is_down=lambda _: True, is_proof=False):
            return True

    for _ in range(3):
        call(Down())
        if not breakers.is_open(NAME):
            assert look_up()
    with pytest.raises(breakers.BreakerOpen):
        look_up()
    time[0] += 20
    assert look_up()
    assert breakers.look_at(NAME).state == breakers.TRIAL
    assert call()


def test_a_refusal_is_an_answer(time):
    assert all(call(ValueError()) for _ in range(9))
    assert not breakers.is_open(NAME)


def test_after_the_pause_one_call_tries_and_closes_it(time):
    for _ in range(3):
        call(Down())
    time[0] += 19
    assert not call()
    time[0] += 1
    assert breakers.look_at(NAME).state == breakers.TRIAL
    assert call()
    assert breakers.look_at(NAME) == breakers.Snapshot(
        name=NAME, state=breakers.CLOSED, failures=0, since=None,
        shared=breakers.look_at(NAME).shared,
    )  # fmt: skip


def test_a_trial_that_fails_opens_it_for_another_pause(time):
    for _ in range(3):
        call(Down())
    time[0] += 20
    assert call(Down())
    assert not call()
    time[0] += 20
    assert call()
    assert call()


def trials(parallel, time, barrier):
    for _ in range(3):
        call(Down())
    time[0] += 20
    made = []

    def try_it(_):
        try:
            with breakers.guarded(NAME, is_down=lambda _: True):
                made.append(1)
                barrier.wait(timeout=60)
        except breakers.BreakerOpen:
            barrier.wait(timeout=60)

    for result in parallel(4, try_it):
        assert result is None
    return len(made)


@pytest.fixture
def barrier():
    from threading import Barrier

    return Barrier(4)


def test_of_callers_at_once_exactly_one_tries(time, parallel, barrier):
    assert trials(parallel, time, barrier) == 1


@pytest.mark.control
def test_control_without_taking_the_trial_all_of_them_call(time, parallel, barrier, monkeypatch):
    for store in (breakers._Shared, breakers._Local):
        monkeypatch.setattr(store, "take_trial", lambda self, name, at: True)
    assert trials(parallel, time, barrier) == 4


def test_all_breakers_are_listed(time):
    call(Down())
    [row] = breakers.snapshots()
    assert (row.name, row.state, row.failures) == (NAME, breakers.CLOSED, 1)


def test_a_clock_that_is_set_back_leaves_nobody_alone_for_hours(time):
    for _ in range(3):
        call(Down())
    time[0] -= 5
    assert not call()
    time[0] -= 3600
    assert call()
    assert breakers.look_at(NAME).state == breakers.CLOSED
