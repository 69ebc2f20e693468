"""Q2: PostgreSQL or Valkey is killed while cakes are paid; each is texted once all the same."""

import pytest
from django.db import connection, transaction

from apps.notifications.models import Alert, Message
from apps.orders.services import settling
from bakery.celery import app
from bakery.edge import tasks
from bakery.kernel import outbox
from benchmarks import storm
from tests.faults import hurried

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
FIRST = "+14165550101"


@pytest.fixture
def own_postgres(transactional_db, postgres_server_factory, monkeypatch):
    """A PostgreSQL of the test's own that keeps what it acknowledged; this process uses it too."""
    server = postgres_server_factory()
    with server.engine.connect() as superuser:
        superuser.execute("ALTER SYSTEM SET synchronous_commit = on")
        superuser.execute("SELECT pg_reload_conf()")
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", server.engine.port)
    monkeypatch.setitem(connection.settings_dict, "NAME", server.database)
    yield server
    connection.close()


def texts(sandbox) -> list[str]:
    return sorted(sent["body"] for sent in sandbox.twilio.messages(FIRST))


def are_texted_once(sandbox, numbers) -> bool:
    sent = texts(sandbox)
    return len(sent) == len(numbers) and all(any(n in body for body in sent) for n in numbers)


def test_postgres_is_killed_under_a_worker_that_is_texting(
    own_postgres, shop, sandbox, broker, workers, wait_until
):
    workers.environment["DATABASE_URL"] = own_postgres.app_url
    workers.start()
    # Accepted by Twilio, and the worker still waits for the answer when its database dies.
    sandbox.twilio.add_fault("delay_after", method="POST", seconds=hurried.LEASE_S / 8)
    goods = shop()
    numbers = storm.pay_cakes(2, **goods)
    with storm.Background(lambda: storm.send_sweeps(broker.url()), every=0.5):
        wait_until(lambda: texts(sandbox), within=60)
        own_postgres.kill()
        before = workers.pids()
        own_postgres.start()
        connection.close()
        numbers += storm.pay_cakes(2, **goods)
        wait_until(lambda: are_texted_once(sandbox, numbers), within=60)
        wait_until(lambda: not storm.count_waiting(), within=60)
    assert workers.pids() == before, "the worker itself recovers"
    assert are_texted_once(sandbox, numbers), "and texts nobody again"
    assert Alert.objects.count() == len(numbers)
    assert not Message.objects.filter(maybe_duplicate=True).exists()


@pytest.fixture
def forgetful_broker(broker):
    """A broker that keeps nothing when it is killed."""
    with broker.client() as client:
        client.config_set("appendonly", "no")
    broker.durable = False
    return broker


def kill_and_start(broker) -> int:
    """Kill the broker, start it empty, and return how much had waited in it."""
    with broker.client() as client:
        waiting = sum(client.llen(key) for key in client.keys("bakery:*") if is_queue(key))
    broker.kill()
    broker.start()
    with broker.client() as client:
        assert client.dbsize() == 0
    return waiting


def is_queue(key: bytes) -> bool:
    return key.removeprefix(b"bakery:") in {b"critical", b"default"}


def test_the_broker_forgets_what_waited_and_no_cake_is_missed(
    shop, sandbox, forgetful_broker, drain_outbox
):
    numbers = storm.pay_cakes(3, **shop())
    assert kill_and_start(forgetful_broker) > 0
    assert tasks.sweep_outbox() > 0
    drain_outbox()
    assert are_texted_once(sandbox, numbers)


def publish_on_commit_only(event, *, key, at, not_before=None) -> int:
    """Do what `outbox.emit` is there to avoid: a task with the payload, and no row."""
    del key, at, not_before

    def publish():
        # The app's own producers stay with the broker that this process met first.
        with tasks._nudging().acquire(block=True) as producer:
            said = [event.kind, event.payload()]
            app.send_task("tests.react", said, queue="critical", producer=producer)

    transaction.on_commit(publish)
    return 1


@pytest.mark.control
def test_control_published_on_commit_only_the_cakes_are_missed(
    shop, sandbox, forgetful_broker, drain_outbox, monkeypatch
):
    goods = shop()
    monkeypatch.setattr(settling.outbox, "emit", publish_on_commit_only)
    storm.pay_cakes(3, **goods)
    assert kill_and_start(forgetful_broker) > 0
    assert tasks.sweep_outbox() == 0
    drain_outbox()
    assert texts(sandbox) == []
    assert not Alert.objects.exists()


def test_the_guard_of_the_control_is_the_one_in_use():
    assert settling.outbox is outbox
