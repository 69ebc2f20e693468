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


@shared_task(name="apps.payments.tasks.find_missed")
def find_missed() -> int:
    """Ask Stripe what it knows and never told us; beat sends this every ten minutes."""
    found = services.find_missed(at=clock.now())
    return found.events + found.payments


@shared_task(name="apps.payments.tasks.watch_stripe")
def watch_stripe() -> int:
    """See whether Stripe's word comes through; beat sends this every minute."""
    return len(services.watch_stripe(at=clock.now()))


@shared_task(name="apps.payments.tasks.settle_refunds")
def settle_refunds() -> int:
    """Go on with refunds that are silent for long; beat sends this every five minutes."""
    return services.settle_refunds(at=clock.now())


@shared_task(name="apps.payments.tasks.look_after_disputes")
def look_after_disputes() -> int:
    """Remind of disputes that wait for an answer, and freeze evidence that is missing."""
    at = clock.now()
    return services.remind_of_disputes(at=at) + services.freeze_missing(at=at)


@shared_task(name="apps.payments.tasks.forget_payers")
def forget_payers() -> int:
    """Take people who were erased out of what Stripe said since; once a day."""
    return services.erase_late_payers(at=clock.now())
