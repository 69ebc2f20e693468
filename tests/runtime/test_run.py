"""`make run` as a whole, on its own folder and ports: first start, second start, falls."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from bakery.sandbox.engines.ports import find_free_port, is_port_free
from bakery.sandbox.engines.pytest_plugin import VARIABLE, current_run
from bakery.sandbox.engines.trial import fingerprint
from bakery.sandbox.runtime.installation import Installation
from bakery.sandbox.runtime.platform import FILLED_FROM

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("WEB_PORT", "LIVE_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT")
pytestmark = [pytest.mark.fault, pytest.mark.timeout(700)]


class Run:
    """One `make run`, its output in a file."""

    def __init__(self, var, ports):
        # What the test run itself put into the environment would replace the embedded parts.
        foreign = {VARIABLE, *current_run().environment(worker=0, database="x")}
        clean = {n: v for n, v in os.environ.items() if n not in foreign}
        clean.pop("DJANGO_SETTINGS_MODULE", None)
        self.var = var
        # A cut-out of every demo picture would take the cores for half a minute: one is asked for.
        self.env = {**clean, "BAKERY_VAR": str(var), "CUTOUT_AUTOMATIC": "0", **ports}
        self.log = var.parent / f"{find_free_port()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bakery.sandbox.run"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def read(self, name):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return json.loads((self.var / "run" / name).read_text(encoding="utf-8"))
        return None

    def wait_ready(self, wait_until):
        wait_until(
            lambda: self.read("ready.json") or self.process.poll() is not None, 180, every=0.2
        )
        assert self.process.poll() is None, self.printed
        return self.read("environment.json")

    def family(self):
        top = psutil.Process(self.process.pid)
        return [(p.pid, p.create_time()) for p in (top, *top.children(recursive=True))]


ASK_FOR_A_CUTOUT = """
import django
django.setup()
from apps.catalog import services
from apps.catalog.models import Picture
from bakery.kernel import clock
services.request_cutout(picture_id=Picture.objects.order_by("pk")[0].pk, at=clock.now())
"""


def survivors(family):
    alive = []
    for pid, born in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.name())
    return alive


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder and ports shared by the starts below."""
    var = tmp_path_factory.mktemp("run") / "var"
    yield var, {name: str(find_free_port()) for name in PORTS}
    # Under root the cluster lies elsewhere, since pytest's folders are closed to its user.
    Installation(var).remove()


@pytest.fixture(scope="module", autouse=True)
def sources_at_start():
    """What the first start is prepared from."""
    return fingerprint(*FILLED_FROM)


@pytest.fixture
def start(home):
    runs = []

    def make():
        run = Run(*home)
        runs.append(run)
        return run

    yield make
    for run in runs:
        with contextlib.suppress(psutil.NoSuchProcess):
            for pid, _ in run.family():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_first_start_serves_everything_and_stops_cleanly(start, wait_until):
    run = start()
    env = run.wait_ready(wait_until)
    readyz = f"{env['PUBLIC_BASE_URL']}/readyz"

    def is_ready():
        # Unavailable, while migrations are being looked up, is an HTTPError.
        try:
            with urllib.request.urlopen(readyz, timeout=60) as reply:
                return json.loads(reply.read())["status"] == "ready"
        except urllib.error.URLError:
            return False

    # Ready means a heartbeat that beat sent, the broker carried and a worker wrote.
    wait_until(is_ready, 90, every=0.5)
    assert "demo logins" in run.printed
    with psycopg.connect(env["DATABASE_URL"]) as shop:
        assert shop.execute("SELECT current_user").fetchone() == ("bakery_app",)
        shop.execute("INSERT INTO django_session VALUES ('kept', 'x', now() + interval '1 day')")

    # First, because the worker for pictures gives way to everything else.
    subprocess.run([sys.executable, "-c", ASK_FOR_A_CUTOUT], cwd=ROOT, env=env, check=True)
    order = subprocess.run(
        [sys.executable, "-m", "bakery.sandbox.run", "demo-order"],
        cwd=ROOT,
        env=run.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert order.returncode == 0, order.stdout + order.stderr
    assert "is paid and handed over" in order.stdout
    second = subprocess.run(
        [sys.executable, "-m", "bakery.sandbox.run"],
        cwd=ROOT,
        env=run.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"already running (process {run.process.pid})" in second.stdout

    # The worker for pictures, which gives way to all else, has cut out the one asked for. One
    # connection that asks now and then: connecting fifty times a second would take its core.
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as shop:
        query = "SELECT status FROM catalog_cutout WHERE status NOT IN ('queued', 'running')"
        ended = wait_until(lambda: shop.execute(query).fetchall(), 330, every=0.5)
    # Ids are random, so that the first picture is any; of some the outline is doubtful.
    assert ended in ([("done",)], [("flagged",)])

    family = run.family()
    assert len(family) > 10
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(60) == 0, run.printed
    assert run.printed.rstrip().endswith("closed; all data is kept")
    assert survivors(family) == []
    assert all(is_port_free(int(run.env[name])) for name in PORTS)


def test_second_start_keeps_data_and_a_killed_process_stops_all(
    start, wait_until, sources_at_start
):
    run = start()
    env = run.wait_ready(wait_until)
    # Sources that were edited since the first start are the one reason to migrate again.
    changed = fingerprint(*FILLED_FROM) != sources_at_start
    assert ("migrating" in run.printed) is changed
    with psycopg.connect(env["DATABASE_URL"]) as shop:
        kept = shop.execute("SELECT count(*) FROM django_session WHERE session_key = 'kept'")
        assert kept.fetchone() == (1,)
    family = run.family()
    workers = wait_until(lambda: (run.read("processes.json") or {}).get("worker"))
    os.kill(workers[0], signal.SIGKILL)
    assert run.process.wait(60) == 1, run.printed
    assert "worker stopped unexpectedly" in run.printed.splitlines()[-1]
    wait_until(lambda: survivors(family) == [])
