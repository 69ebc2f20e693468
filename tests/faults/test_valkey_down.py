"""Q4: without Valkey the shop sells; what an order sets off is done when somebody relays it."""

import time

import pytest
import requests

from apps.notifications.models import Message
from bakery.celery import app
from bakery.edge import tasks, throttling
from bakery.kernel import outbox
from bakery.kernel.models import OutboxMessage
from bakery.sandbox.engines.ports import find_free_port
from tests.faults.shopping import order_a_cake

pytestmark = pytest.mark.django_db(transaction=True)
NORA = {"name": "Nora North", "email": "nora@example.com", "phone": "+14165550123"}


@pytest.fixture
def no_valkey(settings, monkeypatch):
    """Cache, limits and broker at a port where nobody listens."""
    nowhere = f"redis://127.0.0.1:{find_free_port()}/0"
    settings.CACHE_URL = nowhere
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": nowhere}}
    monkeypatch.setattr(app.conf, "broker_write_url", nowhere)
    monkeypatch.setattr(outbox, "_silent_until", 0.0)
    tasks._nudging.cache_clear()
    throttling.forget_outage()
    yield
    tasks._nudging.cache_clear()
    throttling.forget_outage()


def test_an_order_is_placed_and_its_mail_waits(no_valkey, live_server, sandbox, drain_outbox):
    began = time.monotonic()
    placed = order_a_cake(f"{live_server.url}/api/v1", **NORA)
    assert placed.status_code == 201, placed.text
    assert time.monotonic() - began < 30, "it does not wait for Valkey to come back"
    order = f"{live_server.url}/api/v1/orders/{placed.json()['public_id']}"
    assert requests.get(order, timeout=60).json()["status"] == "pending_payment"
    assert OutboxMessage.objects.waiting().exists()
    assert not Message.objects.exists()
    drain_outbox()
    assert Message.objects.filter(kind="order_received").exists()
    assert not OutboxMessage.objects.waiting().exists()
