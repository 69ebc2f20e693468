"""Who works on what is ordered, and for how long: of the board, a page and the staff API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from apps.orders.models import LabourTimer, Order, OrderLine
from apps.orders.rules.labour import minutes_of
from apps.orders.selectors.timeline import names_of


@dataclass(frozen=True)
class TimerRow:
    """A stretch of work; ``minutes`` None while it runs."""

    id: int
    line_id: int
    worker: str
    name: str
    started_at: datetime
    stopped_at: datetime | None
    minutes: int | None
    note: str


@dataclass(frozen=True)
class LineLabour:
    """A line with its stretches; ``minutes`` of those that ended."""

    line_id: int
    description: str
    minutes: int
    timers: tuple[TimerRow, ...]


@dataclass(frozen=True)
class _Stretch:
    started_at: datetime
    stopped_at: datetime | None


def timers_of_line() -> ArraySubquery:
    """Return, for a query of lines, the stretches of work on each: no further statement."""
    row = JSONObject(worker="worker", started="started_at", stopped="stopped_at")
    timers = LabourTimer.objects.filter(line_id=OuterRef("pk")).order_by("pk")
    return ArraySubquery(timers.values_list(row))


def labour_of_line(timers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a ticket says of a line: ``worked_minutes`` that ended, and who is ``at_work``.

    Each of those with the moment since when, ISO 8601.
    """
    stretches = [
        _Stretch(
            datetime.fromisoformat(row["started"]),
            datetime.fromisoformat(row["stopped"]) if row["stopped"] else None,
        )
        for row in timers
    ]
    return {
        "worked_minutes": minutes_of(stretches),
        "at_work": [
            {"worker": row["worker"], "since": stretch.started_at.isoformat()}
            for row, stretch in zip(timers, stretches, strict=True)
            if stretch.stopped_at is None
        ],
    }


def labour_of(order: Order) -> list[LineLabour]:
    """Return the lines of an order with the work on each: three statements."""
    lines = list(OrderLine.objects.filter(order_id=order.pk).order_by("position"))
    timers = list(LabourTimer.objects.filter(order_id=order.pk).order_by("pk"))
    names = names_of([row.worker for row in timers])
    return [
        LineLabour(
            line.pk,
            line.description,
            minutes_of(row for row in timers if row.line_id == line.pk),
            tuple(timer_row(row, names) for row in timers if row.line_id == line.pk),
        )
        for line in lines
    ]


def timer_row(timer: LabourTimer, names: dict[str, str] | None = None) -> TimerRow:
    """Return a stretch as people see it."""
    found = names_of([timer.worker]) if names is None else names
    return TimerRow(
        id=timer.pk,
        line_id=timer.line_id,
        worker=timer.worker,
        name=found.get(timer.worker, timer.worker),
        started_at=timer.started_at,
        stopped_at=timer.stopped_at,
        minutes=minutes_of([timer]) if timer.stopped_at is not None else None,
        note=timer.note,
    )


def minutes_by_line(order_id: int) -> dict[int, int]:
    """Return the minutes of work on each line that anybody timed."""
    rows: Collection[LabourTimer] = list(LabourTimer.objects.filter(order_id=order_id))
    return {
        line_id: minutes_of(row for row in rows if row.line_id == line_id)
        for line_id in sorted({row.line_id for row in rows})
    }
