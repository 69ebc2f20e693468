"""Sizes, names and habits that no linter checks."""

import ast
import configparser
import importlib
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("apps", "bakery", "tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"migrations", "mirror_migrations"} & set(path.parts)
]
CODE = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in {"apps", "bakery"}]
MAX_MODULE, MAX_TEST_MODULE, MAX_FUNCTION = 400, 600, 40
FORBIDDEN_NAMES = {"utils", "helpers", "managers", "misc", "common"}
CLOCKS = {
    ("timezone", "now"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
SERVICES = ("services", "rules", "models", "states", "events", "selectors")


def relative(path):
    return str(path.relative_to(ROOT))


@cache
def nodes(path):
    """Return every node of a module; several rules ask about the same hundreds of modules."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def functions(path):
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_are_short():
    sizes = {path: len(path.read_text().splitlines()) for path in SOURCES}
    limits = {path: MAX_MODULE if path in CODE else MAX_TEST_MODULE for path in SOURCES}
    assert [f"{relative(p)}: {sizes[p]}" for p in SOURCES if sizes[p] > limits[p]] == []


def test_functions_are_short():
    long = [
        f"{relative(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in CODE
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > MAX_FUNCTION + _docstring_lines(node)
    ]
    assert long == []


def _docstring_lines(node):
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first.end_lineno - first.lineno + 1 if is_docstring else 0


def test_no_module_is_a_drawer_for_anything():
    assert [relative(path) for path in CODE if path.stem in FORBIDDEN_NAMES] == []


def clock_reads(found):
    for node in found:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = getattr(owner, "attr", getattr(owner, "id", ""))
            if (name, node.func.attr) in CLOCKS:
                yield node.lineno


def is_domain(path):
    parts = path.relative_to(ROOT).parts
    return parts[0] == "apps" and len(parts) > 2 and parts[2].removesuffix(".py") in SERVICES


def test_only_the_kernels_clock_reads_the_time():
    wrong = [
        f"{relative(path)}:{line}"
        for path in CODE
        if relative(path) != "bakery/kernel/clock.py" and "sandbox" not in path.parts
        for line in clock_reads(nodes(path))
    ]
    assert wrong == []


def test_domain_code_takes_the_time_as_an_argument():
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in CODE
        if is_domain(path)
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (getattr(node.func.value, "id", ""), node.func.attr) == ("clock", "now")
    ]
    assert wrong == []


@pytest.mark.control
@pytest.mark.parametrize("source", ["timezone.now()", "datetime.datetime.now()", "date.today()"])
def test_control_clock_reads_are_recognised(source):
    assert list(clock_reads(ast.walk(ast.parse(source))))


def public_services(app):
    """Yield the functions that ``apps.<app>.services`` offers to others."""
    module = importlib.import_module(f"apps.{app}.services")
    for name, value in vars(module).items():
        ours = getattr(value, "__module__", "").startswith(module.__name__)
        if inspect.isfunction(value) and ours and not name.startswith("_"):
            yield f"{app}.{name}", value


def test_services_are_called_by_keyword():
    """Names at the call, so that no two amounts or ids are mixed up."""
    services = dict(
        item
        for path in sorted((ROOT / "apps").glob("*/services*"))
        for item in public_services(path.parent.name)
    )
    assert len(services) > 20
    wrong = [
        name
        for name, function in services.items()
        if any(
            parameter.kind not in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
            for parameter in inspect.signature(function).parameters.values()
        )
    ]
    assert wrong == []


def test_signals_are_not_used_between_our_apps():
    wrong = [
        relative(path)
        for path in CODE
        if "django.dispatch" in path.read_text() or "db.models.signals" in path.read_text()
    ]
    assert wrong == []


def test_no_test_waits_inside_a_page():
    """Between two looks the wait is a script of the page, which its policy forbids: it fails then.

    Only sometimes, and never on a fast machine. `expect` and `wait_until` look from outside.
    """
    waits = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr == "wait_for_function"
    ]
    assert waits == []


def test_imports_point_down():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_app_is_in_the_import_contract():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:app-dag"]["layers"]
    apps = [path.parent.name for path in sorted((ROOT / "apps").glob("*/__init__.py"))]
    assert [name for name in apps if f"apps.{name}" not in layers] == []
