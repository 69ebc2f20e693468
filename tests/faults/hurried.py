"""`celery -A tests.faults.hurried`: the platform's worker, less patient than in a shop.

Leases, pauses and time-outs take seconds instead of half minutes, so that what follows a kill can
be awaited.
"""

import os
from datetime import timedelta

LEASE, LEASE_S = "BAKERY_TEST_LEASE", 4

if LEASE in os.environ:
    import django

    django.setup()

    from django.conf import settings

    from apps.notifications import rules
    from bakery.celery import app  # noqa: F401
    from bakery.kernel import outbox

    outbox.LEASE = timedelta(seconds=float(os.environ[LEASE]))
    outbox.BACKOFF_BASE = timedelta(seconds=0.3)
    rules.ATTEMPT_STALE_AFTER = outbox.LEASE / 2
    settings.TWILIO_TIMEOUT_SECONDS = outbox.LEASE.total_seconds() / 4
