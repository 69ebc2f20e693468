"""A shop with paid cakes, workers in processes of their own, and engines to be killed."""

from datetime import timedelta

import pytest

from bakery.celery import app
from bakery.edge import tasks
from bakery.kernel import breakers, clock, outbox
from benchmarks import storm
from tests.faults import hurried
from tests.orders.factories import make_cake, make_slot


@pytest.fixture
def broker(valkey_server_factory, monkeypatch):
    """A Valkey of the test's own, to which nudges of this process go as well."""
    engine = valkey_server_factory()
    monkeypatch.setattr(app.conf, "broker_write_url", engine.url())
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    tasks._nudging.cache_clear()
    yield engine
    tasks._nudging.cache_clear()


@pytest.fixture
def shop(live_server, sandbox, settings):
    """The platform at the address that links and reports carry; return a cake and its slot."""
    settings.PUBLIC_BASE_URL = live_server.url
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    sandbox.twilio.set_inbound_url(f"{live_server.url}/webhooks/twilio/inbound/")

    def open_shop():
        at = clock.now().replace(microsecond=0)
        slot = make_slot(at + timedelta(days=7), capacity=500)
        return {"variant_id": make_cake(stock=500).pk, "slot_id": slot.pk}

    return open_shop


@pytest.fixture
def workers(tmp_path, broker, live_server):
    """Workers on this test's engines, with little patience; none is started yet."""
    made = storm.Workers(
        folder=tmp_path,
        app="tests.faults.hurried",
        environment={
            "REDIS_URL": broker.url(0),
            "CACHE_URL": broker.url(1),
            "CHANNELS_URL": broker.url(2),
            "PUBLIC_BASE_URL": live_server.url,
            "ALERT_EMAILS": "manager@bakery.example",
            hurried.LEASE: str(hurried.LEASE_S),
        },
    )
    yield made
    made.stop()


@pytest.fixture
def later(monkeypatch):
    """Let the kernel's clock and the breakers' run ahead by so many seconds."""
    real, breakers_real = clock.now, breakers._now

    def move(seconds):
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=seconds))
        monkeypatch.setattr(breakers, "_now", lambda: breakers_real() + seconds)

    return move
