"""Liveness is the process alone; readiness is whether the shop can take an order."""

import os
import signal
from datetime import timedelta

import psutil
import pytest
from django.db import connection

from bakery.edge import health
from bakery.kernel import clock, heartbeats, outbox
from bakery.sandbox.engines.ports import find_free_port

pytestmark = [pytest.mark.urls("tests.edge.urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _forget():
    health.Migrations.applied = False
    yield
    health.Migrations.applied = False


@pytest.fixture(autouse=True)
def _patient(request, monkeypatch):
    """Let checks take their time on a busy machine, except where one must be given up."""
    if "postgres_server_factory" not in request.fixturenames:
        for check in health.Readiness.checks:
            monkeypatch.setattr(check, "timeout", timedelta(seconds=60))


@pytest.fixture
def database_at(monkeypatch):
    """Point every new connection of every thread to another server."""

    def move(port):
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "PORT", port)

    yield move
    connection.close()


@pytest.fixture
def valkey_at(settings):
    def move(port):
        settings.CACHES = {
            "default": {
                **settings.CACHES["default"],
                "LOCATION": f"redis://127.0.0.1:{port}/0",
            }
        }

    return move


def readiness(web):
    reply = web.get("/readyz")
    return reply.status_code, reply.json()["checks"]


def test_all_is_well(web):
    for name in ("worker", heartbeats.BEAT, *map(heartbeats.of_queue, outbox.QUEUES)):
        heartbeats.beat(name, at=clock.now())
    status, checks = readiness(web)
    assert set(checks) == {"database", "migrations", "cache", "worker", "beat", "queues"}
    assert set(checks.values()) == {"ok"}
    assert status == 200
    assert web.get("/readyz").json()["status"] == "ready"


def test_the_probe_leaves_no_rows(web):
    readiness(web)
    assert not heartbeats.Heartbeat.objects.exists()


def test_without_a_worker_the_shop_is_degraded_but_open(web):
    status, checks = readiness(web)
    assert (status, checks["worker"]) == (200, "no heartbeat for a minute")
    assert checks["beat"] == "no heartbeat for a minute"


def test_readiness_names_the_queues_that_nobody_serves(web):
    for queue in (outbox.CRITICAL, outbox.DEFAULT, outbox.DOCUMENTS):
        heartbeats.beat(heartbeats.of_queue(queue), at=clock.now())
    late = clock.now() - heartbeats.QUEUE_PATIENCE - timedelta(seconds=1)
    heartbeats.beat(heartbeats.of_queue(outbox.MEDIA), at=late)
    status, checks = readiness(web)
    assert (status, checks["queues"]) == (200, "nobody serves media, ml")


def test_without_its_database_the_shop_is_not_ready_yet_alive(web, database_at):
    database_at(find_free_port())
    status, checks = readiness(web)
    assert status == 503
    assert checks["database"] == "no write possible"
    assert checks["cache"] == "ok"
    assert web.get("/livez").json() == {"status": "alive"}
    assert web.get("/page/open").status_code == 200


@pytest.mark.fault
def test_a_hanging_database_is_noticed_within_a_second(web, database_at, postgres_server_factory):
    server = postgres_server_factory()
    for process in psutil.process_iter():
        if owns_port(process, server.engine.port):
            break
    else:
        pytest.fail("no process listens on the further server's port")
    database_at(server.engine.port)
    os.kill(process.pid, signal.SIGSTOP)
    # The reply comes while the database still hangs; it would do so for ever.
    try:
        status, checks = readiness(web)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert (status, checks["database"]) == (503, "no answer within a second")


def owns_port(process, port):
    try:
        return any(
            item.status == psutil.CONN_LISTEN and item.laddr.port == port
            for item in process.net_connections("tcp")
        )
    except psutil.Error:
        return False


def test_without_valkey_the_shop_is_degraded_but_open(web, valkey_at):
    valkey_at(find_free_port())
    status, checks = readiness(web)
    assert (status, checks["cache"]) == (200, "no answer")
    assert web.get("/livez").status_code == 200
    assert web.get("/page/open").status_code == 200


def test_a_pending_migration_is_not_ready(web, owner_connection):
    [name] = owner_connection.execute(
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations"
        " WHERE app = 'kernel') RETURNING name"
    ).fetchone()
    try:
        status, checks = readiness(web)
    finally:
        owner_connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('kernel', %s, now())",
            [name],
        )
    assert status == 503
    assert checks["migrations"] == "1 pending"


def test_a_read_only_database_is_not_ready(web, superuser_connection):
    # In this database only: the role works in those of other test processes as well.
    role = f"ALTER ROLE bakery_app IN DATABASE {superuser_connection.info.dbname}"
    superuser_connection.execute(f"{role} SET default_transaction_read_only = on")
    try:
        connection.close()
        status, checks = readiness(web)
    finally:
        superuser_connection.execute(f"{role} RESET default_transaction_read_only")
        connection.close()
    assert (status, checks["database"]) == (503, "no write possible")


def test_readiness_says_nothing_that_helps_an_intruder(web, database_at):
    database_at(find_free_port())
    text = web.get("/readyz").content.decode()
    assert "127.0.0.1" not in text
    assert "password" not in text.lower()
    assert "Traceback" not in text
