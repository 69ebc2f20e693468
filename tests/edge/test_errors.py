"""Every error has one envelope or one readable page, the right status, and no insides."""

import json

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError

from bakery.edge.errors import describe

pytestmark = [pytest.mark.urls("tests.edge.urls"), pytest.mark.django_db]
FAMILIES = [
    ("invalid", 400, "bad_thing"),
    ("refused", 403, "not_you"),
    ("not_found", 404, "thing_not_found"),
    ("conflict", 409, "moved_on"),
    ("unavailable", 503, "down"),
    ("bug", 500, "internal_error"),
]


@pytest.mark.parametrize(("what", "status", "code"), FAMILIES)
def test_api_errors_have_one_envelope(web, what, status, code):
    reply = web.get(f"/api/v1/failing/{what}")
    assert reply.status_code == status
    body = reply.json()
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    assert body["request_id"] == reply["X-Request-ID"]
    assert "canary" not in reply.content.decode()


@pytest.mark.parametrize(("what", "status", "code"), FAMILIES)
def test_pages_show_errors_to_people(web, what, status, code):
    reply = web.get(f"/page/failing/{what}")
    assert reply.status_code == status
    assert reply["Content-Type"].startswith("text/html")
    assert "<h1>" in reply.content.decode()
    assert "canary" not in reply.content.decode()


def test_details_and_retry_after_are_passed_on(web):
    assert web.get("/api/v1/failing/invalid").json()["error"]["details"] == {"field": "x"}
    assert web.get("/api/v1/failing/unavailable")["Retry-After"] == "7"
    assert web.get("/page/failing/unavailable")["Retry-After"] == "7"


def test_unknown_addresses_and_hosts(web):
    assert web.get("/api/v1/nowhere").json()["error"]["code"] == "not_found"
    page = web.get("/nowhere")
    assert page.status_code == 404
    assert "<h1>" in page.content.decode()
    forged = web.get("/api/v1/ping", headers={"Host": "evil.example"})
    assert forged.status_code == 400
    assert forged.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize(
    ("cause", "error", "status", "code"),
    [
        (psycopg.errors.LockNotAvailable(), OperationalError(), 409, "busy"),
        (psycopg.errors.DeadlockDetected(), OperationalError(), 409, "busy"),
        (psycopg.errors.SerializationFailure(), OperationalError(), 409, "busy"),
        (psycopg.errors.QueryCanceled(), OperationalError(), 503, "database_unavailable"),
        (psycopg.errors.AdminShutdown(), OperationalError(), 503, "database_unavailable"),
        (psycopg.InterfaceError(), InterfaceError(), 503, "database_unavailable"),
        (psycopg.errors.NumericValueOutOfRange(), DatabaseError(), 400, "bad_request"),
    ],
)
def test_database_errors_are_told_apart(cause, error, status, code):
    error.__cause__ = cause
    described_status, body, _headers = describe(error)
    assert (described_status, body["error"]["code"]) == (status, code)


def test_a_broken_constraint_is_a_bug():
    error = DatabaseError()
    error.__cause__ = psycopg.errors.CheckViolation()
    assert describe(error) is None


def test_an_outage_outside_the_view_is_an_outage_too(web, monkeypatch, make_user):
    web.force_login(make_user())
    outage = OperationalError("server closed the connection")

    def fail(*args, **kwargs):
        raise outage

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    for path in ("/page/members", "/api/v1/members"):
        reply = web.get(path)
        assert reply.status_code == 503, path
        assert reply["Retry-After"] == "5"


def test_logs_of_a_failure_name_the_route_and_no_person(web, log_lines):
    web.get("/page/failing/bug?token=canary-token")
    text = "\n".join(log_lines)
    assert "canary" not in text
    [line] = [json.loads(line) for line in log_lines if '"trace"' in line]
    assert line["route"] == "page/failing/<str:what>"
    assert line["error"] == "ZeroDivisionError"
