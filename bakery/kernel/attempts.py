"""What was attempted, one row for each attempt as it ended: what, how long, and what came of it.

Rows about the outbox are written in the statement that settles the attempt (see
`bakery.kernel.outbox`), so that there is none without its effect and no effect without it.
"""

import os
from datetime import datetime, timedelta

from django.db import Error, connection
from django.db.models import Q

from bakery.kernel.logs import scrub
from bakery.kernel.models import Attempt, AttemptState, TaskRun

# What went well is of interest for days, what did not for as long as somebody may ask.
KEEP_OK = timedelta(days=3)
KEEP_OTHER = timedelta(days=90)
_LONGEST_ERROR = 300
_LONGEST_WORKER = 100
_place = ""


def work_as(worker: str) -> None:
    """Let this process sign its attempts as ``worker``; called once, where a worker starts."""
    global _place  # noqa: PLW0603 - one name for the process, given at its start
    _place = worker


def worker() -> str:
    """Return the name of this process as attempts carry it: the worker's, and the process id."""
    return f"{_place or 'process'}/{os.getpid()}"[-_LONGEST_WORKER:]


def in_words(name: str) -> str:
    """Return a handler or a task as people read it: its app and what it does."""
    short = name.removeprefix("apps.").removeprefix("bakery.edge.tasks.")
    return short.replace(".handlers.", ": ").replace(".tasks.", ": ").replace("_", " ")


def error_text(error: object, *, longest: int = _LONGEST_ERROR) -> str:
    """Return an error as it is kept: scrubbed of personal data, at most ``longest`` characters."""
    name = f"{type(error).__name__}: " if isinstance(error, BaseException) else ""
    # PostgreSQL's further lines quote the row, and no pattern knows a name or what is on a cake.
    said = str(error).partition("\n")[0] if isinstance(error, Error) else str(error)
    return scrub(f"{name}{said}").replace("\x00", "")[:longest]


def milliseconds(length: timedelta) -> int:
    """Return ``length`` in whole milliseconds, never below zero."""
    return max(0, round(length.total_seconds() * 1000))


def note_run(*, name: str, state: str, note: str, duration_ms: int | None, at: datetime) -> None:
    """Keep how the latest run of a scheduled task ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_taskrun (name, at, duration_ms, state, note)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, state = excluded.state,
                duration_ms = excluded.duration_ms, note = excluded.note
            """,
            (name, at, duration_ms, state, note[:_LONGEST_ERROR]),
        )


def last_runs() -> dict[str, TaskRun]:
    """Return the latest run of each scheduled task by its name."""
    return {run.name: run for run in TaskRun.objects.all()}


def purge(*, at: datetime, limit: int = 5000) -> int:
    """Delete up to ``limit`` attempts that nobody will ask for any more; return the count."""
    old = Attempt.objects.filter(
        Q(at__lt=at - KEEP_OTHER) | Q(at__lt=at - KEEP_OK, state=AttemptState.OK)
    )
    ids = old.order_by().values("pk")[:limit]
    return Attempt.objects.filter(pk__in=ids).delete()[0]
