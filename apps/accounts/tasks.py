"""What beat asks of accounts."""

from celery import shared_task

from apps.accounts.services import purge_expired
from bakery.kernel import clock


@shared_task(name="apps.accounts.tasks.purge_expired_tokens")
def purge_expired_tokens() -> int:
    """Delete what has expired; once a day is enough."""
    return purge_expired(at=clock.now())
