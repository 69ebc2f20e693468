"""Bodies that no honest client sends get a 400 with a code, never a 500."""

import json

import pytest

pytestmark = pytest.mark.urls("tests.edge.urls")
MEGABYTE = 1024 * 1024


def send(web, body, content_type="application/json", **headers):
    return web.post("/api/v1/echo", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[" * 60_000 + b"]" * 60_000, "too_deep"),
        (b'{"a":' * 60_000 + b"1" + b"}" * 60_000, "too_deep"),
        (b"[" * 60_000, "too_deep"),
        (b"[" * 25 + b"]" * 25, "too_deep"),
        (b'{"name": "a\\u0000b"}', "unstorable_text"),
        (b'{"a\\u0000b": 1}', "unstorable_text"),
        (b'{"name": "\\ud800"}', "unstorable_text"),
        (b'{"name": ["\\udfff x"]}', "unstorable_text"),
        (b'{"price": NaN}', "malformed_json"),
        (b'{"price": -Infinity}', "malformed_json"),
        (b'{"price": 1e400}', "malformed_json"),
        (b'{"price": ' + b"9" * 5000 + b"}", "malformed_json"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"deep": {"a": 1, "a": 2}}', "duplicate_key"),
        (b'{"name": "\xff\xfe"}', "malformed_json"),
        (b"\xef\xbb\xbf{}", "malformed_json"),
        (b'{"name": "caf\xe9"}', "malformed_json"),
        (b"{'name': 1}", "malformed_json"),
        (b'{"name": 1,}', "malformed_json"),
        (b'{"name": "line\nbreak"}', "malformed_json"),
        (b"nonsense", "malformed_json"),
        (b" ", "malformed_json"),
    ],
)
def test_hostile_json_is_a_bad_request(web, body, code):
    reply = send(web, body)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == code


@pytest.mark.parametrize(
    "value", [{"n": 1.5, "s": "crème 🎂", "l": [None, True]}, [], "text", 10**18, {"": {"a": {}}}]
)
def test_honest_json_arrives_as_it_was_sent(web, value):
    reply = send(web, json.dumps(value).encode())
    assert (reply.status_code, reply.json()) == (200, value)


def test_the_charset_is_utf_8_whatever_the_header_says(web):
    body = '{"s": "crème"}'.encode()
    reply = web.generic("POST", "/api/v1/echo", body, "application/json; charset=latin-1")
    assert reply.json() == {"s": "crème"}


def test_a_body_over_the_limit_is_refused_unread(web):
    reply = send(web, b'"' + b"a" * MEGABYTE + b'"')
    assert reply.status_code == 413
    assert reply.json()["error"]["code"] == "body_too_large"
    assert send(web, b'"' + b"a" * (MEGABYTE - 2) + b'"').status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x/y",
     "application/xml", ""],
)  # fmt: skip
def test_other_media_types_are_not_accepted(web, content_type):
    assert send(web, b'{"a": 1}', content_type).status_code == 415


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_methods_are_not_overridden(web, header):
    reply = web.post(
        "/api/v1/ping", b"{}", content_type="application/json", headers={header: "GET"}
    )
    assert reply.status_code == 405
    assert reply.json()["error"]["code"] == "method_not_allowed"
    assert "GET" in reply["Allow"]
    assert web.get("/api/v1/ping?_method=DELETE", headers={header: "DELETE"}).status_code == 200


@pytest.mark.django_db
def test_nul_in_query_path_and_form_is_a_bad_request(web):
    assert web.get("/api/v1/search?name=a%00b").json()["error"]["code"] == "unstorable_text"
    assert web.get("/api/v1/search%00?name=a").status_code == 400
    assert web.post("/page/form", {"name": "a\x00b"}).status_code == 400
    assert web.get("/api/v1/search?name=" + "a" * 5000).status_code == 414
    assert web.get("/api/v1/search?name=%ed%a0%80").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"nonsense", b"[" * 16_000, b'{"csp-report": 1}', b"\xff", b"x" * 99999],
)
def test_reports_of_browsers_are_taken_whatever_they_say(web, body):
    reply = web.post("/csp-report/", body, content_type="application/csp-report")
    assert reply.status_code == 204


def test_a_report_names_the_directive_only(web, log_lines):
    report = {"violated-directive": "script-src", "document-uri": "https://x/?token=canary"}
    web.post("/csp-report/", json.dumps({"csp-report": report}), content_type="text/plain")
    assert any("script-src" in line for line in log_lines)
    assert not any("canary" in line for line in log_lines)
