"""Relays, workers and the broker are killed; what the outbox holds is done all the same."""

import os
import signal
import time
from datetime import timedelta

import psutil
import pytest
import redis
from django.conf import settings

from bakery.edge import tasks
from bakery.kernel import clock, heartbeats, outbox
from bakery.kernel.models import Attempt, AttemptSource, AttemptState, OutboxMessage
from bakery.sandbox.engines.ports import find_free_port
from tests.kernel import relaying
from tests.kernel.relaying import Counted, Stalling, effects, emit

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
EVENTS = 20
WORKER = (
    "celery",
    "-A",
    "tests.kernel.worker_app",
    "worker",
    "--queues=critical,default",
    "--concurrency=1",
    "--without-gossip",
    "--without-mingle",
    "--loglevel=INFO",
)


def test_a_killed_relay_leaves_no_effect_and_its_row_is_done_after_the_lease(
    spawn, stalling, wait_until, later, nudges
):
    emit(Stalling(number=1))
    relay = spawn("tests.kernel.relay_process", "default")
    wait_until(stalling.started, within=60)
    relay.send_signal(signal.SIGKILL)
    relay.wait()
    stalling.end()
    row = OutboxMessage.objects.get()
    assert (row.attempts, row.done_at) == (1, None)
    wait_until(lambda: lock_is_free(row.pk))
    assert effects("stalling") == 0
    assert outbox.drain("default") == 0, "the lease still stands"
    later(outbox.LEASE.total_seconds() + 1)
    assert outbox.drain("default") == 1
    assert effects("stalling") == 1
    row.refresh_from_db()
    assert row.attempts == 2
    assert row.done_at is not None


def lock_is_free(pk):
    from django.db import transaction

    with transaction.atomic():
        return OutboxMessage.objects.select_for_update(skip_locked=True).filter(pk=pk).exists()


def test_a_slow_relay_is_not_overtaken_after_its_lease(spawn, stalling, wait_until, later, nudges):
    emit(Stalling(number=1))
    relay = spawn("tests.kernel.relay_process", "default")
    wait_until(stalling.started, within=60)
    later(outbox.LEASE.total_seconds() + 1)
    assert outbox.drain("default") == 0
    stalling.end()
    assert relay.wait(60) == 0
    assert effects("stalling") == 1


def test_the_broker_is_flushed_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    for number in range(EVENTS):
        emit(Counted(number=number))
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    assert broker.llen("bakery:default") == EVENTS, "nudges were waiting in the broker"
    broker.flushdb()
    tasks.sweep_outbox()
    assert effects("counted") == effects("urgent") == EVENTS
    assert heartbeats.is_alive("worker", at=clock.now())


def worker_child(process):
    """Return the pool process of a worker that is inside a handler."""
    return psutil.Process(process.pid).children()


def test_a_real_worker_is_killed_child_first_then_whole(spawn, stalling, wait_until, monkeypatch):
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    monkeypatch.setenv(relaying.LEASE, "2")
    worker = spawn(*WORKER)
    wait_until(lambda: "ready." in worker.output(), within=60)
    emit(Stalling(number=1))
    [child] = wait_until(stalling.started)
    os.kill(child, signal.SIGKILL)
    # Beat would send a sweep every few seconds; here the test does. That it comes back at all
    # within the wait is by its lease: the broker gives a lost task out again after minutes.
    second = wait_until(lambda: swept(stalling.started, besides={child}), within=60)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert second
    assert effects("stalling") == 0
    stalling.end()
    spawn(*WORKER)
    wait_until(lambda: swept(lambda: OutboxMessage.objects.filter(done_at=None).count() == 0))
    assert effects("stalling") == 1
    row = OutboxMessage.objects.get()
    assert row.attempts == 3
    told = Attempt.objects.filter(outbox_id=row.pk).order_by("pk")
    assert list(told.values_list("number", "state")) == [(1, "lost"), (2, "lost"), (3, "ok")]
    assert told.last().worker.startswith("celery@")
    # Celery's own view of the first: its child was killed. It also told how long each waited.
    assert Attempt.objects.filter(source=AttemptSource.TASK, state=AttemptState.LOST).exists()
    relayed = Attempt.objects.filter(source=AttemptSource.TASK, state=AttemptState.OK).first()
    assert relayed.waited_ms is not None


def test_a_worker_that_is_asked_to_stop_finishes_what_it_began(spawn, stalling, wait_until):
    worker = spawn(*WORKER)
    wait_until(lambda: "ready." in worker.output(), within=60)
    emit(Stalling(number=1))
    wait_until(stalling.started)
    worker.send_signal(signal.SIGTERM)
    emit(Counted(number=2))
    wait_until(lambda: "Warm shutdown" in worker.output() or "shutdown" in worker.output())
    assert worker.poll() is None, "it waits for what it began"
    stalling.end()
    assert worker.wait(60) == 0
    assert effects("stalling") == 1
    assert OutboxMessage.objects.get(kind=Stalling.kind).attempts == 1


def test_a_handler_that_hangs_is_broken_off_and_made_again(
    spawn, stalling, wait_until, monkeypatch
):
    # Who sends a task sends its limits along, so that a worker's own option would change nothing.
    monkeypatch.setattr(tasks.relay_default, "soft_time_limit", 1)
    monkeypatch.setattr(tasks.relay_default, "_exec_options", None)
    worker = spawn(*WORKER)
    wait_until(lambda: "ready." in worker.output(), within=60)
    emit(Stalling(number=1))
    wait_until(stalling.started)
    broken_off = wait_until(lambda: Attempt.objects.filter(outbox_id__isnull=False).first())
    assert (broken_off.state, broken_off.number) == (AttemptState.RETRIED, 1)
    assert "SoftTimeLimitExceeded" in broken_off.error
    assert effects("stalling") == 0
    stalling.end()
    wait_until(lambda: swept(lambda: OutboxMessage.objects.filter(done_at=None).count() == 0))
    assert effects("stalling") == 1


def swept(condition, besides=frozenset()):
    """Send a sweep and tell what has come of the ones before."""
    tasks.sweep_outbox.apply_async(expires=5)
    time.sleep(0.2)  # the rate of sweeps, not a wait for their result
    value = condition()
    return [pid for pid in value if pid not in besides] if isinstance(value, list) else value


def test_the_broker_is_killed_under_a_worker_and_nothing_is_lost(
    spawn, wait_until, valkey_server_factory, monkeypatch
):
    engine = valkey_server_factory()
    url = f"redis://127.0.0.1:{engine.port}/0"
    worker = spawn(*WORKER, REDIS_URL=url)
    wait_until(lambda: "ready." in worker.output(), within=60)
    engine.kill()
    for number in range(EVENTS):
        emit(Counted(number=number))
    engine.start()
    from bakery.celery import app

    def sweep():
        with app.connection_for_write(url) as connection:
            tasks.sweep_outbox.apply_async(connection=connection, expires=5)
        time.sleep(0.2)  # the rate of sweeps, not a wait for their result
        return effects("counted") == effects("urgent") == EVENTS

    wait_until(sweep, within=60)


@pytest.fixture
def broker_at(monkeypatch):
    """Let nudges of this process go to another broker."""
    from bakery.celery import app

    def move(port):
        monkeypatch.setattr(app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
        monkeypatch.setattr(outbox, "_silent_until", 0.0)
        tasks._nudging.cache_clear()

    yield move
    tasks._nudging.cache_clear()


@pytest.fixture
def nudges(monkeypatch):
    """How often the broker was asked, within one pause however long the test takes."""
    nudge, nudges = outbox._nudge, []

    def count(queue):
        nudges.append(queue)
        return nudge(queue)

    monkeypatch.setattr(outbox, "_nudge", count)
    monkeypatch.setattr(outbox, "NUDGE_PAUSE", timedelta(minutes=10))
    return nudges


def test_nobody_waits_for_a_broker_that_is_down(broker_at, nudges):
    broker_at(find_free_port())
    emit(Counted(number=1))
    emit(Counted(number=2))
    assert len(nudges) == 1, "and then it is left alone for a while"
    assert outbox.drain_all() == 4


def test_nobody_waits_long_for_a_broker_that_hangs(broker_at, nudges, valkey_server_factory):
    engine = valkey_server_factory()
    with engine.client(0) as client:
        pid = client.info("server")["process_id"]
    broker_at(engine.port)
    os.kill(pid, signal.SIGSTOP)
    try:
        # It would hang for ever.
        emit(Counted(number=1))
        emit(Counted(number=2))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len(nudges) == 1
    assert outbox.drain_all() == 4
