"""What every test may use.

Engines. A run has its own PostgreSQL 18 and Valkey, thrown away at the end; each xdist worker has
its own database (a copy of the migrated template) and its own Valkey databases, emptied before
each test. Django's connection is the run-time role `bakery_app`, as in production: it cannot
change structure nor rewrite append-only tables. Tests that must (to switch a guard off for a
control, to tamper) take `owner_connection` or `superuser_connection`.

Rows. `db` (or `@pytest.mark.django_db`) rolls back. `transactional_db` (or
`django_db(transaction=True)`, needed for threads and live servers) commits, and afterwards the
database is put back to what migrations and `sync_roles` left: groups, permissions and content
types are there in every test.

Fixtures:
- `app_role_connection`, `owner_connection`, `superuser_connection`: autocommit psycopg
  connections to this worker's database.
- `parallel(n, fn)`: `fn(0)` ... `fn(n-1)` in threads released together; returns a
  list of results, an exception being its own result. Connections are closed for you.
- `drain_outbox()`: carries out everything in the outbox that is due; returns the count.
- `sandbox`: the local Stripe, Twilio and SMTP on the addresses that settings already name;
  started on first use, reset before each test that asks for it.
- `storage`: public and private files, and those of receipts, in folders of the test alone.
- `live_server` (pytest-django): the WSGI application over HTTP, on this worker's database.
- `live_sockets`: the ASGI application (`/ws/`) over HTTP; `.url`, `.ws_url`.
- `browser`: headless Chromium (playwright, sync), nothing open in it; one for each module.
  Skipped, loudly, where Chromium is missing.
- `valkey_server_factory()`, `postgres_server_factory()`: a further engine, started, to be killed
  and restarted (`.kill()`, `.start()`); PostgreSQL's has the migrated database `DATABASE`, its
  addresses are `.app_url`, `.owner_url`.
- `wait_until(condition, within=60, every=0.02)`: polls; fails with the condition's last value.
"""

import gc
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql  # noqa: F401 - for tests that build statements

from bakery.sandbox.engines.database import APP, OWNER
from bakery.sandbox.engines.ports import find_free_port
from bakery.sandbox.engines.postgres import PostgresEngine
from bakery.sandbox.engines.pytest_plugin import (
    BROWSER_REASON,
    current_run,
    database_name,
    worker_number,
)
from bakery.sandbox.engines.trial import (
    DATABASES_PER_WORKER,
    TEMPLATE,
    copy_template,
)
from bakery.sandbox.engines.valkey import ValkeyEngine
from tests.harness import (
    LiveSockets,
    RunningRequests,
    TrialPostgres,
    find_chromium,
    run_parallel,
    shift_clock_of_pages,
)

DATABASE = TEMPLATE
# Files that take longest, which therefore start first: at the end workers would wait for them.
LONGEST_FILES = (
    "runtime/test_run.py",
    "architecture/test_access_matrix.py",
    "faults/test_thousand.py",
    "faults/test_absurd_input.py",
    "kernel/test_relay_crash.py",
    "faults/test_engines_killed.py",
    "payments/test_crash.py",
    "payments/test_refund_crash.py",
    "books/test_reconciling.py",
    "live/test_board_page.py",
    "custom_cakes/test_story.py",
    "accounts/test_mailboxes.py",
    "accounts/test_limits.py",
    "inventory/test_model.py",
    "inventory/test_races.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep xdist from starting the files with the fewest tests last: those take longest."""
    config.option.loadscopereorder = False


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the tests' modules as well; see `kernel.apps`."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first and leave all others in order."""
    files = [Path(__file__).parent / name for name in LONGEST_FILES]
    items.sort(key=lambda item: files.index(item.path) if item.path in files else len(files))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Give this worker its database and make Django's flush restore the first rows."""
    from django.db import connection, connections
    from django.test import TransactionTestCase

    try:
        current_run().create_database(database_name())
    except Exception as error:  # noqa: BLE001 - whatever it was, each test must say it
        pytest.fail(str(error), pytrace=False)

    requests = RunningRequests()

    def restore(case: TransactionTestCase) -> None:
        requests.wait_until_done()
        with connection.cursor() as cursor:
            cursor.execute("SELECT baseline.restore()")

    TransactionTestCase._fixture_teardown = restore
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session")
def _valkey_of_run() -> Iterator[redis.Redis]:
    run = current_run()
    handle = ValkeyEngine(directory=Path(run.folder, "valkey"), port=run.valkey_port)
    with handle.client() as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_valkey(_valkey_of_run: redis.Redis) -> None:
    """Start each test with no limits counted, nothing cached and nothing queued."""
    first = worker_number() * DATABASES_PER_WORKER
    # One connection for all tests and one round trip for each: this runs thousands of times.
    with _valkey_of_run.pipeline(transaction=False) as pipe:
        for database in range(first, first + DATABASES_PER_WORKER):
            pipe.execute_command("SELECT", database)
            pipe.flushdb()
        pipe.execute()


def _connect(role: str, password: str) -> psycopg.Connection:
    engine = current_run().engine()
    url = engine.url(role=role, password=password, database=database_name())
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def app_role_connection(transactional_db: None) -> Iterator[psycopg.Connection]:
    """The run-time role, outside Django."""
    with _connect(APP, current_run().keys["APP_PASSWORD"]) as connection:
        yield connection


@pytest.fixture
def owner_connection(transactional_db: None) -> Iterator[psycopg.Connection]:
    """The owner of the tables: may change structure (put it back)."""
    with _connect(OWNER, current_run().keys["OWNER_PASSWORD"]) as connection:
        yield connection


@pytest.fixture
def superuser_connection(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A superuser: may do anything, for tampering."""
    with _connect("postgres", current_run().keys["POSTGRES_PASSWORD"]) as connection:
        yield connection


@pytest.fixture
def parallel() -> Callable[..., list[Any]]:
    """Run a function in n threads released at once; see :func:`tests.harness.run_parallel`."""
    return run_parallel


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Poll a condition until it is true and return its value."""

    def wait(condition: Callable[[], Any], within: float = 60, every: float = 0.02) -> Any:
        deadline = time.monotonic() + within
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"not true within {within} s; last value: {value!r}")
            time.sleep(every)
        return value

    return wait


@pytest.fixture
def drain_outbox() -> Callable[[], int]:
    """Carry out everything due in the outbox, also what that emits."""
    from bakery.kernel import outbox

    return outbox.drain_all


@pytest.fixture(scope="session")
def _sandbox_server() -> Iterator[Any]:
    from bakery.sandbox.config import SandboxConfig
    from bakery.sandbox.server import SandboxServer

    with SandboxServer(SandboxConfig.from_environment()) as server:
        yield server


@pytest.fixture
def sandbox(_sandbox_server: Any) -> Iterator[Any]:
    """The local Stripe, Twilio and SMTP, empty; what it still had to deliver ends with the test."""
    _sandbox_server.reset()
    yield _sandbox_server
    _sandbox_server.reset()


@pytest.fixture
def storage(settings, tmp_path):
    """Public and private files in folders of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    private = dict(settings.STORAGES["private"]["OPTIONS"], location=str(tmp_path / "private"))
    receipts = dict(settings.STORAGES["receipts"]["OPTIONS"], location=str(tmp_path / "receipts"))
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**settings.STORAGES["private"], "OPTIONS": private},
        "receipts": {**settings.STORAGES["receipts"], "OPTIONS": receipts},
    }


@pytest.fixture
def live_sockets(transactional_db: None) -> Iterator[LiveSockets]:
    """The ASGI application on a real port."""
    with LiveSockets(find_free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Any]:
    """One Chromium for the browser tests of a module: starting it costs most of a short test."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(BROWSER_REASON)
    from playwright.sync_api import expect, sync_playwright

    # Waiting costs time only where a test fails; on two busy cores a page may take its time.
    expect.set_options(timeout=60_000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's sync interface keeps an event loop in this thread until it ends (hence not
        # longer than a module); the ORM would refuse to work beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        shift_clock_of_pages(patch)
        window = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield window
        window.close()


@pytest.fixture
def browser(_chromium: Any) -> Iterator[Any]:
    """Headless Chromium without cookies, pages or anything kept from another test."""
    yield _chromium
    for context in _chromium.contexts:
        context.close()


@pytest.fixture
def valkey_server_factory(tmp_path: Path) -> Iterator[Callable[[], ValkeyEngine]]:
    """Start a further Valkey, durable, to be killed."""
    started: list[ValkeyEngine] = []

    def make() -> ValkeyEngine:
        engine = ValkeyEngine(directory=tmp_path / f"valkey{len(started)}", port=find_free_port())
        started.append(engine)
        engine.start()
        return engine

    yield make
    for engine in started:
        engine.kill()


@pytest.fixture
def postgres_server_factory() -> Iterator[Callable[[], TrialPostgres]]:
    """Start a further PostgreSQL with the migrated database, to be killed."""
    started: list[TrialPostgres] = []

    def make() -> TrialPostgres:
        run = current_run()
        if run.template_error:
            pytest.fail(run.template_error, pytrace=False)
        folder = Path(run.folder, f"further-{os.getpid()}-{threading.get_ident()}-{len(started)}")
        engine = PostgresEngine(
            directory=folder,
            port=find_free_port(),
            password=run.keys["POSTGRES_PASSWORD"],
            durable=False,
        )
        copy_template(run.template, engine)
        server = TrialPostgres(engine=engine, keys=run.keys, database=DATABASE)
        started.append(server)
        engine.start()
        return server

    yield make
    for server in started:
        server.engine.stop_at_once()
        shutil.rmtree(server.engine.directory, ignore_errors=True)
