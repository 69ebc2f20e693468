"""Beat: django-celery-beat's scheduler, which also gives a sign of life of its own."""

import logging
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q
from django_celery_beat.schedulers import DatabaseScheduler

from bakery.kernel import clock, heartbeats

logger = logging.getLogger(__name__)
_SIGN_EVERY = 10.0


class ShopScheduler(DatabaseScheduler):
    """Beat of the shop: entries from the database, wall times in the shop's zone."""

    _signed_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Give a sign, then send what is due; without a database there is only no sign."""
        now = time.monotonic()
        if now - self._signed_at >= _SIGN_EVERY:
            self._signed_at = now
            try:
                heartbeats.beat(heartbeats.BEAT, at=clock.now())
            except (DatabaseError, InterfaceError) as error:
                logger.warning("beat gave no sign", extra={"error": type(error).__name__})
                connection.close()
        pause: float = super().tick(*args, **kwargs)
        return pause

    def _get_crontab_exclude_query(self) -> Q:
        """Leave out no wall time.

        The library looks only at entries within two hours of now; what was due while beat was
        down for longer would wait for the next day.
        """
        return Q(pk__in=[])
