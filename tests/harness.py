"""Machinery behind the fixtures of tests/conftest.py."""

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

from bakery.sandbox.engines.database import APP, OWNER
from bakery.sandbox.engines.elsewhen import shift_in_seconds
from bakery.sandbox.engines.ports import LOOPBACK
from bakery.sandbox.engines.postgres import PostgresEngine


def run_parallel(n: int, function: Callable[[int], Any], timeout: float = 120) -> list[Any]:
    """Call ``function(0)`` to ``function(n-1)`` in threads that start at one barrier.

    Returns the results in order; an exception raised by a call stands in for its result. A call
    that does not end within ``timeout`` seconds is a TimeoutError naming how many hang.
    """
    from django.db import connections

    results: list[Any] = [None] * n
    barrier = threading.Barrier(n)

    def work(number: int) -> None:
        try:
            barrier.wait(timeout)
            results[number] = function(number)
        except Exception as error:  # noqa: BLE001 - handed to the test as this call's outcome
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
    hanging = sum(thread.is_alive() for thread in threads)
    if hanging:
        raise TimeoutError(f"{hanging} of {n} parallel calls did not end within {timeout} s")
    return results


def patience(seconds: float = 0.5) -> float:
    """Return how long one of two that race waits for the other, in seconds.

    With the guard on it waits in vain, so briefly. With the guard off, in a control test, the two
    must meet however slow the machine is.
    """
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2]
    return 60 if test.startswith("test_control_") else seconds


def find_chromium() -> str | None:
    """Return the system's Chromium, or the one that BAKERY_CHROMIUM names."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    named = os.environ.get("BAKERY_CHROMIUM")
    return named or next((path for name in names if (path := shutil.which(name))), None)


_SHIFTED_DATE = """(() => {
  const Real = Date, shift = %d;
  const now = () => Real.now() + shift;
  window.Date = new Proxy(Real, {
    construct: (target, given, made) =>
      Reflect.construct(target, given.length ? given : [now()], made),
    apply: () => new Real(now()).toString(),
    get: (target, name) => name === "now" ? now : Reflect.get(target, name),
  });
})();"""


def shift_clock_of_pages(patch: pytest.MonkeyPatch) -> None:
    """Let pages read the moment at which this run lives; nothing changes in a usual run."""
    if not (shift := shift_in_seconds()):
        return
    from playwright.sync_api import Browser

    for name in ("new_context", "new_page"):
        opened = getattr(Browser, name)

        def open_shifted(browser: Any, *args: Any, opened: Any = opened, **options: Any) -> Any:
            window = opened(browser, *args, **options)
            window.add_init_script(_SHIFTED_DATE % (shift * 1000))
            return window

        patch.setattr(Browser, name, open_shifted)


@dataclass(frozen=True)
class TrialPostgres:
    """A further server with the migrated database, and its addresses."""

    engine: PostgresEngine
    keys: dict[str, str]
    database: str

    @property
    def app_url(self) -> str:
        """DATABASE_URL of the run-time role."""
        return self.engine.url(role=APP, password=self.keys["APP_PASSWORD"], database=self.database)

    @property
    def owner_url(self) -> str:
        """DATABASE_URL of the owner role."""
        return self.engine.url(
            role=OWNER, password=self.keys["OWNER_PASSWORD"], database=self.database
        )

    def start(self) -> None:
        """Start again after :meth:`kill`."""
        self.engine.start()

    def kill(self) -> None:
        """kill -9, children too."""
        self.engine.kill()


class RunningRequests:
    """Counts what the live server is still answering when a test is over.

    A callback of the sandbox may arrive in a test's last moment; it must end before the rows are
    put back, or it writes into the next test.
    """

    def __init__(self) -> None:
        self._running, self._changed = 0, threading.Condition()
        request_started.connect(self._begin, weak=False)
        request_finished.connect(self._end, weak=False)

    def _begin(self, **_: Any) -> None:
        with self._changed:
            self._running += 1

    def _end(self, **_: Any) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def wait_until_done(self, within: float = 20) -> None:
        """Return when nothing is being answered, or after ``within`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._running <= 0, within)
            self._running = 0


class LiveSockets:
    """`bakery.asgi:application` on uvicorn in a thread of this process."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self.ws_url = f"ws://{LOOPBACK}:{port}"
        self._port = port

    def __enter__(self) -> "LiveSockets":
        import uvicorn

        from bakery.asgi import application

        self._server = uvicorn.Server(
            uvicorn.Config(
                application, host=LOOPBACK, port=self._port, log_level="warning", lifespan="off"
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        waiting = threading.Event()
        for _ in range(6000):
            if self._server.started:
                return self
            waiting.wait(0.01)
        raise RuntimeError("the socket server did not start within 60 s")

    def __exit__(self, *exc: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
