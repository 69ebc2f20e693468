"""Periodic work of the books; carries no data and may run twice or late."""

from celery import shared_task

from apps.books import services
from bakery.kernel import clock


@shared_task(name="apps.books.tasks.post_missing")
def post_missing() -> int:
    """Book what nobody was told about, among the newest rows."""
    return services.post_missing(at=clock.now())


@shared_task(name="apps.books.tasks.post_all_missing")
def post_all_missing() -> int:
    """Book what nobody was told about, however old it is."""
    return services.post_missing(at=clock.now(), whole=True)


@shared_task(name="apps.books.tasks.reconcile_nightly")
def reconcile_nightly() -> int:
    """Compare Stripe, orders and books once a night; beat asks every half hour if it is due."""
    run = services.reconcile_if_due(at=clock.now())
    return run.found if run else 0


@shared_task(name="apps.books.tasks.watch_reconciliation")
def watch_reconciliation() -> bool:
    """See that the nightly comparison was made; beat sends this every hour."""
    return services.watch_reconciliation(at=clock.now())
