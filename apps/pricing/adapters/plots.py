"""Plots of how predictions do, drawn by Matplotlib as SVG; imported with the first one."""

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from apps.pricing.rules.conformal import COVERAGE
from apps.pricing.rules.monitoring import Line

TYPE = "image/svg+xml"
_OURS, _FORMULA, _RIGHT, _QUIET = "#9c3d23", "#3b7d84", "#8a9a5b", "#5c5c5c"
_WIDTH, _HEIGHT = 7.6, 2.7
KEEP = timedelta(minutes=5)


def plot_error(lines: Sequence[Line]) -> bytes:
    """Return the mean absolute error in per cent over time, beside the formula's."""
    figure, axes = _figure()
    names = [line.name for line in lines]
    axes.plot(names, [line.formula.mape for line in lines], color=_FORMULA, ls="--", marker="s")
    axes.plot(names, [line.ours.mape for line in lines], color=_OURS, marker="o")
    _name(axes, "the formula", "what was predicted")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("mean error, %")
    _thin(axes, names)
    return _svg(figure)


def plot_coverage(lines: Sequence[Line]) -> bytes:
    """Return the share of prices within the predicted range over time, and what was promised."""
    figure, axes = _figure()
    names = [line.name for line in lines]
    axes.axhline(100 * COVERAGE, color=_FORMULA, ls="--")
    axes.plot(names, [100 * line.covered for line in lines], color=_OURS, marker="o")
    _name(axes, f"promised: {COVERAGE:.0%}", "held")
    axes.set_ylim(0, 104)
    axes.set_ylabel("within the range, %")
    _thin(axes, names)
    return _svg(figure)


def plot_sides(lines: Sequence[Line], what: str) -> bytes:
    """Return for each group how often it was predicted too low, right, and too high."""
    figure, axes = _figure()
    names = [f"{line.name} ({line.ours.rows})" for line in lines]
    left = [0.0] * len(lines)
    for label, colour, values in (
        ("predicted too low", _OURS, [100 * line.too_low for line in lines]),
        ("within 5 %", _RIGHT, [100 * line.right for line in lines]),
        ("predicted too high", _FORMULA, [100 * line.too_high for line in lines]),
    ):
        axes.barh(names, values, left=left, color=colour, label=label, height=0.6)
        left = [done + value for done, value in zip(left, values, strict=True)]
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of decisions, %")
    axes.set_ylabel(what)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return _svg(figure)


def _figure() -> tuple[Any, Any]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="both", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_QUIET, labelsize=9)
    return figure, axes


def _name(axes: Any, *labels: str) -> None:
    for line, label in zip(axes.get_lines(), labels, strict=True):
        line.set_label(label)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


def _thin(axes: Any, names: Sequence[str]) -> None:
    """Label at most eight places, or the labels would lie upon each other."""
    step = max(1, -(-len(names) // 8))
    axes.set_xticks(range(0, len(names), step), names[::step])


def _svg(figure: Any) -> bytes:
    import matplotlib

    out = io.BytesIO()
    # Text stays text, and the same figures give the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plots"}):
        figure.savefig(out, format="svg", facecolor="white", metadata={"Date": None})
    return out.getvalue()
