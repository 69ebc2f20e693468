"""Time that can be moved, and processes that can be killed."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bakery.kernel import clock, outbox
from tests.kernel import relaying

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def later(monkeypatch):
    """Let the kernel's clock run ahead by so many seconds."""
    real = clock.now

    def move(seconds):
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=seconds))

    return move


@pytest.fixture
def nudges(monkeypatch):
    """Collect the queues that a relay is woken for, in place of Celery."""
    woken = []
    monkeypatch.setattr(outbox, "_nudge", woken.append)
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    return woken


@pytest.fixture(autouse=True)
def _clean_memory():
    relaying.STARTS.clear()
    relaying.SENT.clear()
    relaying.FAILURES.clear()


@pytest.fixture
def stalling(tmp_path, monkeypatch):
    """Make `relaying.stall` stall until told otherwise; ``.started()`` tells who is inside."""
    monkeypatch.setenv(relaying.FOLDER, str(tmp_path))

    class Stalling:
        def begin(self):
            (tmp_path / "stall").touch()

        def end(self):
            (tmp_path / "stall").unlink(missing_ok=True)

        def started(self):
            return [int(path.name.split("-")[1]) for path in tmp_path.glob("started-*")]

    handle = Stalling()
    handle.begin()
    yield handle
    handle.end()


@pytest.fixture
def spawn(tmp_path):
    """Start ``python -m ...`` on this test's engines; everything is killed at the end."""
    running = []

    def start(*arguments, **environment):
        with (tmp_path / f"output-{len(running)}").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "bakery.settings.test",
                    **environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process.output = lambda: Path(output.name).read_text()
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
