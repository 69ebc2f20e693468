"""Celery tasks of this app; they carry no data and may run twice or late."""

from celery import shared_task

from apps.recovery import services
from bakery.kernel import clock


@shared_task(name="apps.recovery.tasks.plan_reminders")
def plan_reminders() -> int:
    """Plan reminders of carts that were left, and end codes that are over; sent every minute."""
    at = clock.now()
    return services.plan_reminders(at=at) + services.end_coupons(at=at)


@shared_task(name="apps.recovery.tasks.forget_people")
def forget_people() -> int:
    """Forget who left carts long ago; sent once a day."""
    return services.forget_old(at=clock.now())
