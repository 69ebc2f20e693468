"""Limits count callers, not what callers say they are, and hold while Valkey is down."""

import time

import pytest
from django.test import RequestFactory

from bakery.edge import throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.sandbox.engines.ports import find_free_port

pytestmark = pytest.mark.urls("tests.edge.urls")


@pytest.fixture
def limits(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "public": "3/minute", "login_pair": "2/minute"}


@pytest.fixture
def valkey_down(settings):
    settings.CACHE_URL = f"redis://127.0.0.1:{find_free_port()}/0"
    throttling.forget_outage()


def statuses(web, count, **headers):
    return [web.get("/api/v1/ping", headers=headers).status_code for _ in range(count)]


def test_the_fourth_request_is_too_many(web, limits):
    assert statuses(web, 3) == [200] * 3
    reply = web.get("/api/v1/ping")
    assert reply.status_code == 429
    assert reply.json()["error"]["code"] == "too_many_requests"
    assert 1 <= int(reply["Retry-After"]) <= 61


def test_callers_are_counted_apart(web, limits):
    for number in range(5):
        assert web.get("/api/v1/ping", REMOTE_ADDR=f"198.51.100.{number}").status_code == 200


def test_a_forwarded_address_changes_nothing_for_strangers(web, limits):
    codes = [
        web.get("/api/v1/ping", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(5)
    ]
    assert codes == [200, 200, 200, 429, 429]


def test_only_the_hop_that_the_proxy_saw_counts(web, limits, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    codes = [
        web.get(
            "/api/v1/ping", headers={"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7"}
        ).status_code
        for n in range(5)
    ]
    assert codes == [200, 200, 200, 429, 429]
    other = web.get("/api/v1/ping", headers={"X-Forwarded-For": "198.51.100.8"})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, garbage", "10.0.0.2"),
        ("10.0.0.2", "<script>", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "2001:DB8::1", "2001:db8::1"),
        ("", "198.51.100.1", "unknown"),
    ],
)
def test_whose_address_is_believed(settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("unknown", "unknown"),
        ("' OR 1=1", "unknown"),
    ],
)
def test_what_counts_as_one_caller(address, bucket):
    assert rate_bucket(address) == bucket


def test_guarded_actions_stay_guarded_while_valkey_is_down(web, limits, valkey_down):
    codes = [
        web.post("/api/v1/guess", {}, content_type="application/json").status_code for _ in range(4)
    ]
    assert codes == [200, 200, 429, 429]


@pytest.fixture
def asked(monkeypatch):
    """Count how often the store is asked, within one pause however long the test takes."""
    asked, ask = [], throttling._ask

    def ask_and_count(limiter, *arguments):
        if limiter is throttling._shared():
            asked.append(arguments)
        return ask(limiter, *arguments)

    monkeypatch.setattr(throttling, "_ask", ask_and_count)
    monkeypatch.setattr(throttling, "OUTAGE_PAUSE_SECONDS", 600)
    return asked


def test_public_reads_stay_open_while_valkey_is_down_and_fast(web, limits, valkey_down, asked):
    assert statuses(web, 20) == [200] * 20
    assert len(asked) == 1


@pytest.mark.fault
def test_a_hanging_valkey_costs_one_time_out(web, limits, settings, valkey_server_factory, asked):
    import os
    import signal

    engine = valkey_server_factory()
    settings.CACHE_URL = f"redis://127.0.0.1:{engine.port}/0"
    throttling.forget_outage()
    assert statuses(web, 1) == [200]
    asked.clear()
    with engine.client(0) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        # It would hang for ever.
        assert statuses(web, 20) == [200] * 20
        assert len(asked) == 1
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_store_is_asked_again_after_a_pause(limits, valkey_down, settings, monkeypatch):
    assert throttling.hit("public", "anna", fail_open=True).allowed
    settings.CACHE_URL = settings.CACHES["default"]["LOCATION"]
    throttling._shared.cache_clear()
    assert all(throttling.hit("public", "anna", fail_open=True).allowed for _ in range(5))
    real = time.monotonic
    pause = throttling.OUTAGE_PAUSE_SECONDS + 0.1
    monkeypatch.setattr(throttling.time, "monotonic", lambda: real() + pause)
    allowed = [throttling.hit("public", "anna", fail_open=True).allowed for _ in range(4)]
    assert allowed == [True, True, True, False]


def test_no_double_burst_at_the_edge_of_a_window(limits):
    """What fixed windows allow: a full burst at the end of one and another right after."""
    limiter, rate = throttling._shared(), throttling._rate("3/2 seconds")
    for attempt in range(20):
        while time.time() % 2 < 1.7:
            time.sleep(0.01)
        window = time.time() // 2
        first = sum(limiter.hit(rate, f"burst{attempt}") for _ in range(3))
        while time.time() // 2 == window:
            time.sleep(0.01)
        second = sum(limiter.hit(rate, f"burst{attempt}") for _ in range(3))
        if time.time() < (window + 1) * 2 + 1:
            break
    else:
        pytest.fail("this machine never made two bursts within a second")
    assert first == 3
    assert second < 3
