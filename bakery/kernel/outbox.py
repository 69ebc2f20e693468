"""The outbox: side effects written with the change that causes them, carried out later.

`emit` inserts one row per handler inside the caller's transaction. A relay claims rows with
``FOR UPDATE SKIP LOCKED`` under a lease, runs the handler and marks the row done. A handler is
run at least once; a transactional handler's database effects happen exactly once, because they
commit together with the mark.
"""

import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction
from django_guid import get_guid, set_guid

from bakery.kernel import clock
from bakery.kernel.events import Event, event_class
from bakery.kernel.models import OutboxMessage

logger = logging.getLogger(__name__)
E_co = TypeVar("E_co", bound=Event)
CRITICAL, DEFAULT = "critical", "default"
QUEUES = (CRITICAL, DEFAULT)
LEASE = timedelta(seconds=30)
CLAIM_SIZE = 10
BACKOFF_BASE, BACKOFF_CAP = timedelta(seconds=2), timedelta(minutes=10)


@dataclass(frozen=True)
class Handler:
    """One reaction to one kind of event.

    ``external`` handlers talk to the outside world: they run outside any transaction and must
    be idempotent themselves. All others run inside the transaction that marks the row done.
    """

    name: str
    kind: str
    run: Callable[..., None]
    queue: str
    external: bool
    max_attempts: int


_HANDLERS: dict[str, Handler] = {}
_nudge: Callable[[str], None] = lambda queue: None  # noqa: E731 - replaced at start-up


def handles(
    event: type[E_co], *, queue: str = DEFAULT, external: bool = False, max_attempts: int = 8
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

    ``key`` identifies the occurrence: the same kind and key twice is the same fact and is
    ignored. Must be called inside the transaction that makes the fact true.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("emit() outside a transaction could state a fact that never happened")
    handlers = handlers_of(event.kind)
    rows = [
        OutboxMessage(
            kind=event.kind,
            handler=handler.name,
            queue=handler.queue,
            dedupe_key=f"{event.kind}:{key}:{handler.name}",
            payload=event.payload(),
            not_before=not_before or at,
            created_at=at,
            request_id=get_guid() or "",
        )
        for handler in handlers
    ]
    if not rows:
        return 0
    before = len(rows)
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
    if not_before is None or not_before <= at:
        for queue in {row.queue for row in rows}:
            transaction.on_commit(_nudger(queue), robust=True)
    return before


def _nudger(queue: str) -> Callable[[], None]:
    def wake() -> None:
        try:
            _nudge(queue)
        except Exception as error:  # noqa: BLE001 - a lost nudge is only latency; beat sweeps
            logger.warning("outbox nudge failed", extra={"queue": queue, "error": type(error).__name__})

    return wake


def drain(queue: str, *, limit: int = 200) -> int:
    """Carry out what is due in ``queue``, at most ``limit`` rows; return how many were run."""
    done = 0
    while done < limit:
        rows = _claim(queue, at=clock.now(), size=min(CLAIM_SIZE, limit - done))
        if not rows:
            break
        for row in rows:
            _carry_out(row)
            done += 1
    return done


def drain_all() -> int:
    """Carry out everything due in all queues, also what that in turn emits; return the count."""
    total = 0
    while ran := sum(drain(queue) for queue in QUEUES):
        total += ran
    return total


def _claim(queue: str, *, at: datetime, size: int) -> list[OutboxMessage]:
    """Lease up to ``size`` due rows; the start is counted now, so that a crash counts as well."""
    token = uuid4()
    with transaction.atomic():
        due = (
            OutboxMessage.objects.due(queue, at=at)
            .select_for_update(skip_locked=True)
            .order_by("id")[:size]
        )
        rows = list(due)
        for row in rows:
            row.attempts += 1
            row.claim, row.locked_until = token, at + LEASE
        _bury_exhausted(rows, at=at)
        rows = [row for row in rows if row.dead_at is None]
        OutboxMessage.objects.bulk_update(rows, ["attempts", "claim", "locked_until"])
    return rows


def _bury_exhausted(rows: Iterable[OutboxMessage], *, at: datetime) -> None:
    """Set aside rows whose handler kept killing its process before it could report a failure."""
    for row in rows:
        handler = _HANDLERS.get(row.handler)
        allowed = handler.max_attempts if handler else 1
        if row.attempts > allowed:
            _bury(row, at=at, error=row.last_error or "the process died while handling it")


def _bury(row: OutboxMessage, *, at: datetime, error: str) -> None:
    row.dead_at, row.last_error = at, error
    row.claim = row.locked_until = None
    row.save(update_fields=["dead_at", "last_error", "claim", "locked_until", "attempts"])
    logger.error("outbox dead letter", extra={"handler": row.handler, "outbox_id": row.pk})


def _carry_out(row: OutboxMessage) -> None:
    set_guid(row.request_id or uuid4().hex)
    handler = _HANDLERS.get(row.handler)
    try:
        if handler is None:
            raise LookupError(f"no handler {row.handler} in this release")  # noqa: TRY301
        event = event_class(row.kind).from_payload(row.payload)
        ran = _run_external(row, handler, event) if handler.external else _run(row, handler, event)
        if ran:
            logger.info("outbox handled", extra=_log_fields(row))
    except Exception as error:
        logger.exception("outbox handler failed", extra=_log_fields(row))
        _record_failure(row, handler, error)


def _log_fields(row: OutboxMessage) -> dict[str, Any]:
    return {"handler": row.handler, "outbox_id": row.pk, "attempt": row.attempts}


def _still_ours(row_id: int, claim: UUID | None) -> bool:
    """Lock the row and tell whether our lease holds; another relay may have taken it over."""
    return (
        OutboxMessage.objects.select_for_update()
        .filter(pk=row_id, claim=claim, done_at=None, dead_at=None)
        .exists()
    )


def _run(row: OutboxMessage, handler: Handler, event: Event) -> bool:
    with transaction.atomic():
        if not _still_ours(row.pk, row.claim):
            return False
        handler.run(event, at=clock.now())
        _mark_done(row)
    return True


def _run_external(row: OutboxMessage, handler: Handler, event: Event) -> bool:
    with transaction.atomic():
        if not _still_ours(row.pk, row.claim):
            return False
        OutboxMessage.objects.filter(pk=row.pk).update(locked_until=clock.now() + LEASE)
    handler.run(event, at=clock.now())
    with transaction.atomic():
        _mark_done(row)
    return True


def _mark_done(row: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=row.pk, claim=row.claim).update(
        done_at=clock.now(), locked_until=None, claim=None
    )


def backoff(attempts: int) -> timedelta:
    """Return the pause after the ``attempts``-th failure: doubling, capped, with full jitter."""
    ceiling = min(BACKOFF_BASE * 2 ** min(attempts, 20), BACKOFF_CAP)
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _record_failure(row: OutboxMessage, handler: Handler | None, error: Exception) -> None:
    at = clock.now()
    text = f"{type(error).__name__}: {error}"[:2000]
    with transaction.atomic():
        if not _still_ours(row.pk, row.claim):
            return
        if handler is None or row.attempts >= handler.max_attempts:
            _bury(row, at=at, error=text)
            return
        OutboxMessage.objects.filter(pk=row.pk).update(
            not_before=at + backoff(row.attempts), claim=None, locked_until=None, last_error=text
        )


def replay(row_id: int, *, at: datetime) -> bool:
    """Give a dead letter a fresh set of attempts; return False when it is not dead."""
    with transaction.atomic():
        queue = (
            OutboxMessage.objects.filter(pk=row_id, dead_at__isnull=False)
            .values_list("queue", flat=True)
            .first()
        )
        if queue is None:
            return False
        OutboxMessage.objects.filter(pk=row_id).update(dead_at=None, attempts=0, not_before=at)
        transaction.on_commit(_nudger(queue), robust=True)
    return True
