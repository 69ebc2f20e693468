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
    """Compare balances with ledgers and lots; whatever differs is logged and alerts. Daily."""
    services.assign_lots(at=clock.now())
    for row in selectors.ledger_differences():
        logger.error("ledger difference", extra={"code": row.kind, "object_id": row.subject})
    for variant_id, *_ in selectors.lot_differences():
        logger.error("ledger difference", extra={"code": "lots", "object_id": variant_id})
    return services.report_differences(at=clock.now())


@shared_task(name="apps.inventory.tasks.watch_stock")
def watch_stock() -> int:
    """See which sizes ran low by holds and sales; beat sends this every few seconds."""
    return services.watch_stock(at=clock.now())


@shared_task(name="apps.inventory.tasks.assign_lots")
def assign_lots() -> int:
    """Give what was sold and thrown away to its lots; beat sends this every minute."""
    return services.assign_lots(at=clock.now())


@shared_task(name="apps.inventory.tasks.settle_tills")
def settle_tills() -> int:
    """Settle what tills reported and a process left behind; beat sends this every minute."""
    return services.settle_all(at=clock.now())


@shared_task(name="apps.inventory.tasks.close_past_days")
def close_past_days() -> int:
    """Take stock of days that are over off sale; beat sends this every ten minutes."""
    return services.close_past_days(at=clock.now())
