"""A status column changes only through bakery.kernel.states."""

import ast
from pathlib import Path

import pytest

FIELDS = {"status", "stage", "state"}
ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for path in sorted((ROOT / "apps").rglob("*.py")) if "migrations" not in path.parts]


def writes(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                target.lineno
                for target in targets
                if isinstance(target, ast.Attribute) and target.attr in FIELDS
            )
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {
            "update",
            "bulk_update",
        }:
            yield from (word.value.lineno for word in node.keywords if word.arg in FIELDS)
            yield from (
                text.lineno
                for argument in node.args
                for text in ast.walk(argument)
                if node.func.attr == "bulk_update"
                and isinstance(text, ast.Constant)
                and text.value in FIELDS
            )


def test_status_is_written_in_one_place():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for line in writes(ast.parse(path.read_text()))
    ]
    assert wrong == []


@pytest.mark.control
@pytest.mark.parametrize(
    "source",
    [
        "order.status = 'paid'",
        "self.order.state += 'x'",
        "order.status: str = 'paid'",
        "Order.objects.filter(pk=1).update(status='paid')",
        "Order.objects.bulk_update(rows, ['status'])",
    ],
)
def test_control_writes_are_recognised(source):
    assert list(writes(ast.parse(source)))


@pytest.mark.control
@pytest.mark.parametrize(
    "source", ["if order.status == 'paid': pass", "self.status_text = 1", "f(status='paid')"]
)
def test_control_reads_are_not(source):
    assert not list(writes(ast.parse(source)))
