"""The files of one running clone, all below its `var/`: two clones share nothing."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from bakery.sandbox.engines.processes import can_reach, find_unprivileged_user

ROOT = Path(__file__).resolve().parents[3]
# For a clone that PostgreSQL's unprivileged user cannot enter (below root's 0700 home).
ELSEWHERE = Path("/var/lib/bakery-sandbox")


class AlreadyRunning(Exception):
    """Another process serves this clone; ``pid`` is its number."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"this clone is already running (process {pid}); stop that one first")
        self.pid = pid


class Installation:
    """Where one clone keeps its state; ``BAKERY_VAR`` moves it away from `var/`."""

    def __init__(self, var: Path | None = None) -> None:
        self.var = (var or Path(os.environ.get("BAKERY_VAR") or ROOT / "var")).resolve()
        self.run = self.var / "run"

    @property
    def keys_file(self) -> Path:
        """Generated secrets."""
        return self.var / "keys.json"

    @property
    def valkey(self) -> Path:
        """Valkey's folder."""
        return self.var / "valkey"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's folder, moved out of the clone only where that is unavoidable."""
        user = find_unprivileged_user()
        if can_reach(user, self.var):
            return self.var / "postgres"
        name = hashlib.sha256(str(self.var).encode()).hexdigest()[:12]
        return ELSEWHERE / f"{self.var.parent.name}-{name}"

    def prepare(self) -> None:
        """Create the folders."""
        self.var.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)

    def read(self, name: str) -> Any:
        """Return what :meth:`write` stored under ``name``, or None."""
        try:
            return json.loads((self.run / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Store ``value`` as JSON that only this user reads, whole or not at all."""
        target = self.run / name
        part = target.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(value, indent=2), encoding="utf-8")
        part.replace(target)

    def forget(self, *names: str) -> None:
        """Remove stored values."""
        for name in names:
            (self.run / name).unlink(missing_ok=True)

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Hold this clone for this process; AlreadyRunning when another one does.

        The lock is POSIX's: the kernel drops it with the process, and children, which may
        outlive a killed supervisor, do not inherit it.
        """
        self.prepare()
        with (self.run / "lock").open("a+") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                raise AlreadyRunning(int(lock.read().strip() or 0)) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def is_running(self) -> bool:
        """Tell whether some process holds this clone."""
        try:
            with (self.run / "lock").open("a+") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def note_processes(self, pids: dict[str, int]) -> None:
        """Remember the processes started, to clear them away if we are killed."""
        known = {}
        for name, pid in pids.items():
            try:
                known[name] = [pid, psutil.Process(pid).create_time()]
            except psutil.NoSuchProcess:
                continue
        self.write("processes.json", known)

    def clear_left_over(self) -> list[str]:
        """End what a killed supervisor left behind and return the names."""
        ended = []
        for name, (pid, born) in (self.read("processes.json") or {}).items():
            try:
                process = psutil.Process(pid)
                # The number alone may have gone to a stranger: the birth time must agree.
                if abs(process.create_time() - born) > 1:
                    continue
                for member in (*process.children(recursive=True), process):
                    member.kill()
                process.wait(5)
                ended.append(name)
            except (psutil.NoSuchProcess, psutil.TimeoutExpired):
                continue
        self.forget("processes.json", "environment.json", "ready.json")
        return ended

    def remove(self) -> None:
        """Delete everything, the demo's data included."""
        postgres = self.postgres
        for folder in (postgres, self.var):
            shutil.rmtree(folder, ignore_errors=True)
