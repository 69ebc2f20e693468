"""Scheduled work of inventory."""

import logging

from celery import shared_task

from apps.inventory import selectors, services
from bakery.kernel import clock

logger = logging.getLogger(__name__)


@shared_task(name="apps.inventory.tasks.extend_calendar")
def extend_calendar() -> int:
    """Keep the pickup calendar open ahead; beat sends this every hour."""
    return services.extend_calendar(at=clock.now())


@shared_task(name="apps.inventory.tasks.prove_ledger")
def prove_ledger() -> int:
    """Compare balances with their ledgers; each difference is an error in the log. Daily."""
    differences = selectors.ledger_differences()
    for row in differences:
        logger.error("ledger difference", extra={"code": row.kind, "object_id": row.subject})
    return len(differences)
