"""The test harness itself: what every other test relies on."""

import os
import subprocess
import sys
import threading

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from bakery.sandbox.engines.baseline import record_baseline
from bakery.sandbox.engines.database import ensure_database, prepare_database
from bakery.sandbox.engines.elsewhen import MOMENT, SHIFT
from bakery.sandbox.engines.pytest_plugin import current_run
from tests.harness import run_parallel


@pytest.fixture
def scratch():
    """An empty database on the run's server, as superuser."""
    engine = current_run().engine()
    with engine.connect() as server:
        server.execute("DROP DATABASE IF EXISTS scratch WITH (FORCE)")
        ensure_database(server, name="scratch")
    with engine.connect("scratch") as database:
        yield database
    with engine.connect() as server:
        server.execute("DROP DATABASE scratch WITH (FORCE)")


def test_restore_brings_back_first_rows_past_triggers_and_foreign_keys(scratch):
    scratch.execute("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
        CREATE TABLE kind (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,
                           loud text GENERATED ALWAYS AS (upper(name)) STORED);
        CREATE TABLE ledger (id bigint PRIMARY KEY, kind_id bigint REFERENCES kind);
        CREATE TRIGGER fixed BEFORE UPDATE OR DELETE ON ledger
            FOR EACH ROW EXECUTE FUNCTION refuse();
        INSERT INTO kind (name) VALUES ('sale'), ('waste');
    """)
    assert record_baseline(scratch) == ["kind"]
    scratch.execute("INSERT INTO ledger VALUES (1, 1)")
    scratch.execute("UPDATE kind SET name = 'spoiled' WHERE id = 2")
    scratch.execute("INSERT INTO kind (name) VALUES ('gift')")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        scratch.execute("DELETE FROM ledger")
    assert scratch.execute("SELECT baseline.restore()").fetchone() == (2,)
    assert scratch.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
    assert scratch.execute("SELECT id, name, loud FROM kind ORDER BY id").fetchall() == [
        (1, "sale", "SALE"),
        (2, "waste", "WASTE"),
    ]
    assert scratch.execute("SHOW session_replication_role").fetchone() == ("origin",)


def test_run_time_role_may_restore_but_change_no_structure(scratch):
    run = current_run()
    engine = run.engine()
    keys = run.keys
    prepare_database(
        engine,
        name="scratch",
        owner_password=keys["OWNER_PASSWORD"],
        app_password=keys["APP_PASSWORD"],
    )
    record_baseline(scratch)
    url = engine.url(role="bakery_app", password=keys["APP_PASSWORD"], database="scratch")
    with psycopg.connect(url, autocommit=True) as app:
        assert app.execute("SELECT baseline.restore()").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SET session_replication_role = replica")


@pytest.mark.django_db(transaction=True)
def test_rows_of_a_committing_test_are_gone_in_the_next_part_one():
    ContentType.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("INSERT INTO django_session VALUES ('left', 'x', now())")


@pytest.mark.django_db(transaction=True)
def test_rows_of_a_committing_test_are_gone_in_the_next_part_two():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
    assert ContentType.objects.exists()
    assert Permission.objects.exists()


@pytest.mark.django_db
def test_django_runs_as_the_run_time_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone()[0] == "bakery_app"
        with pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute("CREATE TABLE public.mine (id int)")


def test_app_owner_and_superuser_connections_share_the_database(
    app_role_connection, owner_connection, superuser_connection
):
    question = "SELECT current_database(), current_user"
    rows = [
        c.execute(question).fetchone()
        for c in (app_role_connection, owner_connection, superuser_connection)
    ]
    assert len({database for database, _ in rows}) == 1
    assert [user for _, user in rows] == ["bakery_app", "bakery_owner", "postgres"]


def test_parallel_releases_all_at_once_and_hands_back_exceptions():
    inside = threading.Barrier(8)

    def meet(number):
        # Passes only when all eight are inside at the same time.
        inside.wait(5)
        if number == 3:
            raise ValueError("three")
        return number

    results = run_parallel(8, meet)
    assert isinstance(results[3], ValueError)
    assert [r for i, r in enumerate(results) if i != 3] == [0, 1, 2, 4, 5, 6, 7]


def test_parallel_says_how_many_hang():
    release = threading.Event()
    try:
        with pytest.raises(TimeoutError, match="1 of 2"):
            run_parallel(2, lambda n: release.wait(5) if n else None, timeout=0.2)
    finally:
        release.set()


@pytest.mark.django_db(transaction=True)
def test_parallel_leaves_no_connection_behind(superuser_connection, wait_until):
    def ask(_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()

    def others():
        row = superuser_connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'bakery_app'"
            " AND datname = current_database()"
        ).fetchone()
        return row[0]

    before = others()
    assert run_parallel(6, ask) == [(1,)] * 6
    wait_until(lambda: others() <= before)


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_the_internet_is_out_of_reach():
    import socket

    import pytest_socket

    with pytest.raises(pytest_socket.SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.fault
def test_further_postgres_has_the_migrated_database_and_survives_kill(postgres_server_factory):
    server = postgres_server_factory()
    with psycopg.connect(server.app_url) as app:
        assert app.execute("SELECT count(*) > 0 FROM django_migrations").fetchone() == (True,)
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.app_url, connect_timeout=1)
    server.start()
    with psycopg.connect(server.owner_url) as owner:
        assert owner.execute("SELECT 1").fetchone() == (1,)


SAY_WHEN = "from datetime import UTC, datetime; print(datetime.now(UTC).isoformat()[:15])"
TRAVEL = f"""
import subprocess, sys
from bakery.sandbox.engines.elsewhen import travel_if_asked
travel_if_asked()
{SAY_WHEN}
sys.stdout.flush()
subprocess.run([sys.executable, "-c", {SAY_WHEN!r}], check=True)
"""


def say_when(moment):
    environment = {name: value for name, value in os.environ.items() if name != SHIFT}
    done = subprocess.run(
        [sys.executable, "-c", TRAVEL],
        env={**environment, MOMENT: moment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split(), done.stderr


def test_a_run_at_another_moment_takes_the_processes_it_starts_along():
    # Wall time in Toronto, where the clocks are five hours behind in winter.
    assert say_when("2028-02-29 18:01")[0] == ["2028-02-29T23:0"] * 2
    assert say_when("2027-07-01T12:01:00+00:00")[0] == ["2027-07-01T12:0"] * 2
    said, error = say_when("next Monday")
    assert said == []
    assert "next Monday" in error
