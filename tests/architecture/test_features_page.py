"""docs/features.md lists only what exists: every path and every test on it is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "features.md"
FEATURES = ["row", "feature", "what exists", "not yet", "where it lives", "shown by"]
FAULTS = ["fault", "what happens", "shown by", "control"]
NUMBERS = {"row": re.compile(r"[1-9]\d{0,2}"), "fault": re.compile(r"[A-Z][1-9]\d?")}
TEST = re.compile(r"(tests/\w+/test_\w+\.py)::(test_\w+)")


def cells(line):
    """Return the cells of a table's line, which begins and ends with a bar."""
    assert line.startswith("| "), f"not the beginning of a row: {line[:60]}"
    assert line.endswith(" |"), f"not the end of a row: {line[-60:]}"
    found = [cell.strip() for cell in line[1:-1].split("|")]
    assert all(found), f"an empty cell: {line[:60]}"
    return found


def items(cell):
    """Return what a cell lists: each in backticks, separated by line breaks, nothing twice."""
    found = cell.split("<br>")
    for item in found:
        assert re.fullmatch(r"`[^`\s]+`", item), f"not one name in backticks: {item}"
    assert len(set(found)) == len(found), f"named twice: {cell[:80]}"
    return [item[1:-1] for item in found]


def parse_table(lines, header):
    """Return the rows of the table with ``header`` as dictionaries; its lines must be unbroken."""
    start = lines.index("| " + " | ".join(header) + " |")
    assert lines[start + 1] == "|" + "---|" * len(header), "no line under the header"
    rows = []
    for line in lines[start + 2 :]:
        if not line:
            break
        found = cells(line)
        assert len(found) == len(header), f"{len(found)} cells: {line[:60]}"
        rows.append(dict(zip(header, found, strict=True)))
    numbers = [row[header[0]] for row in rows]
    wrong = [number for number in numbers if not NUMBERS[header[0]].fullmatch(number)]
    assert wrong == [], "no such numbers"
    assert len(set(numbers)) == len(numbers), "a number is listed twice"
    return rows


def parse_page(text):
    """Return the rows of both tables; no line of the page may look like a row outside them."""
    lines = text.splitlines()
    tables = parse_table(lines, FEATURES), parse_table(lines, FAULTS)
    read = sum(len(table) + 2 for table in tables)
    strays = sum("|" in line for line in lines) - read
    assert strays == 0, f"{strays} lines look like rows and stand outside the tables"
    return tables


@cache
def names_in(path):
    """Return the names of the test functions of a file, as the language sees them."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def missing_test(name):
    """Say what is wrong with ``path::test``, or return nothing."""
    match = TEST.fullmatch(name)
    if not match:
        return f"not path::name: {name}"
    path, function = match.groups()
    if not (ROOT / path).is_file():
        return f"no such file: {path}"
    return "" if function in names_in(path) else f"no such test: {name}"


def problems(features, faults):
    found = [missing_test(test) for row in features + faults for test in items(row["shown by"])]
    for row in features:
        for path in items(row["where it lives"]):
            inside = (ROOT / path).resolve().is_relative_to(ROOT)
            if not inside or not (ROOT / path).exists():
                found.append(f"no such path: {path}")
    for row in faults:
        if row["control"] == "none":
            continue
        for control in items(row["control"]):
            named = "::test_control_" in control
            found.append(missing_test(control) if named else f"no control: {control}")
    return [problem for problem in found if problem]


def test_everything_on_the_page_exists():
    features, faults = parse_page(PAGE.read_text())
    assert problems(features, faults) == []
    assert len(features) > 0 < len(faults)


def test_no_control_is_shown_as_proof():
    """A control shows what goes wrong without a guard, so it belongs into its own column."""
    features, faults = parse_page(PAGE.read_text())
    shown = [test for row in features + faults for test in items(row["shown by"])]
    assert [test for test in shown if "::test_control_" in test] == []


GOOD = """
| row | feature | what exists | not yet | where it lives | shown by |
|---|---|---|---|---|---|
| 1 | a | b | nothing | `apps/` | `tests/kernel/test_money.py::test_minor_units_come_back` |

| fault | what happens | shown by | control |
|---|---|---|---|
| P1 | a | `tests/kernel/test_money.py::test_minor_units_come_back` | none |
"""


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("| 1 |", "| 1"),
        ("| 1 |", "| one |"),
        ("| nothing |", "|  |"),
        ("| nothing |", "|"),
        ("`apps/`", "apps/"),
        ("`apps/`", "`apps/` `bakery/`"),
        ("`apps/`", "`apps/`<br>`apps/`"),
        ("`apps/`", "`apps/nowhere.py`"),
        ("`apps/`", "`../`"),
        ("::test_minor_units_come_back` |\n\n", "::test_nothing` |\n\n"),
        ("tests/kernel/test_money.py::test_minor_units_come_back` |\n\n", "tests/kernel` |\n\n"),
        ("| none |", "| |"),
        ("| none |", "| `tests/kernel/test_money.py::test_minor_units_come_back` |"),
        ("| none |", "| `tests/kernel/test_audit.py::test_control_of_nothing` |"),
        ("| P1 |", "| P |"),
        ("| none |\n", "| none |\n\n| P2 | a | b | none |\n"),
        ("|---|---|---|---|---|---|", "|---|---|"),
        ("| row |", "| number |"),
    ],
)
def test_control_a_wrong_row_is_seen(good, bad):
    assert problems(*parse_page(GOOD)) == []
    assert GOOD.count(good) >= 1
    with pytest.raises((AssertionError, ValueError)):
        assert problems(*parse_page(GOOD.replace(good, bad, 1))) == []
