"""Scheduled work of points and gift cards."""

import logging

from celery import shared_task

from apps.loyalty import selectors, services
from bakery.kernel import clock

logger = logging.getLogger(__name__)


@shared_task(name="apps.loyalty.tasks.expire_points")
def expire_points() -> int:
    """End points whose time is over; beat sends this every day."""
    return services.expire_points(at=clock.now())


@shared_task(name="apps.loyalty.tasks.warn_of_expiry")
def warn_of_expiry() -> int:
    """Tell people whose points end soon; beat sends this every day."""
    return services.warn_of_expiry(at=clock.now())


@shared_task(name="apps.loyalty.tasks.prove_points")
def prove_points() -> int:
    """Compare points and gift cards with their ledgers; differences are logged and alert. Daily."""
    for row in selectors.loyalty_differences():
        logger.error("loyalty difference", extra={"code": row.kind, "object_id": row.subject})
    return services.report_loyalty_differences(at=clock.now())
