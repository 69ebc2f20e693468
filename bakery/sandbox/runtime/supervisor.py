"""The processes of the Procfile under honcho, watched together with the engines."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from honcho import manager as honcho_manager
from honcho.environ import parse_procfile
from honcho.printer import Printer

from bakery.sandbox.runtime.installation import ROOT, Installation

# honcho kills what has not ended after this; workers finish a task in hand in less.
honcho_manager.KILL_WAIT = 15
WATCH_SECONDS = 0.5


class _GentleEnds:
    """Ends the process itself rather than its whole group.

    A Celery or gunicorn parent that is told to stop lets its children finish; told alongside
    their parent, the children would drop what they hold.
    """

    def terminate(self, pid: int) -> None:
        """Ask one process to stop."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        """Kill a process with its whole group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


class Supervisor(honcho_manager.Manager):
    """Runs until a signal, a crashed process or a dead engine; ``fault`` then names the cause."""

    def __init__(
        self, installation: Installation, engines: Mapping[str, Callable[[], bool]]
    ) -> None:
        super().__init__(Printer(sys.stdout))
        self.fault = ""
        self.stopping = threading.Event()
        self._ended = threading.Event()
        self._procmgr = _GentleEnds()
        self._installation = installation
        self._engines = dict(engines)

    def add_procfile(self, names: list[str], env: dict[str, str]) -> None:
        """Add the named processes of the Procfile."""
        lines = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes
        for name in names:
            # `exec` leaves no shell between us and the process that must get our signals.
            self.add_process(name, f"exec {lines[name]}", env=env, cwd=str(ROOT))

    def run(self, when_started: Callable[["Supervisor"], None]) -> str:
        """Serve until told to stop; return why it stopped, empty for a signal."""
        helpers = [
            threading.Thread(target=self._watch, daemon=True),
            threading.Thread(target=when_started, args=(self,), daemon=True),
        ]
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        with _own_terminal():
            for helper in helpers:
                helper.start()
            self.loop()
        self.stopping.set()
        self._ended.set()
        helpers[0].join()
        return self.fault

    def terminate(self) -> None:
        """Stop everything, noting first who stopped by himself."""
        if not self.stopping.is_set():
            ended = [
                f"{name} stopped unexpectedly (exit code {process['returncode']})"
                for name, process in self._processes.items()
                if process.get("returncode") is not None
            ]
            self.fault = self.fault or "; ".join(ended)
            self.stopping.set()
        super().terminate()

    def pids(self) -> dict[str, int]:
        """Return the processes that have started, by name."""
        known = {n: p["pid"] for n, p in self._processes.items() if p.get("pid")}
        relays = {
            f"{n}-relay": p["process"].pid for n, p in self._processes.items() if p.get("process")
        }
        return known | relays

    def _watch(self) -> None:
        noted = 0
        while not self._ended.wait(WATCH_SECONDS):
            pids = self.pids()
            if len(pids) != noted:
                self._installation.note_processes(pids)
                noted = len(pids)
            self._release_orphans()
            dead = [name for name, is_alive in self._engines.items() if not is_alive()]
            if dead and not self.stopping.is_set():
                self.fault = f"{', '.join(dead)} stopped unexpectedly"
                os.kill(os.getpid(), signal.SIGTERM)

    def _release_orphans(self) -> None:
        """End the children of a dead process.

        While they hold its output open, honcho would believe that it still runs.
        """
        for process in self._processes.values():
            pid = process.get("pid")
            if pid and process.get("returncode") is None and _is_dead(pid):
                self._procmgr.kill(pid)


def _is_dead(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def _own_terminal() -> Iterator[None]:
    """Take the terminal's Ctrl-C away from `make`, which would report an error for it.

    Ctrl-Z is ignored meanwhile: the shell watches make, not us, and would not notice.
    """
    if not sys.stdin.isatty() or os.getpgrp() == os.getpid():
        yield
        return
    before = os.getpgrp()
    ignored = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGTTOU, signal.SIGTSTP)}
    try:
        os.setpgid(0, 0)
        os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
        yield
    finally:
        with suppress(OSError):
            os.tcsetpgrp(sys.stdin.fileno(), before)
        for name, handler in ignored.items():
            signal.signal(name, handler)


def procfile_names(path: Path = ROOT / "Procfile") -> list[str]:
    """Return the names of the Procfile's processes in order."""
    return list(parse_procfile(path.read_text(encoding="utf-8")).processes)
