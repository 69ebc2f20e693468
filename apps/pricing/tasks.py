"""Scheduled work of prices; carries no data and may run twice or late."""

from celery import shared_task

from apps.pricing import services
from bakery.kernel import clock


@shared_task(name="apps.pricing.tasks.train_weekly")
def train_weekly() -> int:
    """Have new versions trained by the ml queue's workers; sent in the night to Monday."""
    return services.ask_weekly_trainings(at=clock.now())


@shared_task(name="apps.pricing.tasks.watch_models")
def watch_models() -> int:
    """Look at the versions in use and at how decisions drift from them; sent every ten minutes."""
    return len(services.watch_models(at=clock.now()))
