"""Celery tasks of this app; they carry no data and may run twice or late."""

from celery import shared_task

from apps.receipts import services
from bakery.kernel import clock


@shared_task(name="apps.receipts.tasks.seal_waiting")
def seal_waiting() -> int:
    """Make the files of documents that wait for theirs; sent every 5 minutes."""
    return services.seal_waiting(at=clock.now())


@shared_task(name="apps.receipts.tasks.watch_certificate")
def watch_certificate() -> bool:
    """Look how long the certificate that signs receipts is good for; sent once a day."""
    return services.watch_certificate(at=clock.now())
