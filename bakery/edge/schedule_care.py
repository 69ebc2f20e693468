"""What people do about schedules: look at them, run one now, switch one off and on again."""

from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.db import transaction
from django_celery_beat.models import PeriodicTask

from bakery.edge import schedules
from bakery.edge.tasks import send_quickly
from bakery.kernel import attempts, audit, clock
from bakery.kernel.errors import Conflict, NotFound, Unavailable
from bakery.kernel.models import TaskRun

_OBJECT = "schedule"


@dataclass(frozen=True)
class Schedule:
    """One schedule: when it runs, how the latest run ended, when the next one is due."""

    task: str
    when: str
    vital: bool
    is_on: bool
    what: str
    sent_at: datetime | None
    next_at: datetime | None
    run: TaskRun | None


def overview(*, at: datetime) -> list[Schedule]:
    """Return every schedule of the code in its order, with what is known of its runs."""
    rows = {
        row.name: row
        for row in PeriodicTask.objects.select_related("interval", "crontab").filter(
            name__in=schedules.names()
        )
    }
    runs = attempts.last_runs()
    # A process that only serves pages has not read the apps' tasks, whose words are shown.
    current_app.loader.import_default_modules()
    return [
        _described(entry, rows.get(entry.task), runs.get(entry.task), at=at)
        for entry in schedules.ENTRIES
    ]


def _described(
    entry: schedules.Entry, row: PeriodicTask | None, run: TaskRun | None, *, at: datetime
) -> Schedule:
    is_on = row is not None and row.enabled
    next_at = None
    if row is not None and is_on:
        seen = row.last_run_at or row.date_changed or at
        next_at = max(at, at + row.schedule.remaining_estimate(seen))
    task = current_app.tasks.get(entry.task)
    return Schedule(
        task=entry.task,
        when=words(entry),
        vital=entry.vital,
        is_on=is_on,
        # After the semicolon it says when, which is shown beside it, and may have been changed.
        what=(task.__doc__ or "").strip().split("\n")[0].partition(";")[0].rstrip(".") + "."
        if task
        else "",
        sent_at=row.last_run_at if row else None,
        next_at=next_at,
        run=run,
    )


def words(entry: schedules.Entry) -> str:
    """Return when an entry runs, in words."""
    if entry.cron:
        minute, hour, *days = entry.cron.split()
        if minute.isdigit() and hour.isdigit() and days == ["*", "*", "*"]:
            return f"every day at {int(hour):02}:{int(minute):02} ({clock.shop_zone().key})"
        return f"{entry.cron} ({clock.shop_zone().key})"
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count, rest = divmod(entry.every_seconds, size)
        if count and not rest:
            return f"every {name}" if count == 1 else f"every {count} {name}s"
    return f"every {entry.every_seconds} seconds"


def run_now(task: str, *, actor: str, at: datetime) -> None:
    """Have a scheduled task run at once, audited.

    Every one may run at any time, also twice at once. Raises `NotFound`, and `Unavailable` when
    the broker is down.
    """
    entry = _entry(task)
    try:
        send_quickly(entry.task)
    except Exception as error:
        raise Unavailable(
            "broker_unavailable", "The queue does not answer right now. Try again in a minute."
        ) from error
    audit.record(
        actor=actor, action="schedule.run", object_type=_OBJECT, object_id=task[:100], at=at
    )


def switch(task: str, *, on: bool, actor: str, reason: str, at: datetime) -> bool:
    """Switch a schedule on or off, audited; return False when it was that already.

    Raises `NotFound`, and `Conflict` (``vital``) for what the shop's promises hang on. Beat
    follows within seconds; a later release leaves it as it is.
    """
    entry = _entry(task)
    if entry.vital and not on:
        raise Conflict("vital", "The shop depends on this one. It cannot be switched off.")
    with transaction.atomic():
        row = PeriodicTask.objects.select_for_update().filter(name=task).first()
        if row is None:
            raise NotFound("schedule_not_found", "There is no such schedule.")
        if row.enabled == on:
            return False
        row.enabled = on
        row.save()
        audit.record(
            actor=actor,
            action="schedule.switch",
            object_type=_OBJECT,
            object_id=task[:100],
            changes={"enabled": [not on, on]},
            reason=reason[:500],
            at=at,
        )
    return True


def _entry(task: str) -> schedules.Entry:
    for entry in schedules.ENTRIES:
        if entry.task == task:
            return entry
    raise NotFound("schedule_not_found", "There is no such schedule.")
