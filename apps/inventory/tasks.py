"""Scheduled work of inventory."""

from celery import shared_task

from apps.inventory import services
from bakery.kernel import clock


@shared_task(name="apps.inventory.tasks.extend_calendar")
def extend_calendar() -> int:
    """Keep the pickup calendar open ahead; beat sends this every hour."""
    return services.extend_calendar(at=clock.now())
