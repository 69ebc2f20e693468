"""Scheduled work of the catalog."""

import logging

from celery import shared_task

from apps.catalog import services
from bakery.kernel import clock

logger = logging.getLogger(__name__)


@shared_task(name="apps.catalog.tasks.remove_expired_uploads")
def remove_expired_uploads() -> int:
    """Delete offers of uploads that were not used in time; beat sends this every hour."""
    return services.remove_expired_uploads(at=clock.now())


@shared_task(name="apps.catalog.tasks.remove_orphans")
def remove_orphans() -> int:
    """Delete pictures' files that no row names; beat sends this every day."""
    report = services.remove_orphans(at=clock.now())
    if report.orphans:
        logger.warning("orphaned files removed", extra={"count": len(report.orphans)})
    return len(report.orphans) - len(report.failed)


@shared_task(name="apps.catalog.tasks.recheck_food")
def recheck_food() -> int:
    """Settle every product anew, since allergen lists change by date; beat sends this every day."""
    settled = services.recheck_food(at=clock.now())
    if settled.sizes or settled.withdrawn:
        logger.warning("food facts had drifted", extra={"count": settled.sizes})
    return settled.sizes
