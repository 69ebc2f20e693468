"""Plots as plain SVG figures, worked out here so that pages need no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 200, 44, 10, 24


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class StepPlot:
    """Paths of balances over time; ``x`` and ``y`` are the ticks of the axes."""

    paths: Sequence[tuple[str, str]]
    x: Sequence[Tick]
    y: Sequence[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def step_plot(
    series: Sequence[tuple[str, Sequence[tuple[datetime, int]]]], *, zone: Any
) -> StepPlot | None:
    """Return a plot of named step lines, their points in order of time; None without points."""
    moments = [moment for _, points in series for moment, _ in points]
    if not moments:
        return None
    first, last = min(moments), max(moments)
    seconds = max((last - first).total_seconds(), 1)
    top = max(1, *(value for _, points in series for _, value in points))
    step = _step(top)
    ceiling = -(-top // step) * step

    def across(moment: datetime) -> float:
        return round(LEFT + (moment - first).total_seconds() / seconds * (WIDTH - LEFT - 8), 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / ceiling * (HEIGHT - BOTTOM - TOP), 1)

    paths = []
    for name, points in series:
        path = ""
        for moment, value in points:
            x, y = across(moment), up(value)
            path += f"H{x}V{y}" if path else f"M{x} {y}"
        paths.append((name, f"{path}H{WIDTH - 8}" if path else ""))
    pattern = "%H:%M" if seconds < 2 * 86_400 else "%d %b"
    marks: dict[str, datetime] = {}
    for part in range(5):
        mark = first + (last - first) * part / 4
        # Of one label the first place only: the ticks of a short time would lie upon each other.
        marks.setdefault(f"{mark.astimezone(zone):{pattern}}", mark)
    return StepPlot(
        paths=paths,
        x=[Tick(across(mark), label) for label, mark in marks.items()],
        y=[Tick(up(value), str(value)) for value in range(0, ceiling + 1, step)],
    )


def _step(top: int) -> int:
    """Return a round distance that gives at most five lines."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if top / (size * factor) <= 5:
                return size * factor
        size *= 10


def bar(value: float, longest: float, *, width: int = 160) -> float:
    """Return the length of a bar in a row of bars whose longest is ``longest``."""
    return round(value / longest * width, 1) if longest > 0 and value > 0 else 0.0
