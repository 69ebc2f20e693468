"""`celery -A tests.kernel.worker_app`: the platform's worker, with the handlers of the tests."""

import django

django.setup()

from bakery.celery import app  # noqa: E402, F401
from tests.kernel import relaying  # noqa: E402, F401
