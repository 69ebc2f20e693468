"""The embedded engines: durable, restartable, and closed to strangers."""

import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from bakery.sandbox.engines.ports import find_free_port, is_port_free
from bakery.sandbox.engines.postgres import PostgresEngine


def test_valkey_keeps_acknowledged_writes_over_kill(valkey_server_factory, wait_until):
    engine = valkey_server_factory()
    with engine.client() as client:
        client.set("order", "kept")
        wait_until(
            lambda: (
                b"order"
                in (engine.directory / "appendonlydir")
                .joinpath(
                    next(
                        p.name
                        for p in (engine.directory / "appendonlydir").iterdir()
                        if ".incr." in p.name
                    )
                )
                .read_bytes()
            )
        )
    engine.kill()
    assert not engine.is_alive()
    engine.start()
    with engine.client() as client:
        assert client.get("order") == b"kept"


def test_valkey_refuses_rather_than_forgets(valkey_server_factory):
    with valkey_server_factory().client() as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_second_server_on_a_taken_port_says_so(valkey_server_factory, tmp_path):
    taken = valkey_server_factory()
    assert not is_port_free(taken.port)
    second = type(taken)(directory=tmp_path / "second", port=taken.port)
    with pytest.raises(RuntimeError, match=f"Valkey did not start on port {taken.port}"):
        second.start()


@pytest.fixture
def durable_postgres(tmp_path_factory):
    from bakery.sandbox.engines.pytest_plugin import current_run

    # pytest's own temporary folders are closed to the user that runs PostgreSQL under root.
    folder = Path(tempfile.mkdtemp(dir=current_run().folder))
    folder.chmod(0o711)
    engine = PostgresEngine(
        directory=folder,
        port=find_free_port(),
        password="a'b c$d",
        durable=True,
    )
    engine.initialise()
    engine.start()
    yield engine
    engine.stop_at_once()


@pytest.mark.fault
def test_postgres_keeps_commits_over_kill(durable_postgres):
    with durable_postgres.connect() as connection:
        connection.execute("CREATE TABLE proof (n integer)")
        connection.execute("INSERT INTO proof VALUES (42)")
    durable_postgres.kill()
    durable_postgres.start()
    with durable_postgres.connect() as connection:
        assert connection.execute("SELECT n FROM proof").fetchone() == (42,)


@pytest.mark.fault
def test_postgres_adopts_a_cluster_whose_server_was_left_running(durable_postgres):
    stranger = PostgresEngine(
        directory=durable_postgres.directory,
        port=find_free_port(),
        password=durable_postgres.password,
        durable=True,
    )
    first = durable_postgres.process.pid
    stranger.start()
    assert stranger.process.pid != first
    assert durable_postgres.process.wait(60) == 0
    stranger.stop()


def test_a_cluster_without_its_keys_is_kept_and_makes_room(durable_postgres):
    with durable_postgres.connect() as connection:
        connection.execute("CREATE TABLE proof (n integer)")
    durable_postgres.stop()
    aside = durable_postgres.set_aside()
    assert (aside / "PG_VERSION").exists()
    assert not durable_postgres.is_initialised()
    durable_postgres.password = "another"
    durable_postgres.initialise()
    durable_postgres.start()
    with durable_postgres.connect() as connection:
        assert connection.execute("SELECT to_regclass('proof')").fetchone() == (None,)


def test_postgres_asks_for_a_password_and_listens_on_loopback_only(durable_postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host="127.0.0.1", port=durable_postgres.port, user="postgres", password="wrong"
        )
    with durable_postgres.connect() as connection:
        shown = connection.execute("SHOW listen_addresses").fetchone()
        assert shown == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_engines_end_with_a_killed_owner(tmp_path, wait_until):
    script = (
        "import sys, time; from pathlib import Path;"
        "from bakery.sandbox.engines.valkey import ValkeyEngine;"
        "e = ValkeyEngine(directory=Path(sys.argv[1]), port=int(sys.argv[2])); e.start();"
        "print(e.process.pid, flush=True); time.sleep(60)"
    )
    port = find_free_port()
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert int(owner.stdout.readline()) > 0
    assert not is_port_free(port)
    owner.kill()
    owner.wait()
    wait_until(lambda: is_port_free(port))
