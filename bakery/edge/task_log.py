"""What becomes of Celery's tasks: attempts, the latest run of each schedule, lost ones as well.

Hung on Celery's signals, which alone see a task whose process was killed. A sweep that found
nothing to do returns something false and leaves no attempt: there would be thousands a day, and
the sign of life and the latest run say the same. Nothing here may hurt a task.
"""

import contextlib
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery import signals
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from django.db import connection, transaction
from django_guid import get_guid

from bakery.edge import schedules
from bakery.kernel import attempts, clock
from bakery.kernel.models import Attempt, AttemptSource, AttemptState

logger = logging.getLogger(__name__)
SENT_AT = "bakery_sent_at"
REQUEST_ID = "bakery_request_id"
# The latest run of a frequent schedule is written this often by one process, unless it did
# something or failed.
_NOTE_EVERY = timedelta(seconds=60)
_began: dict[str, datetime] = {}
_noted: dict[str, float] = {}


def connect() -> None:
    """Hang this module on Celery's signals; called once, where Celery is wired."""
    for signal, receiver in (
        (signals.celeryd_after_setup, _name_worker),
        (signals.before_task_publish, _stamp),
        (signals.task_prerun, _begin),
        (signals.task_postrun, _end),
        (signals.task_failure, _fail),
        (signals.task_retry, _retry),
    ):
        signal.connect(receiver, weak=False, dispatch_uid=f"{__name__}.{receiver.__name__}")


def _name_worker(sender: str, **_: Any) -> None:
    attempts.work_as(sender)


def _stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let a task carry when it was sent and for which request; it carries nothing else."""
    if headers is not None:
        headers[SENT_AT] = clock.now().isoformat()
        headers[REQUEST_ID] = get_guid() or ""


def _begin(task_id: str, **_: Any) -> None:
    _began[task_id] = clock.now()


def _end(task_id: str, task: Any, retval: Any = None, state: str = "", **_: Any) -> None:
    """Write what was done; what failed was written by `_fail` or `_retry`, which come first."""
    began = _began.pop(task_id, None)
    if state != "SUCCESS":
        return
    _write(task, task_id, state=AttemptState.OK, began=began, result=retval)


def _fail(sender: Any, task_id: str, exception: Any = None, **_: Any) -> None:
    is_lost = isinstance(exception, WorkerLostError | TimeLimitExceeded)
    state = AttemptState.LOST if is_lost else AttemptState.FAILED
    _write(sender, task_id, state=state, began=_began.get(task_id), error=exception)


def _retry(sender: Any, request: Any, reason: Any = None, **_: Any) -> None:
    """Note a failure that is followed by another attempt."""
    cause = getattr(reason, "exc", None) or reason
    is_lost = isinstance(cause, WorkerLostError)
    state = AttemptState.LOST if is_lost else AttemptState.RETRIED
    _write(sender, request.id, state=state, began=_began.get(request.id), error=cause)


def _write(
    task: Any,
    task_id: str,
    *,
    state: AttemptState,
    began: datetime | None,
    result: Any = None,
    error: Any = None,
) -> None:
    try:
        at = clock.now()
        duration = attempts.milliseconds(at - began) if began else None
        note = attempts.error_text(error) if error is not None else str(result or "")
        with _of_its_own():
            if state != AttemptState.OK or result:
                _insert(task, task_id, state=state, began=began, error=note if error else "", at=at)
            if _is_worth_noting(task.name, calm=state == AttemptState.OK and not result):
                attempts.note_run(
                    name=task.name, state=state, note=note, duration_ms=duration, at=at
                )
    except Exception as failure:  # noqa: BLE001 - a log of tasks must not hurt them
        logger.warning(
            "attempt not kept", extra={"task": task.name, "error": type(failure).__name__}
        )
    finally:
        if began is None and not connection.in_atomic_block:
            # The worker's main process, told of a child's death: no child may inherit this.
            connection.close()


def _of_its_own() -> Any:
    """Return a savepoint inside a transaction (a task called directly), else nothing at all."""
    return transaction.atomic() if connection.in_atomic_block else contextlib.nullcontext()


def _insert(
    task: Any, task_id: str, *, state: str, began: datetime | None, error: str, at: datetime
) -> None:
    request = task.request
    sent_at = getattr(request, SENT_AT, None)
    waited = began - datetime.fromisoformat(sent_at) if began and sent_at else None
    Attempt.objects.create(
        source=AttemptSource.TASK,
        name=task.name,
        task_id=task_id[:64],
        number=min(int(request.retries or 0) + 1, 32767),
        queue=str((request.delivery_info or {}).get("routing_key") or "")[:20],
        waited_ms=attempts.milliseconds(waited) if waited is not None else None,
        duration_ms=attempts.milliseconds(at - began) if began else None,
        state=state,
        error=error,
        request_id=str(getattr(request, REQUEST_ID, None) or "")[:64],
        worker=attempts.worker(),
        at=at,
    )


def _is_worth_noting(name: str, *, calm: bool) -> bool:
    """Tell whether this run is written down as the latest of its schedule."""
    if name not in schedules.names():
        return False
    now = time.monotonic()
    if calm and now - _noted.get(name, -_NOTE_EVERY.total_seconds()) < _NOTE_EVERY.total_seconds():
        return False
    _noted[name] = now
    return True
