"""Celery tasks of this app; they carry no data and may run twice or late."""

from celery import shared_task

from apps.custom_cakes import services
from bakery.kernel import clock


@shared_task(name="apps.custom_cakes.tasks.lapse_counters")
def lapse_counters() -> int:
    """End counter-offers that nobody took in time; sent every minute."""
    return services.lapse_counters(at=clock.now())
