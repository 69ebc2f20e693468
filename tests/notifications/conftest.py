"""A platform whose public address is the test's own server."""

from datetime import UTC, datetime

import pytest
import time_machine

from apps.notifications import services


@pytest.fixture
def at():
    return datetime.now(tz=UTC)


@pytest.fixture
def public(live_server, settings):
    """The platform over HTTP, at the address that links and callbacks carry."""
    settings.PUBLIC_BASE_URL = live_server.url
    settings.ALERT_EMAILS = ["manager@bakery.example"]
    return live_server


@pytest.fixture
def text(at):
    """Write one ordinary text."""

    def write(**changes):
        given = {
            "to": "+14165550123",
            "body": "Your cake is ready.",
            "dedupe_key": "ready:1",
            "kind": "order_ready",
            "at": at,
        }
        return services.send_sms(**{**given, **changes})

    return write


@pytest.fixture(autouse=True)
def _mail_by_smtp(settings):
    """Django's test runner keeps mails in memory; here they go to the sandbox's server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def time_machine_ahead():
    """Move the wall clock ahead by a span, for a `with` block."""
    return lambda span: time_machine.travel(datetime.now(tz=UTC) + span, tick=True)
