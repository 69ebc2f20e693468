"""Periodic work: what no webhook told us."""

from celery import shared_task

from apps.payments import services
from bakery.kernel import clock


@shared_task(name="apps.payments.tasks.check_open_attempts")
def check_open_attempts() -> int:
    """Ask Stripe about payments that are open for minutes without a word."""
    return services.check_open_attempts(at=clock.now())


@shared_task(name="apps.payments.tasks.retry_events")
def retry_events() -> int:
    """Apply parked and stranded events again."""
    return services.retry_events(at=clock.now())
