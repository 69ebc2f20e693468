"""`make check`: every static check, all of them even when one fails, with throw-away settings."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bakery.sandbox.keys import make_keys

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def production_environment() -> dict[str, str]:
    """Return valid production settings whose secrets are random and whose hosts are nobody's."""
    keys = make_keys()
    return {
        **{name: value for name, value in keys.items() if not name.endswith("_PASSWORD")},
        "DJANGO_SETTINGS_MODULE": "bakery.settings.prod",
        "STRIPE_SECRET_KEY": keys["STRIPE_SECRET_KEY"].replace("_test_", "_live_"),
        "TWILIO_FROM": "+14165550199",
        "ALERT_PHONES": "+14165550101",
        "ALLOWED_HOSTS": "bakery.example",
        "PUBLIC_BASE_URL": "https://bakery.example",
        "LIVE_BASE_URL": "wss://bakery.example",
        "MEDIA_URL": "https://pictures.bakery.example/",
        "EMAIL_URL": "smtp+tls://user:pass@mail.bakery.example:587",
        "DATABASE_URL": "postgres://bakery_app:unused@db.bakery.example/bakery",
        "REDIS_URL": "redis://broker.bakery.example/0",
        "CACHE_URL": "redis://cache.bakery.example/0",
        "CHANNELS_URL": "redis://broker.bakery.example/2",
    }


def checks() -> dict[str, list[str]]:
    """Return the command of each check by name."""
    python = str(BIN / "python")
    return {
        "ruff": [str(BIN / "ruff"), "check", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "."],
        "imports": [str(BIN / "lint-imports"), "--no-cache"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
        "deploy": [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "mypy": [str(BIN / "mypy"), "apps", "bakery"],
    }


def run_checks(names: list[str]) -> list[str]:
    """Run the named checks (all when none is named) and return those that failed."""
    # The migration check asks the database for its history and only warns when there is none.
    env = {**os.environ, **production_environment(), "PYTHONWARNINGS": "ignore::RuntimeWarning"}
    failed = []
    for name, command in checks().items():
        if names and name not in names:
            continue
        began = time.monotonic()
        quiet = {**env, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
        done = subprocess.run(  # noqa: S603 - the tools of this project
            command,
            cwd=ROOT,
            env=quiet if name == "migrations" else env,
            check=False,
            capture_output=True,
            text=True,
        )
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<12}{verdict:<8}{time.monotonic() - began:5.1f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip(), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(1 if run_checks(sys.argv[1:]) else 0)
