"""Celery tasks: they carry no data, they sweep."""

from celery import shared_task

from apps.notifications import services
from bakery.kernel import clock, heartbeats, outbox

_OF_ALERTS = (heartbeats.BEAT, heartbeats.of_queue(outbox.CRITICAL))


@shared_task(name="apps.notifications.tasks.escalate_overdue")
def escalate_overdue() -> int:
    """Escalate alerts that nobody acknowledged in time; beat sends this every 15 seconds."""
    return services.escalate_overdue(at=clock.now())


@shared_task(name="apps.notifications.tasks.forget_budgets")
def forget_budgets() -> int:
    """Delete what was counted against caps that are over; beat sends this every day."""
    return services.forget_budgets(at=clock.now())


@shared_task(name="apps.notifications.tasks.watch_platform")
def watch_platform() -> int:
    """Look for dead letters and silent processes; every worker sends this by its own clock.

    While beat, or whoever serves alerts, gives no sign, alerts climb and are sent from here: a
    cake must not wait until somebody has started them again.
    """
    at = clock.now()
    findings = services.watch_platform(at=at)
    if heartbeats.silent(_OF_ALERTS, at=at):
        services.escalate_overdue(at=at)
        outbox.drain(outbox.CRITICAL)
    return len(findings)
