"""The Idempotency-Key header over HTTP, and the request id from the header to the handler's log."""

import json

import pytest

from bakery.kernel import outbox
from bakery.kernel.models import OutboxMessage
from tests.kernel.relaying import effects

pytestmark = [pytest.mark.urls("tests.edge.urls"), pytest.mark.django_db(transaction=True)]
CALLERS = 10


def charge(web, body, **headers):
    return web.post("/api/v1/charge", body, content_type="application/json", headers=headers)


def test_the_header_is_required(web):
    reply = charge(web, {"amount": 1})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "idempotency_key_required")


def test_a_retry_is_answered_alike_and_says_so(web):
    first = charge(web, {"amount": 5}, **{"Idempotency-Key": "k1"})
    second = charge(web, {"amount": 5}, **{"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"amount": 5}
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert effects("charge") == 1


def test_callers_at_once_are_charged_once(live_server, parallel):
    import urllib.request

    def send(_):
        request = urllib.request.Request(
            f"{live_server.url}/api/v1/charge",
            data=b'{"amount": 5}',
            headers={"Content-Type": "application/json", "Idempotency-Key": "k1"},
        )
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.read()

    assert parallel(CALLERS, send) == [(201, b'{"amount":5}')] * CALLERS
    assert effects("charge") == 1


def test_another_body_with_the_key_is_unprocessable(web):
    charge(web, {"amount": 5}, **{"Idempotency-Key": "k1"})
    reply = charge(web, {"amount": 6}, **{"Idempotency-Key": "k1"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert effects("charge") == 1


def test_a_guest_may_retry_from_another_network(web):
    body, headers = json.dumps({"amount": 5}), {"Idempotency-Key": "k1"}
    for address in ("198.51.100.1", "203.0.113.1"):
        web.post(
            "/api/v1/charge",
            body,
            content_type="application/json",
            headers=headers,
            REMOTE_ADDR=address,
        )
    assert effects("charge") == 1


def test_accounts_do_not_share_keys(web, make_user):
    for name in ("anna", "bob"):
        web.force_login(make_user(f"{name}@example.com"))
        assert charge(web, {"amount": 5}, **{"Idempotency-Key": "k1"}).status_code == 201
    assert effects("charge") == 2


def test_a_refusal_may_be_tried_again_with_the_same_key(web):
    assert charge(web, {"refuse": True}, **{"Idempotency-Key": "k1"}).status_code == 409
    assert charge(web, {"amount": 5}, **{"Idempotency-Key": "k1"}).status_code == 201


@pytest.mark.parametrize("key", ["", " " * 3 + "k" * 201, "k" * 5000])
def test_a_key_that_cannot_be_one_is_a_bad_request(web, key):
    reply = charge(web, {"amount": 5}, **{"Idempotency-Key": key})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_idempotency_key")


def test_one_request_id_from_the_edge_to_the_handlers_log(web, log_lines, monkeypatch):
    monkeypatch.setattr(outbox, "_nudge", lambda queue: None)
    given = "0f5a7c1e4b2d4c8e9a6b3d2f1e0c9b8a"
    reply = web.post("/api/v1/announce", headers={"X-Request-ID": given})
    assert reply["X-Request-ID"] == given
    assert set(OutboxMessage.objects.values_list("request_id", flat=True)) == {given}
    outbox.drain_all()
    handled = [json.loads(line) for line in log_lines if "outbox handled" in line]
    assert [line["request_id"] for line in handled] == [given, given]
    [access] = [json.loads(line) for line in log_lines if '"duration_ms"' in line]
    assert access["request_id"] == given
    assert access["route"] == "api/v1/announce"


@pytest.mark.parametrize("given", ["", "not-an-id", "x" * 5000, "<script>alert(1)</script>"])
def test_a_request_id_that_is_none_of_ours_is_replaced(web, given):
    reply = web.get("/api/v1/ping", headers={"X-Request-ID": given})
    assert reply["X-Request-ID"] != given
    assert len(reply["X-Request-ID"]) == 32
