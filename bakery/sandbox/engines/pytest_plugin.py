"""Starts the throw-away engines before Django's settings are read (see tests/conftest.py).

Loaded by `-p` in pytest.ini, because settings take their addresses from the environment and
pytest-django reads them before any conftest. Only the process that collects for all starts
engines; xdist's workers find them in their environment and take a database each.
"""

import os
from collections.abc import Generator

import pytest

from bakery.sandbox.engines.elsewhen import travel_if_asked
from bakery.sandbox.engines.trial import TrialEngines, TrialRun

VARIABLE = "BAKERY_TEST_ENGINES"
_started: list[TrialEngines] = []
_moment: list[str] = []
BROWSER_REASON = "browser tests not run: Chromium is missing (Debian: apt-get install chromium)"


def worker_number() -> int:
    """Return 0 for a run in one process or for gw0, 1 for gw1 and so on."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def database_name() -> str:
    """Return the name of this worker's own database."""
    return f"test_{worker_number()}"


def current_run() -> TrialRun:
    """Return the engines of this run."""
    return TrialRun.load(os.environ[VARIABLE])


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Put the engines' addresses into the environment, then let pytest-django read settings."""
    known = early_config.known_args_namespace
    if not (known.help or known.version):
        if "PYTEST_XDIST_WORKER" not in os.environ:
            engines = TrialEngines()
            _started.append(engines)
            os.environ[VARIABLE] = engines.start().dump()
            # After the template, which is kept for runs at any other moment.
            _moment.append(travel_if_asked())
        run = current_run()
        os.environ.update(run.environment(worker=worker_number(), database=database_name()))
    try:
        return (yield)
    except BaseException:
        # Settings that do not load end the run before pytest_unconfigure would be called.
        stop_engines()
        raise


def pytest_report_header() -> list[str]:
    """Say where the engines are and whether the template had to be built."""
    lines = [line for line in _moment if line]
    for engines in _started:
        run = current_run()
        lines.append(f"engines: PostgreSQL :{run.postgres_port}, Valkey :{run.valkey_port}")
        lines += [engines.report] if engines.report else []
        lines += [f"NO DATABASE: {run.template_error}"] if run.template_error else []
    return lines


def pytest_unconfigure() -> None:
    """Stop what this process started, also after a failure or Ctrl-C."""
    stop_engines()


def stop_engines() -> None:
    """Stop what this process started; again is harmless."""
    while _started:
        _started.pop().stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly when browser tests could not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = sum(BROWSER_REASON in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.write_line(f"{missing} {BROWSER_REASON}", yellow=True, bold=True)
