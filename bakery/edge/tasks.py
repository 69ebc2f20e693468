"""Celery tasks of the platform itself. They carry no data: they wake, sweep and prove life."""

import time
from datetime import timedelta
from functools import lru_cache
from typing import Any

from celery import current_app, shared_task
from kombu.pools import producers

from bakery.kernel import attempts, audit_heads, clock, heartbeats, idempotency, outbox

# Longer than any client retries and than any fact may be stated again.
KEEP_KEYS = timedelta(days=7)
KEEP_DONE = timedelta(days=90)
_PATIENCE = 0.5
_SIGN_EVERY = 8.0
_OF_ALERTS = (heartbeats.of_queue(outbox.CRITICAL),)
_signed: dict[str, float] = {}


def _relay(queue: str) -> int:
    """Give a sign that ``queue`` is served, then carry out what is due in it.

    A relay of another queue looks after critical ones whose own workers are silent: an alert must
    not wait until somebody has started them again.
    """
    at = clock.now()
    if time.monotonic() - _signed.get(queue, float("-inf")) > _SIGN_EVERY:
        _signed[queue] = time.monotonic()
        heartbeats.beat(heartbeats.of_queue(queue), at=at)
        if queue not in outbox.SWEPT and heartbeats.silent(_OF_ALERTS, at=at):
            outbox.drain(outbox.CRITICAL)
    return outbox.drain(queue)


@shared_task(name="bakery.edge.tasks.relay_critical", max_retries=3)
def relay_critical() -> int:
    """Carry out what is due in the critical queue."""
    return _relay(outbox.CRITICAL)


@shared_task(name="bakery.edge.tasks.relay_default", max_retries=3)
def relay_default() -> int:
    """Carry out what is due in the default queue."""
    return _relay(outbox.DEFAULT)


@shared_task(name="bakery.edge.tasks.relay_documents", max_retries=3)
def relay_documents() -> int:
    """Carry out what is due in the documents queue: drawing and sealing."""
    return _relay(outbox.DOCUMENTS)


# A larger net may take longer than anything else is allowed to; a claim outlasts the limit.
@shared_task(name="bakery.edge.tasks.relay_media", max_retries=3, soft_time_limit=70, time_limit=80)
def relay_media() -> int:
    """Carry out what is due in the media queue; beat sends this as well, to media's workers."""
    return _relay(outbox.MEDIA)


@shared_task(name="bakery.edge.tasks.relay_ml", max_retries=3)
def relay_ml() -> int:
    """Carry out what is due in the queue of models that read and write."""
    return _relay(outbox.ML)


@shared_task(name="bakery.edge.tasks.sweep_outbox")
def sweep_outbox() -> int:
    """Carry out whatever no nudge arrived for; beat sends this every few seconds."""
    heartbeats.beat("worker", at=clock.now())
    return sum(_relay(queue) for queue in outbox.SWEPT)


@shared_task(name="bakery.edge.tasks.keep_audit_head")
def keep_audit_head() -> str | None:
    """Keep the head of the audit chain outside the database; beat sends this every hour."""
    return audit_heads.keep(at=clock.now())


@shared_task(name="bakery.edge.tasks.purge_expired")
def purge_expired() -> int:
    """Delete what has served its time; beat sends this every hour, so that each run is short."""
    now = clock.now()
    return (
        idempotency.purge(before=now - KEEP_KEYS)
        + outbox.purge_done(before=now - KEEP_DONE)
        + attempts.purge(at=now)
    )


_RELAYS = {
    outbox.CRITICAL: relay_critical,
    outbox.DEFAULT: relay_default,
    outbox.DOCUMENTS: relay_documents,
    outbox.MEDIA: relay_media,
    outbox.ML: relay_ml,
}


def wake_relay(queue: str) -> None:
    """Ask a worker to relay ``queue`` now; raises when the broker is down, which only delays.

    Fails within about a second, because somebody's request waits for it.
    """
    with _nudging().acquire(block=True, timeout=_PATIENCE) as producer:
        _RELAYS[queue].apply_async(producer=producer, expires=60, retry=False)


def send_quickly(task: str, *, queue: str = "") -> None:
    """Send ``task`` by name, to be begun within a minute or not at all; raises as `wake_relay`."""
    options = {"queue": queue} if queue else {}
    with _nudging().acquire(block=True, timeout=_PATIENCE) as producer:
        current_app.send_task(task, producer=producer, expires=60, retry=False, **options)


@lru_cache(maxsize=1)
def _nudging() -> Any:
    """Return producers on connections of their own: workers need more patience than requests."""
    connection = current_app.connection_for_write(
        transport_options={
            "socket_connect_timeout": _PATIENCE,
            "socket_timeout": _PATIENCE,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        }
    )
    return producers[connection]
