"""The outbox: side effects written with the change that causes them, carried out later.

`emit` inserts one row per handler inside the caller's transaction. A relay claims rows with
``FOR UPDATE SKIP LOCKED`` under a lease, runs the handler and marks the row done. A handler is
run at least once; a transactional handler's database effects happen exactly once, because they
commit together with the mark.
"""

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Q
from django_guid import clear_guid, get_guid, set_guid

from bakery.kernel import attempts, clock
from bakery.kernel.events import Event, event_class
from bakery.kernel.models import AttemptState, OutboxMessage

logger = logging.getLogger(__name__)
CRITICAL, DEFAULT, DOCUMENTS = "critical", "default", "documents"
MEDIA, ML = "media", "ml"
QUEUES = (CRITICAL, DEFAULT, DOCUMENTS, MEDIA, ML)
# What any worker sweeps up. Documents, pictures and models take much CPU for each row: they have
# workers of their own, and nothing else ever waits behind them.
SWEPT = (CRITICAL, DEFAULT)
LEASE = timedelta(seconds=30)
DRAIN_BUDGET = timedelta(seconds=10)
MAX_ATTEMPTS = 8
# After a nudge failed, this process does not try the broker again for so long: nobody's request
# should wait for it, and beat sweeps.
NUDGE_PAUSE = timedelta(seconds=5)
_LONGEST_KEY = 100
BACKOFF_BASE, BACKOFF_CAP = timedelta(seconds=2), timedelta(minutes=10)


@dataclass(frozen=True)
class Handler:
    """One reaction to one kind of event.

    ``external`` handlers talk to the outside world: they run outside any transaction, must be
    idempotent themselves and must give up within `LEASE`. All others run inside the transaction
    that marks the row done.
    """

    name: str
    kind: str
    run: Callable[..., None]
    queue: str
    external: bool
    max_attempts: int


_HANDLERS: dict[str, Handler] = {}
_silent_until = 0.0


def _no_nudge(queue: str) -> None:
    """Wake nobody."""


_nudge: Callable[[str], None] = _no_nudge


def handles(
    event: type[Event],
    *,
    queue: str = DEFAULT,
    external: bool = False,
    max_attempts: int = MAX_ATTEMPTS,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register ``f(event, *, at)`` as a handler of ``event``; its dotted path is its identity."""
    if queue not in QUEUES:
        raise ValueError(f"no queue {queue!r}")

    def register(function: Callable[..., None]) -> Callable[..., None]:
        name = f"{function.__module__}.{function.__qualname__}"
        _HANDLERS[name] = Handler(name, event.kind, function, queue, external, max_attempts)
        return function

    return register


def handlers_of(kind: str) -> list[Handler]:
    """Return the handlers of a kind, in a stable order."""
    return sorted((h for h in _HANDLERS.values() if h.kind == kind), key=lambda h: h.name)


def set_nudge(nudge: Callable[[str], None]) -> None:
    """Tell the outbox how to wake a relay for a queue; called once, where Celery is wired."""
    global _nudge  # noqa: PLW0603 - one process-wide hook, set at start-up
    _nudge = nudge


def emit(event: Event, *, key: str, at: datetime, not_before: datetime | None = None) -> int:
    """Write ``event`` for each of its handlers and return how many rows are new.

    ``key`` (at most 100 characters) identifies the occurrence: the same kind and key twice is
    the same fact and is ignored. Must be called inside the transaction that makes the fact true.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("emit() outside a transaction could state a fact that never happened")
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise ValueError(f"an event's key has 1 to {_LONGEST_KEY} characters")
    handlers = handlers_of(event.kind)
    if not handlers:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_outboxmessage (kind, handler, queue, dedupe_key, payload,
                not_before, created_at, request_id, attempts, last_error)
            SELECT %(kind)s, handler, queue, %(prefix)s || handler, %(payload)s::jsonb,
                %(not_before)s, %(at)s, %(request_id)s, 0, ''
            FROM unnest(%(handlers)s::text[], %(queues)s::text[]) AS reaction (handler, queue)
            ON CONFLICT (dedupe_key) DO NOTHING
            RETURNING queue
            """,
            {
                "kind": event.kind,
                "prefix": f"{event.kind}:{key}:",
                "payload": json.dumps(event.payload()),
                "not_before": not_before or at,
                "at": at,
                "request_id": get_guid() or "",
                "handlers": [handler.name for handler in handlers],
                "queues": [handler.queue for handler in handlers],
            },
        )
        new = [queue for (queue,) in cursor.fetchall()]
    if not_before is None or not_before <= at:
        for queue in set(new):
            wake_after_commit(queue)
    return len(new)


def wake_after_commit(queue: str) -> None:
    """Wake a relay once for each queue, however many events this transaction emits."""
    wake = _WAKERS[queue]
    if not any(hook is wake for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def _waker(queue: str) -> Callable[[], None]:
    def wake() -> None:
        global _silent_until  # noqa: PLW0603 - this process's memory of a broker that is down
        if time.monotonic() < _silent_until:
            return
        try:
            _nudge(queue)
        except Exception as error:  # noqa: BLE001 - a lost nudge is only latency; beat sweeps
            _silent_until = time.monotonic() + NUDGE_PAUSE.total_seconds()
            logger.warning(
                "outbox nudge failed", extra={"queue": queue, "error": type(error).__name__}
            )

    return wake


_WAKERS = {queue: _waker(queue) for queue in QUEUES}


def drain(queue: str, *, limit: int = 200, budget: timedelta = DRAIN_BUDGET) -> int:
    """Carry out what is due in ``queue`` and return how many rows were run.

    Stops after ``limit`` rows or once ``budget`` is spent, so that a worker is never killed in
    the middle of a handler and the other queue gets its turn; it then asks for another relay.
    """
    deadline = time.monotonic() + budget.total_seconds()
    for done in range(limit):
        if time.monotonic() > deadline:
            _WAKERS[queue]()
            return done
        row = _claim(queue, at=clock.now())
        if row is None:
            return done
        _carry_out(row)
    _WAKERS[queue]()
    return limit


def drain_all() -> int:
    """Carry out everything due in all queues, also what that in turn emits; return the count."""
    total = 0
    while ran := sum(drain(queue) for queue in QUEUES):
        total += ran
    return total


# A row that is due and still carries a claim was left behind by a process that ended, or that
# took longer than its lease: that attempt is noted as lost here, where nobody else would.
_CLAIM = """
    WITH due AS (
        SELECT id, attempts, claim, locked_until FROM kernel_outboxmessage
        WHERE done_at IS NULL AND dead_at IS NULL AND queue = %(queue)s
            AND not_before <= %(at)s AND (locked_until IS NULL OR locked_until < %(at)s)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE kernel_outboxmessage AS message
        SET attempts = message.attempts + 1, claim = %(claim)s, locked_until = %(until)s
        FROM due WHERE message.id = due.id
        RETURNING message.*
    ), lost AS (
        INSERT INTO kernel_attempt (source, name, outbox_id, task_id, number, queue, state, error,
            request_id, worker, at)
        SELECT 'outbox', handler, claimed.id, '', due.attempts, queue, 'lost', %(lost)s,
            request_id, '', due.locked_until
        FROM claimed JOIN due ON due.id = claimed.id WHERE due.claim IS NOT NULL
    )
    SELECT * FROM claimed
"""
_LOST = "The process ended while at it, or took longer than its lease."


def _claim(queue: str, *, at: datetime) -> OutboxMessage | None:
    """Lease the oldest due row. Its start is counted now, so that a crash counts as well."""
    while rows := list(
        OutboxMessage.objects.raw(
            _CLAIM,
            {"claim": uuid4(), "until": at + LEASE, "queue": queue, "at": at, "lost": _LOST},
        )
    ):
        row = rows[0]
        if row.attempts <= allowed_attempts(row.handler):
            return row
        # Its handler kept killing the process before it could report a failure.
        _bury(row, at=at, error=row.last_error or "the process died while handling it")
    return None


def allowed_attempts(name: str) -> int:
    """Return how often a row of the handler ``name`` may be started."""
    # A handler unknown here is no reason to give up at once: during a deployment an older worker
    # may see what a newer release emitted.
    handler = _HANDLERS.get(name)
    return handler.max_attempts if handler else MAX_ATTEMPTS


def _bury(row: OutboxMessage, *, at: datetime, error: str) -> None:
    OutboxMessage.objects.filter(pk=row.pk, claim=row.claim, done_at=None).update(
        dead_at=at, last_error=error, claim=None, locked_until=None
    )
    logger.error("outbox dead letter", extra=_log_fields(row))


def _carry_out(row: OutboxMessage) -> None:
    """Run a leased row under the request id that caused it, whatever comes of it."""
    before = get_guid()
    set_guid(row.request_id or uuid4().hex)
    try:
        if _run(row):
            logger.info("outbox handled", extra=_log_fields(row))
    except Exception as error:
        logger.warning("outbox handler failed", extra=_log_fields(row), exc_info=True)
        _record_failure(row, error)
    finally:
        if before:
            set_guid(before)
        else:
            clear_guid()


def _log_fields(row: OutboxMessage) -> dict[str, Any]:
    return {"handler": row.handler, "outbox_id": row.pk, "attempt": row.attempts}


def _run(row: OutboxMessage) -> bool:
    handler = _HANDLERS.get(row.handler)
    if handler is None:
        raise LookupError(f"no handler {row.handler} in this release")
    event = event_class(row.kind).from_payload(row.payload)
    if handler.external:
        return _run_external(row, handler, event)
    with transaction.atomic():
        if not _still_ours(row):
            return False
        handler.run(event, at=clock.now())
        _mark_done(row)
    return True


def _still_ours(row: OutboxMessage) -> bool:
    """Lock the row and tell whether our lease holds; another relay may have taken it over."""
    return (
        OutboxMessage.objects.select_for_update()
        .filter(pk=row.pk, claim=row.claim, done_at=None, dead_at=None)
        .exists()
    )


def _run_external(row: OutboxMessage, handler: Handler, event: Event) -> bool:
    """Run outside any transaction, on a lease that was taken a moment ago.

    Done is done even when the lease ran out meanwhile: what went out cannot be called back, and
    a further attempt would only repeat it.
    """
    handler.run(event, at=clock.now())
    _mark_done(row)
    return True


_SETTLED = """
    INSERT INTO kernel_attempt (source, name, outbox_id, task_id, number, queue, waited_ms,
        duration_ms, state, error, request_id, worker, at)
    VALUES ('outbox', %(name)s, %(id)s, '', %(number)s, %(queue)s, %(waited)s,
        %(duration)s, %(state)s, %(error)s, %(request_id)s, %(worker)s, %(at)s)
"""
# Both in one statement: the mark and its attempt are there together, at the price of one.
_DONE = f"""
    WITH done AS (
        UPDATE kernel_outboxmessage
        SET done_at = %(at)s, dead_at = NULL, locked_until = NULL, claim = NULL
        WHERE id = %(id)s AND done_at IS NULL
    ) {_SETTLED}
"""  # noqa: S608 - two constants


def _mark_done(row: OutboxMessage) -> None:
    _settle(_DONE, row, state=AttemptState.OK, at=clock.now())


def _settle(
    statement: str, row: OutboxMessage, *, state: str, at: datetime, error: str = ""
) -> None:
    """Write what came of an attempt; its start is told by its lease."""
    began = row.locked_until - LEASE if row.locked_until else at
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "id": row.pk,
                "name": row.handler,
                "number": row.attempts,
                "queue": row.queue,
                "waited": attempts.milliseconds(began - row.not_before),
                "duration": attempts.milliseconds(at - began),
                "state": str(state),
                "error": error,
                "request_id": get_guid() or "",
                "worker": attempts.worker(),
                "at": at,
            },
        )


def backoff(starts: int) -> timedelta:
    """Return the pause after the ``starts``-th failure: doubling, capped, with jitter."""
    ceiling = min(BACKOFF_BASE * 2 ** min(starts, 20), BACKOFF_CAP)
    return timedelta(seconds=ceiling.total_seconds() * random.uniform(0.5, 1))  # noqa: S311 - jitter


def _record_failure(row: OutboxMessage, error: Exception) -> None:
    at = clock.now()
    text = attempts.error_text(error, longest=2000)
    with transaction.atomic():
        if not _still_ours(row):
            return
        is_last = row.attempts >= allowed_attempts(row.handler)
        state = AttemptState.DEAD if is_last else AttemptState.RETRIED
        _settle(_SETTLED, row, state=state, error=attempts.error_text(error), at=at)
        if is_last:
            _bury(row, at=at, error=text)
            return
        OutboxMessage.objects.filter(pk=row.pk).update(
            not_before=at + backoff(row.attempts), claim=None, locked_until=None, last_error=text
        )


def purge_done(*, before: datetime, limit: int = 5000) -> int:
    """Delete up to ``limit`` rows carried out or discarded before ``before``; return the count.

    Their keys are forgotten with them: keep them longer than anything may repeat a fact.
    """
    over = OutboxMessage.objects.filter(Q(done_at__lt=before) | Q(discarded_at__lt=before))
    ids = over.order_by("pk").values("pk")[:limit]
    return OutboxMessage.objects.filter(pk__in=ids).delete()[0]
