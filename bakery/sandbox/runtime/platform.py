"""Bringing one installation up: engines, database, static files, processes; and down again."""

import hashlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from psycopg import sql

from bakery.sandbox.engines.database import prepare_database
from bakery.sandbox.engines.ports import LOOPBACK, find_free_port, is_port_free
from bakery.sandbox.engines.postgres import PostgresEngine
from bakery.sandbox.engines.trial import fingerprint
from bakery.sandbox.engines.valkey import ValkeyEngine
from bakery.sandbox.keys import load_keys
from bakery.sandbox.runtime.environment import (
    DATABASE,
    Misconfigured,
    Parts,
    Ports,
    compose_environment,
)
from bakery.sandbox.runtime.installation import ROOT, Installation
from bakery.sandbox.runtime.supervisor import Supervisor, procfile_names

DEFAULT_PORTS = {
    "WEB_PORT": 8000,
    "LIVE_PORT": 8001,
    "SANDBOX_PORT": 8002,
    "SANDBOX_SMTP_PORT": 8025,
}
ENGINE_PORTS = ("PG_PORT", "VALKEY_PORT")
# What decides the demo's rows and beat's schedule; a change of it runs the commands again.
FILLED_FROM = ("bakery/demo/**/*.py", "bakery/edge/schedules.py")
READY_WITHIN = 120


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def choose_ports(installation: Installation, env: Mapping[str, str]) -> dict[str, int]:
    """Return the port of everything that listens.

    People type the first four, so those are fixed unless named; the engines' are nobody's
    business: the last ones if still free, else any.
    """
    ports = {name: _port(env, name) or usual for name, usual in DEFAULT_PORTS.items()}
    last = installation.read("ports.json") or {}
    for name in ENGINE_PORTS:
        again = last.get(name)
        known = again if again and is_port_free(again) else None
        ports[name] = _port(env, name) or known or find_free_port()
    return ports


def _port(env: Mapping[str, str], name: str) -> int | None:
    value = env.get(name, "")
    if not value:
        return None
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise Misconfigured(f"{name}={value} is not a port number")
    return int(value)


def refuse_taken_ports(ports: Mapping[str, int], parts: Parts) -> None:
    """Raise Misconfigured naming every port that something else listens on."""
    unused = set()
    if not parts.services:
        unused |= {"SANDBOX_PORT", "SANDBOX_SMTP_PORT"}
    unused |= set() if parts.postgres else {"PG_PORT"}
    unused |= set() if parts.valkey else {"VALKEY_PORT"}
    taken = [n for n, port in ports.items() if n not in unused and not is_port_free(port)]
    if taken:
        named = ", ".join(f"{ports[name]} ({name})" for name in taken)
        example = " ".join(f"{name}={find_free_port()}" for name in taken)
        raise Misconfigured(f"port taken: {named}; free it or choose another: make run {example}")


class Platform:
    """One installation from the first engine to the last process."""

    def __init__(self, installation: Installation, env: Mapping[str, str]) -> None:
        self.installation = installation
        self.parts = Parts.needed(env)
        self.ports = choose_ports(installation, env)
        refuse_taken_ports(self.ports, self.parts)
        installation.write("ports.json", {name: self.ports[name] for name in ENGINE_PORTS})
        self.keys_are_new = not installation.keys_file.exists()
        self.keys = load_keys(installation.keys_file)
        self.env = self._environment(env)
        self.postgres: PostgresEngine | None = None
        self.valkey: ValkeyEngine | None = None
        self._afterwards: list[str] = []
        self._running_late: subprocess.Popen[bytes] | None = None
        self.began = time.monotonic()

    def _environment(self, env: Mapping[str, str]) -> dict[str, str]:
        ports = Ports(
            web=self.ports["WEB_PORT"],
            live=self.ports["LIVE_PORT"],
            sandbox=self.ports["SANDBOX_PORT"],
            smtp=self.ports["SANDBOX_SMTP_PORT"],
            postgres=self.ports["PG_PORT"],
            valkey=self.ports["VALKEY_PORT"],
        )
        composed = compose_environment(
            env, parts=self.parts, ports=ports, keys=self.keys, var=str(self.installation.var)
        )
        composed["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{composed.get('PATH', '')}"
        return composed

    def start_engines(self) -> None:
        """Start the embedded engines that are needed."""
        if self.parts.valkey:
            self.valkey = ValkeyEngine(
                directory=self.installation.valkey, port=self.ports["VALKEY_PORT"]
            )
            self.valkey.start()
        if self.parts.postgres:
            self.postgres = PostgresEngine(
                directory=self.installation.postgres,
                port=self.ports["PG_PORT"],
                password=self.keys["POSTGRES_PASSWORD"],
            )
            if self.keys_are_new and self.postgres.is_initialised():
                # `var/` was deleted, and this cluster, kept elsewhere, opens to its old keys only.
                aside = self.postgres.set_aside()
                say(f"setup: the old database has lost its keys; it is kept in {aside}")
            if not self.postgres.is_initialised():
                say("setup: creating the database server")
                self.postgres.initialise()
            self.postgres.start()

    def stop_engines(self) -> None:
        """Shut both down in order."""
        if self.postgres is not None:
            self.postgres.stop()
        if self.valkey is not None:
            self.valkey.stop()

    def prepare(self) -> None:
        """Migrate, harden, sync roles, seed and collect; only what is not as it should be."""
        wanted, logins = fingerprint(*FILLED_FROM), self.installation.run / "logins.txt"
        steps: list[str] = []
        if self._prepared() != wanted or not logins.exists():
            self._migrate()
            steps += ["sync_roles", "sync_schedules"]
            if self._wants_demo():
                say("setup: seeding the demo bakery")
                steps.append(f"seed_demo>{logins}")
                if self.parts.services and self.env.get("SEED_ONLINE", "1") == "1":
                    self._afterwards.append("seed_online")
            else:
                logins.write_text("", encoding="utf-8")
        stamp, sources = Path(self.env["STATIC_ROOT"]) / ".sources", _static_fingerprint()
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != sources:
            say("setup: collecting static files")
            steps.append("collectstatic")
        if steps:
            self._manage(*steps)
            self._note_prepared(wanted)
            stamp.write_text(sources, encoding="utf-8")

    def _migrate(self) -> None:
        if self.postgres is not None:
            prepare_database(
                self.postgres,
                name=DATABASE,
                owner_password=self.keys["OWNER_PASSWORD"],
                app_password=self.keys["APP_PASSWORD"],
            )
        say("setup: migrating the database")
        owner = self.env.get("MIGRATE_DATABASE_URL")
        # A database without a role of its own for migrations has no run-time role to restrict.
        harden = ["harden_database"] if owner else []
        url = {"DATABASE_URL": owner or self.env["DATABASE_URL"]}
        self._manage("migrate", *harden, env=url)

    def _wants_demo(self) -> bool:
        # A database of the user's own is not filled with demo data unless asked.
        return self.env.get("SEED_DEMO", "1" if self.parts.postgres else "0") == "1"

    def logins(self) -> list[str]:
        """Return what the seeding printed about who can log in."""
        file = self.installation.run / "logins.txt"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def serve(self, announce: Callable[["Platform"], None]) -> str:
        """Run the processes until told to stop; return why they stopped, empty for a signal."""
        engines = {}
        if self.postgres is not None:
            engines["PostgreSQL"] = self.postgres.is_alive
        if self.valkey is not None:
            engines["Valkey"] = self.valkey.is_alive
        supervisor = Supervisor(self.installation, engines)
        names = [n for n in procfile_names() if n != "sandbox" or self.parts.services]
        supervisor.add_procfile(names, self.env)

        def wait_and_announce(running: Supervisor) -> None:
            if self._wait_until_served(running):
                announce(self)
                self._go_on(running)

        self.installation.write("environment.json", self.env)
        try:
            return supervisor.run(wait_and_announce)
        finally:
            if self._running_late is not None:
                self._running_late.kill()
                self._running_late.wait()
            self.installation.forget("environment.json", "ready.json", "processes.json")

    def _go_on(self, running: Supervisor) -> None:
        """Start what needs the running platform; people and programs do not wait for it."""
        if self._afterwards and not running.stopping.is_set():
            command = [sys.executable, "manage.py", *self._afterwards]
            log = (self.installation.run / "afterwards.log").open("wb")
            with log:
                self._running_late = subprocess.Popen(  # noqa: S603 - our own
                    command, cwd=ROOT, env=self.env, stdout=log, stderr=log
                )

    def _wait_until_served(self, running: Supervisor) -> bool:
        waiting = [f"http://{LOOPBACK}:{self.ports['WEB_PORT']}/livez"]
        if self.parts.services:
            waiting.append(f"http://{LOOPBACK}:{self.ports['SANDBOX_PORT']}/")
        deadline = time.monotonic() + READY_WITHIN
        while waiting or is_port_free(self.ports["LIVE_PORT"]):
            if running.stopping.wait(0.2):
                return False
            if time.monotonic() > deadline:
                say(f"warning: not everything answers after {READY_WITHIN} s; see the lines above")
                return False
            waiting = [address for address in waiting if not _answers(address)]
        return True

    def _prepared(self) -> str | None:
        """Return the note on the embedded database; of another's database nothing is known."""
        if self.postgres is None:
            return None
        with self.postgres.connect() as connection:
            row = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
                [DATABASE],
            ).fetchone()
        return row[0] if row else None

    def _note_prepared(self, value: str) -> None:
        if self.postgres is not None:
            with self.postgres.connect() as connection:
                connection.execute(
                    sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                        sql.Identifier(DATABASE), sql.Literal(value)
                    )
                )

    def _manage(self, *commands: str, env: Mapping[str, str] | None = None) -> None:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bakery.sandbox.prepare", *commands],
            cwd=ROOT,
            env={**self.env, **(env or {})},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            tail = (done.stdout + done.stderr)[-3000:]
            raise Misconfigured(f"{', '.join(commands)} failed:\n{tail}")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=20):  # noqa: S310 - loopback, built above
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _static_fingerprint() -> str:
    digest = hashlib.sha256((ROOT / "requirements" / "base.txt").read_bytes())
    for folder in (ROOT / "static", *sorted(ROOT.glob("*/*/static"))):
        for path in sorted(folder.rglob("*")):
            status = path.stat()
            digest.update(
                f"{path.relative_to(ROOT)} {status.st_size} {status.st_mtime_ns}".encode()
            )
    return digest.hexdigest()
