"""How predictions do, in the console: figures, plots, and a table beside each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.pricing import services
from apps.pricing.adapters import plots
from apps.pricing.models import ModelVersion
from apps.pricing.rules.evaluation import accuracy
from apps.pricing.rules.monitoring import (
    Judged,
    Line,
    by_complexity,
    by_size,
    by_version,
    line_of,
    over_time,
)
from apps.pricing.selectors.monitoring import judged
from apps.pricing.selectors.versions import newest_challenger
from bakery.kernel import clock

WINDOWS = (90, 365, 1095)
PLOTS: dict[str, Callable[[Sequence[Judged]], bytes]] = {
    "error": lambda rows: plots.plot_error(over_time(rows, clock.shop_zone())),
    "coverage": lambda rows: plots.plot_coverage(over_time(rows, clock.shop_zone())),
    "sizes": lambda rows: plots.plot_sides(by_size(rows), "size"),
    "complexities": lambda rows: plots.plot_sides(by_complexity(rows), "complexity"),
}


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it."""

    name: str
    rows: int
    error: str
    formula: str
    bias: str
    covered: str
    low: str
    high: str


def window_of(request: HttpRequest) -> int:
    """Return the days that were asked for, one of `WINDOWS`."""
    text = request.GET.get("days", "")
    days = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    return days if days in WINDOWS else WINDOWS[1]


def monitoring_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show what the decisions of a time say about the predictions before them."""
    at, days = clock.now(), window_of(request)
    challenger = newest_challenger()
    rows = judged(
        since=at - timedelta(days=days),
        until=at,
        challenger_id=challenger.pk if challenger else None,
    )
    context |= {
        "title": "How predictions do",
        "days": days,
        "windows": WINDOWS,
        "count": len(rows),
        "drift": services.drift(at=at),
        "challenger": challenger,
    }
    if rows:
        context |= {
            "all": _shown(line_of("all", rows)),
            "time": _all(over_time(rows, clock.shop_zone())),
            "sizes": _all(by_size(rows)),
            "complexities": _all(by_complexity(rows)),
            "versions": _all(by_version(rows)),
            "beside": _beside(rows, challenger),
        }
    return render(request, "admin/pricing/monitoring.html", context)


def plot(request: HttpRequest, name: str) -> HttpResponse:
    """Return one plot as SVG; 404 for another name, or with nothing to show."""
    draw = PLOTS.get(name)
    at = clock.now()
    since = at - timedelta(days=window_of(request))
    rows = judged(since=since, until=at) if draw else []
    if draw is None or not rows:
        raise Http404
    reply = HttpResponse(draw(rows), content_type=plots.TYPE)
    reply["Cache-Control"] = f"private, max-age={plots.KEEP.seconds}"
    return reply


def _beside(rows: Sequence[Judged], challenger: ModelVersion | None) -> dict[str, Any] | None:
    """Return what the challenger would have been off by, on the cakes that it was asked about."""
    asked = [row for row in rows if row.shadow]
    if challenger is None or not asked:
        return None
    theirs = accuracy([row.shadow_error for row in asked])
    ours = accuracy([row.error for row in asked])
    return {
        "count": len(asked),
        "ours": f"{ours.mape:.1f} %",
        "theirs": f"{theirs.mape:.1f} %",
        "is_better": theirs.mae_log < ours.mae_log,
    }


def _all(lines: Sequence[Line]) -> list[Shown]:
    return [_shown(line) for line in lines]


def _shown(line: Line) -> Shown:
    return Shown(
        name=line.name,
        rows=line.ours.rows,
        error=f"{line.ours.mape:.1f} %",
        formula=f"{line.formula.mape:.1f} %",
        bias=f"{line.ours.bias * 100:+.1f} %",
        covered=f"{line.covered * 100:.0f} %",
        low=f"{line.too_low * 100:.0f} %",
        high=f"{line.too_high * 100:.0f} %",
    )
