"""Throw-away PostgreSQL and Valkey for one test run, started in about a second.

The migrated template database is built once for each state of the migrations and kept, stopped, in
the user's cache, where a fresh clone finds it too; a run copies that cluster into a temporary
folder and starts it there. That every migration still runs forwards from nothing is shown by the
tests of `make run`, which start on an empty server.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from psycopg import sql

from bakery.sandbox.engines.baseline import record_baseline
from bakery.sandbox.engines.database import APP, OWNER, prepare_database
from bakery.sandbox.engines.ports import LOOPBACK, find_free_port
from bakery.sandbox.engines.postgres import PostgresEngine
from bakery.sandbox.engines.processes import give_to
from bakery.sandbox.engines.valkey import ValkeyEngine
from bakery.sandbox.keys import load_keys, make_keys

ROOT = Path(__file__).resolve().parents[3]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "bakery-tests"
TEMPLATE = "bakery_template"
PREFIX = "bakery-test-"
KEPT_TEMPLATES = 3
# Long enough for any run that began with a template to have ended.
KEPT_SECONDS = 60 * 60
# Broker, cache and channel layer of one test worker.
DATABASES_PER_WORKER = 3
# What decides the first state of a database, besides the migrations themselves.
_SOURCES = (
    "apps/**/migrations/*.py",
    "bakery/**/*migrations/*.py",
    "apps/accounts/rules.py",
    "apps/**/commands/sync_roles.py",
    "bakery/kernel/management/commands/harden_database.py",
    "bakery/kernel/append_only.py",
    "bakery/sandbox/engines/*.py",
    "bakery/sandbox/prepare.py",
    "bakery/settings/base.py",
    "deploy/postgres/database.sql",
    "requirements/base.txt",
    "requirements/dev.txt",
)


class TemplateError(RuntimeError):
    """The migrated template could not be built; the message ends with what migrate said."""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """What a worker process must know about the engines of its run."""

    folder: str
    postgres_port: int
    valkey_port: int
    keys: dict[str, str]
    template: str
    template_error: str = ""

    def dump(self) -> str:
        """Return this as JSON, for the environment of worker processes."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "TrialRun":
        """Read what :meth:`dump` wrote."""
        return cls(**json.loads(text))

    def engine(self) -> PostgresEngine:
        """Return a handle for connections; it did not start the server and cannot stop it."""
        return PostgresEngine(
            directory=Path(self.folder, "postgres"),
            port=self.postgres_port,
            password=self.keys["POSTGRES_PASSWORD"],
            durable=False,
        )

    def create_database(self, name: str) -> None:
        """Create database ``name`` as a copy of the template, replacing an older one."""
        if self.template_error:
            raise TemplateError(self.template_error)
        with self.engine().connect() as connection:
            target = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    target, sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
                )
            )

    def environment(self, *, worker: int, database: str) -> dict[str, str]:
        """Return the variables that settings read, for test worker number ``worker``."""
        engine = self.engine()
        redis = f"redis://{LOOPBACK}:{self.valkey_port}"
        first = worker * DATABASES_PER_WORKER
        sandbox, smtp = find_free_port(), find_free_port()
        return {
            **{k: v for k, v in self.keys.items() if not k.endswith("_PASSWORD")},
            "DATABASE_URL": engine.url(
                role=APP, password=self.keys["APP_PASSWORD"], database=database
            ),
            "MIGRATE_DATABASE_URL": engine.url(
                role=OWNER, password=self.keys["OWNER_PASSWORD"], database=database
            ),
            "REDIS_URL": f"{redis}/{first}",
            "CACHE_URL": f"{redis}/{first + 1}",
            "CHANNELS_URL": f"{redis}/{first + 2}",
            "SANDBOX_URL": f"http://{LOOPBACK}:{sandbox}",
            "SANDBOX_PORT": str(sandbox),
            "SANDBOX_SMTP_PORT": str(smtp),
            "SANDBOX_DATA_DIR": ":memory:",
            "STRIPE_API_BASE": f"http://{LOOPBACK}:{sandbox}/stripe",
            "TWILIO_API_BASE": f"http://{LOOPBACK}:{sandbox}/twilio",
            "TWILIO_FROM": "+14165550199",
            "ALERT_PHONES": "+14165550101,+14165550102",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{smtp}",
            "MEDIA_ROOT": str(Path(self.folder, "media", str(worker))),
            "PRIVATE_MEDIA_ROOT": str(Path(self.folder, "private", str(worker))),
            "RECEIPT_ROOT": str(Path(self.folder, "receipts", str(worker))),
            "STATIC_ROOT": str(Path(self.folder, "static")),
        }


class TrialEngines:
    """The engines of one test run; :meth:`stop` leaves nothing behind."""

    def __init__(self) -> None:
        self.folder = _make_folder()
        self.postgres: PostgresEngine | None = None
        self.valkey: ValkeyEngine | None = None
        self.report = ""

    def start(self) -> TrialRun:
        """Start both engines; a template that cannot be built is noted, not raised.

        Tests that need no database can then still run.
        """
        self.valkey = ValkeyEngine(
            directory=self.folder / "valkey", port=find_free_port(), durable=False
        )
        self.valkey.start()
        error = ""
        template = CACHE / f"template-{fingerprint()}"
        try:
            with _only_one_builder():
                if not template.exists():
                    self.report = build_template(template)
                template.touch()
                _drop_old_templates()
                keys = load_keys(template / "keys.json")
                self.postgres = self._copy_of(template, keys)
        except TemplateError as failure:
            error, keys = str(failure), make_keys()
            self.postgres = self._engine(keys)
            self.postgres.initialise()
        self.postgres.start()
        return TrialRun(
            folder=str(self.folder),
            postgres_port=self.postgres.port,
            valkey_port=self.valkey.port,
            keys=keys,
            template=str(template),
            template_error=error,
        )

    def stop(self) -> None:
        """End the engines and remove their files."""
        if self.postgres is not None:
            self.postgres.stop_at_once()
        if self.valkey is not None:
            self.valkey.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _engine(self, keys: dict[str, str]) -> PostgresEngine:
        return PostgresEngine(
            directory=self.folder / "postgres",
            port=find_free_port(),
            password=keys["POSTGRES_PASSWORD"],
            durable=False,
        )

    def _copy_of(self, template: Path, keys: dict[str, str]) -> PostgresEngine:
        engine = self._engine(keys)
        copy_template(template, engine)
        return engine


def copy_template(template: str | Path, engine: PostgresEngine) -> None:
    """Put a copy of the kept cluster where ``engine`` expects its data."""
    shutil.copytree(Path(template, "data"), engine.data, symlinks=True)
    engine.data.chmod(0o700)
    give_to(engine.user, engine.data)


def fingerprint(*further: str) -> str:
    """Return a short hash of everything that decides the first state of a database.

    ``further`` names more sources, as patterns below the root, for what is filled in beyond that.
    """
    digest = hashlib.sha256()
    for pattern in (*_SOURCES, *further):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def build_template(target: Path) -> str:
    """Migrate a fresh cluster and keep it, stopped, as ``target``; return a line about it."""
    folder = _make_folder()
    keys = make_keys()
    engine = PostgresEngine(
        directory=folder / "postgres",
        port=find_free_port(),
        password=keys["POSTGRES_PASSWORD"],
        durable=False,
    )
    try:
        engine.initialise()
        engine.start()
        _fill_template(engine, keys)
        with engine.connect(TEMPLATE) as connection:
            filled = record_baseline(connection)
        engine.stop()
        unfinished = target.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        shutil.copytree(engine.data, unfinished / "data", symlinks=True)
        _write_private(unfinished / "keys.json", json.dumps(keys))
        unfinished.rename(target)
    finally:
        engine.stop_at_once()
        shutil.rmtree(folder, ignore_errors=True)
    return f"template database built anew; rows from migrations in: {', '.join(filled) or 'none'}"


def _fill_template(engine: PostgresEngine, keys: dict[str, str]) -> None:
    prepare_database(
        engine,
        name=TEMPLATE,
        owner_password=keys["OWNER_PASSWORD"],
        app_password=keys["APP_PASSWORD"],
    )
    owner = engine.url(role=OWNER, password=keys["OWNER_PASSWORD"], database=TEMPLATE)
    known = {k: v for k, v in keys.items() if not k.endswith("_PASSWORD")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bakery.sandbox.prepare",
            "migrate",
            "harden_database",
            "sync_roles",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **known,
            "DJANGO_SETTINGS_MODULE": "bakery.settings.test",
            "DATABASE_URL": owner,
        },
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        tail = (done.stdout + done.stderr)[-3000:]
        raise TemplateError(f"the test database could not be migrated:\n{tail}")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _make_folder() -> Path:
    """Return a temporary folder that the engines' user may enter, named after this process."""
    parent = Path(tempfile.gettempdir())
    for old in parent.glob(f"{PREFIX}*"):
        owner = old.name.removeprefix(PREFIX).partition("-")[0]
        # Left by a run that was killed; another user's folder just stays.
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)
    return folder


@contextmanager
def _only_one_builder() -> Iterator[None]:
    CACHE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _drop_old_templates() -> None:
    kept = sorted(CACHE.glob("template-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[KEPT_TEMPLATES:]:
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
