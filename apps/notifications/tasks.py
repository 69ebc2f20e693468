"""Celery tasks: they carry no data, they sweep."""

from celery import shared_task

from apps.notifications import services
from bakery.kernel import clock


@shared_task(name="apps.notifications.tasks.escalate_overdue")
def escalate_overdue() -> int:
    """Escalate alerts that nobody acknowledged in time; beat sends this every 15 seconds."""
    return services.escalate_overdue(at=clock.now())
