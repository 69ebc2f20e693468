"""`celery -A tests.kernel.worker_app`: the platform's worker, with the handlers of the tests."""

import os

import django

django.setup()

from bakery.celery import app  # noqa: E402
from tests.kernel import relaying  # noqa: E402, F401

if "BAKERY_TEST_SOFT_LIMIT" in os.environ:
    # Tasks were bound to the settings' limit when Django was set up.
    relay = app.tasks["bakery.edge.tasks.relay_default"]
    relay.soft_time_limit = float(os.environ["BAKERY_TEST_SOFT_LIMIT"])
