"""Celery tasks of the platform itself. They carry no data: they wake, sweep and prove life."""

from celery import shared_task

from bakery.kernel import clock, heartbeats, outbox


@shared_task(name="bakery.edge.tasks.relay_critical", max_retries=3)
def relay_critical() -> int:
    """Carry out what is due in the critical queue."""
    return outbox.drain(outbox.CRITICAL)


@shared_task(name="bakery.edge.tasks.relay_default", max_retries=3)
def relay_default() -> int:
    """Carry out what is due in the default queue."""
    return outbox.drain(outbox.DEFAULT)


@shared_task(name="bakery.edge.tasks.sweep_outbox")
def sweep_outbox() -> int:
    """Carry out whatever no nudge arrived for; beat sends this every few seconds."""
    heartbeats.beat("worker", at=clock.now())
    return sum(outbox.drain(queue) for queue in outbox.QUEUES)


_RELAYS = {outbox.CRITICAL: relay_critical, outbox.DEFAULT: relay_default}


def wake_relay(queue: str) -> None:
    """Ask a worker to relay ``queue`` now; raises when the broker is down, which only delays."""
    _RELAYS[queue].apply_async(expires=60)
