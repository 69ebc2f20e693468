"""Guessing is slowed down per address, account and pair; owners are not locked out (A6, A7)."""

import logging

import pytest

from bakery.edge import logins, throttling
from tests.accounts import people

TOKEN = "/api/v1/auth/token"


def attempt(client, email, *, address="192.0.2.1", password="wrong wrong wrong", **headers):
    return client.post(
        TOKEN, {"email": email, "password": password}, REMOTE_ADDR=address, **headers
    )


def statuses(*replies):
    return [reply.status_code for reply in replies]


@pytest.mark.django_db
def test_one_account_from_a_hundred_addresses():
    people.customer("owner@example.com")
    replies = [
        attempt(people.api(), "owner@example.com", address=f"198.51.100.{n}") for n in range(100)
    ]
    assert statuses(*replies).count(401) <= 11
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert replies[-1].json()["error"]["code"] == "too_many_requests"


@pytest.mark.django_db
def test_a_hundred_accounts_from_one_address():
    replies = [attempt(people.api(), f"guess{n}@example.com") for n in range(100)]
    assert statuses(*replies).count(401) <= 21
    assert replies[-1].status_code == 429


@pytest.mark.django_db
def test_an_ipv6_host_is_its_whole_network():
    replies = [
        attempt(people.api(), f"guess{n}@example.com", address=f"2001:db8:1:2::{n:x}")
        for n in range(1, 40)
    ]
    assert replies[-1].status_code == 429


@pytest.mark.django_db
def test_the_owner_on_a_known_device_is_not_locked_out():
    people.customer("owner@example.com")
    device = people.api()
    first = attempt(device, "owner@example.com", password=people.PASSWORD)
    assert first.status_code == 200
    cookie = first.cookies[logins.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"

    for n in range(60):
        attempt(people.api(), "owner@example.com", address=f"198.51.100.{n}")
        attempt(people.api(), "owner@example.com")

    stranger = attempt(people.api(), "owner@example.com", password=people.PASSWORD)
    owner = attempt(device, "owner@example.com", password=people.PASSWORD)
    assert statuses(stranger, owner) == [429, 200]


@pytest.mark.control
@pytest.mark.django_db
def test_control_without_known_devices_the_owner_is_locked_out(monkeypatch):
    people.customer("owner@example.com")
    device = people.api()
    assert attempt(device, "owner@example.com", password=people.PASSWORD).status_code == 200
    monkeypatch.setattr(logins, "_known_device", lambda request, account: None)
    for n in range(60):
        attempt(people.api(), "owner@example.com", address=f"198.51.100.{n}")
    assert attempt(device, "owner@example.com", password=people.PASSWORD).status_code == 429


@pytest.mark.django_db
def test_a_known_device_cannot_guess_for_ever_nor_for_other_accounts():
    people.customer("owner@example.com")
    people.customer("other@example.com")
    device = people.api()
    attempt(device, "owner@example.com", password=people.PASSWORD)
    own = [attempt(device, "owner@example.com") for _ in range(12)]
    assert own[-1].status_code == 429
    other = [attempt(device, "other@example.com") for _ in range(6)]
    assert other[-1].status_code == 429, "counted as a stranger's"


@pytest.mark.django_db
def test_a_forged_cookie_is_no_known_device(rf):
    request = rf.get("/", HTTP_COOKIE=f"{logins.COOKIE}=WyJ4IiwieSJd:1abc:forged")
    assert logins._known_device(request, "x") is None


@pytest.mark.django_db
def test_waits_grow_with_persistence(settings, time_machine_at):
    from datetime import timedelta

    waits = []
    for minutes in (0, 2, 4, 6, 8, 10, 12, 14):
        with time_machine_at(timedelta(minutes=minutes)):
            for n in range(6):
                reply = attempt(
                    people.api(), f"a{minutes}@example.com" if n > 5 else "a@example.com"
                )
            waits.append(int(reply.headers["Retry-After"]))
    assert waits[0] <= 60 < max(waits)
    assert waits == sorted(waits) or max(waits[-2:]) > waits[0]


@pytest.mark.parametrize("proxy", [[], ["203.0.113.0/24"]])
@pytest.mark.django_db
def test_x_forwarded_for_opens_no_new_bucket(settings, proxy):
    """Around the proxy the header is ignored; through it only the proxy's own entry counts."""
    settings.TRUSTED_PROXIES = proxy
    peer = "203.0.113.7" if proxy else "192.0.2.9"
    seen = "192.0.2.9"
    replies = []
    for n in range(40):
        forged = f"10.0.0.{n}, 172.16.{n}.1, {seen}" if proxy else f"10.0.0.{n}"
        replies.append(
            attempt(
                people.api(), f"guess{n}@example.com", address=peer, HTTP_X_FORWARDED_FOR=forged
            )
        )
    assert statuses(*replies).count(401) <= 21
    assert replies[-1].status_code == 429


@pytest.mark.control
@pytest.mark.django_db
def test_control_believing_the_header_lets_a_guesser_rotate(settings, monkeypatch):
    def first_entry(request):
        return request.META["HTTP_X_FORWARDED_FOR"].split(",")[0]

    monkeypatch.setattr(logins, "client_address", first_entry)
    replies = [
        attempt(people.api(), f"guess{n}@example.com", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
        for n in range(40)
    ]
    assert statuses(*replies).count(429) == 0


@pytest.mark.django_db
def test_garbage_in_the_header_is_no_error(settings):
    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    for junk in ("x", ",,,", "1.2.3.4:80", "'; drop", "999.1.1.1", "::1%eth0"):
        reply = attempt(people.api(), "a@example.com", HTTP_X_FORWARDED_FOR=junk)
        assert reply.status_code in (401, 429)


@pytest.mark.fault
@pytest.mark.django_db
def test_without_valkey_guessing_is_still_limited(settings, caplog):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    throttling._shared.cache_clear()
    throttling._local.cache_clear()
    people.customer("owner@example.com")
    try:
        with caplog.at_level(logging.WARNING):
            wrong = [attempt(people.api(), "owner@example.com") for _ in range(12)]
        good = attempt(
            people.api(), "someone@example.com", address="192.0.2.200", password="wrong wrong wrong"
        )
    finally:
        throttling._shared.cache_clear()
        throttling._local.cache_clear()
    assert wrong[0].status_code == 401
    assert wrong[-1].status_code == 429
    assert good.status_code == 401
    assert any("limit store" in record.message for record in caplog.records)


@pytest.mark.django_db
def test_mails_are_limited_per_mailbox_and_per_address():
    def reset(email, address):
        return people.api().post(
            "/api/v1/auth/password-reset", {"email": email}, REMOTE_ADDR=address
        )

    one = [reset("a@example.com", f"198.51.100.{n}") for n in range(8)]
    assert statuses(*one) == [202] * 5 + [429] * 3
    many = [reset(f"b{n}@example.com", "192.0.2.1") for n in range(45)]
    assert many[-1].status_code == 429
