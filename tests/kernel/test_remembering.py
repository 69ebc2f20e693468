"""What is kept for some seconds, and what becomes of it when the cache does not answer."""

import os
import signal
from itertools import count

import pytest
from django.core.cache import cache

from bakery.kernel import remembering
from bakery.kernel.remembering import remember
from bakery.sandbox.engines.ports import find_free_port


@pytest.fixture(autouse=True)
def no_outage(monkeypatch):
    monkeypatch.setattr(remembering._Outage, "until", 0.0)


@pytest.fixture
def numbers():
    """Make another number each time."""
    return count(1).__next__


def at(settings, port):
    default = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{port}/0"}
    settings.CACHES = {**settings.CACHES, "default": default}


class Counting:
    """The caches, and how often one was asked for."""

    def __init__(self, caches):
        self.caches, self.count = caches, 0

    def __getitem__(self, name):
        self.count += 1
        return self.caches[name]


def test_what_was_made_is_kept_until_it_is_too_old(numbers):
    assert [remember("n", seconds=60, make=numbers) for _ in range(3)] == [1, 1, 1]
    assert remember("other", seconds=60, make=numbers) == 2
    assert 0 < cache.ttl("n") <= 60
    cache.expire("n", 0)
    assert remember("n", seconds=60, make=numbers) == 3


def test_without_a_cache_it_is_made_each_time(numbers, settings, monkeypatch):
    at(settings, find_free_port())
    assert [remember("n", seconds=60, make=numbers) for _ in range(3)] == [1, 2, 3]


@pytest.mark.fault
def test_a_cache_that_hangs_costs_one_time_out(
    numbers, settings, valkey_server_factory, monkeypatch
):
    engine = valkey_server_factory()
    at(settings, engine.port)
    assert [remember("n", seconds=60, make=numbers) for _ in range(2)] == [1, 1]
    with engine.client(0) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        monkeypatch.setattr(remembering, "OUTAGE_PAUSE_SECONDS", 600)
        asked = Counting(remembering.caches)
        monkeypatch.setattr(remembering, "caches", asked)
        made = [remember("n", seconds=60, make=numbers) for _ in range(20)]
        assert asked.count == 1
        assert made == list(range(2, 22))
    finally:
        os.kill(pid, signal.SIGCONT)
    remembering._Outage.until = 0.0
    assert remember("n", seconds=60, make=numbers) == 1
