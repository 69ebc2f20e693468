"""Celery tasks of this app; they carry no data and may run twice or late."""

from celery import shared_task

from apps.custom_cakes import services
from bakery.kernel import clock


@shared_task(name="apps.custom_cakes.tasks.lapse_counters")
def lapse_counters() -> int:
    """End counter-offers that nobody took in time; sent every minute."""
    return services.lapse_counters(at=clock.now())


@shared_task(name="apps.custom_cakes.tasks.end_passed")
def end_passed() -> int:
    """End requests whose day went by undecided; sent every hour."""
    return services.end_passed(at=clock.now())


@shared_task(name="apps.custom_cakes.tasks.tidy_requests")
def tidy_requests() -> int:
    """Remove pictures that were taken away, and drafts that nobody sent; sent every hour."""
    at = clock.now()
    return services.sweep_photos(at=at) + services.forget_drafts(at=at)
