"""A bar chart as plain SVG figures, worked out here so that the page needs no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 200, 62, 10, 24
_MOST_LABELS, _MOST_LINES = 8, 5


@dataclass(frozen=True)
class Bar:
    """A bar with what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    title: str
    is_below: bool


@dataclass(frozen=True)
class Mark:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class BarPlot:
    """Bars from a line at ``zero``; ``x`` and ``y`` are the marks of the axes."""

    bars: Sequence[Bar]
    x: Sequence[Mark]
    y: Sequence[Mark]
    zero: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def bar_plot(values: Sequence[tuple[str, Decimal, str]]) -> BarPlot | None:
    """Return a plot of (label, value, title); None when all values are nothing."""
    if not any(value for _, value, _ in values):
        return None
    low = min(Decimal(0), *(value for _, value, _ in values))
    high = max(Decimal(0), *(value for _, value, _ in values))
    step = _step(high - low)
    floor, ceiling = math.floor(low / step), math.ceil(high / step)
    lines = ceiling - floor

    def up(value: Decimal) -> float:
        share = float((value - floor * step) / (lines * step))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    room = (WIDTH - LEFT - 8) / len(values)
    bars = []
    for place, (_, value, title) in enumerate(values):
        top, end = sorted((up(value), up(Decimal(0))))
        x = LEFT + place * room + room * 0.15
        bars.append(
            Bar(round(x, 1), top, round(room * 0.7, 1), round(end - top, 1), title, value < 0)
        )
    every = -(-len(values) // _MOST_LABELS)
    return BarPlot(
        bars=bars,
        x=[
            Mark(round(LEFT + (place + 0.5) * room, 1), values[place][0])
            for place in range(0, len(values), every)
        ],
        y=[
            Mark(up((floor + line) * step), f"{(floor + line) * step:,.0f}")
            for line in range(lines + 1)
        ],
        zero=up(Decimal(0)),
    )


def _step(span: Decimal) -> Decimal:
    """Return a round distance that gives about five lines."""
    size = Decimal(1)
    while True:
        for factor in (1, 2, 5):
            if span / (size * factor) <= _MOST_LINES:
                return size * factor
        size *= 10
