"""Personal data and secrets do not reach the log, whichever way they try."""

import json
import logging
import sys

import pytest

from bakery.kernel.logs import AllowListFormatter, fingerprint, scrub

CANARIES = {
    "email": "anna.canary+cake@example.co.uk",
    "phone": "+14165550123",
    "phone with spaces": "+1 416 555 0123",
    "phone with brackets": "(416) 555-0123",
    "phone with dots": "416.555.0123",
    "card": "4242 4242 4242 4242",
    "card without spaces": "4242424242424242",
    "stripe key": "sk_live_51HxCanaryCanaryCanary",
    "webhook secret": "whsec_CanaryCanaryCanary0123",
    "twilio account": "AC" + "0123456789abcdef" * 2,
    "jwt": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-_canary",
    "link with token": "https://shop.example/ack/canary-token?x=1",
    "opaque token": "dGhpc19pc19hX3JhbmRvbV90b2tlbg0123456789abcdefXYZ",
    "password": "password=hunter2canary",
    "header": "Authorization: Bearer canarycanarycanary",
}


def emit(formatter_input=None, *args, extra=None, exc_info=None, name="bakery.test"):
    record = logging.getLogger(name).makeRecord(
        name, logging.INFO, "f.py", 1, formatter_input or "hello", args, exc_info, extra=extra
    )
    return AllowListFormatter().format(record)


def secret_of(value):
    return value.split("=")[-1].split(" ")[-1] if "canary" in value and "=" in value else value


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize("before", ["", "customer ", "value=", "('", "{'to': '"])
def test_canaries_are_scrubbed_from_messages(canary, before):
    line = emit(f"{before}{canary}' and more")
    assert canary not in line
    assert "hunter2canary" not in line
    assert "canarycanarycanary" not in line
    assert json.loads(line)["message"].endswith("and more")


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
def test_canaries_are_absent_from_arguments_fields_and_exceptions(canary):
    class Customer:
        def __str__(self):
            return canary

    try:
        raise ValueError(canary)  # noqa: TRY301
    except ValueError:
        line = emit(
            "failed: %s",
            canary,
            extra={
                "error": Customer(),
                "state": {"deep": [canary]},
                "action": canary,
                "email": canary,
                "customer_name": "Anna Canary",
            },
            exc_info=sys.exc_info(),
        )
    assert canary not in line
    assert "Anna Canary" not in line
    parsed = json.loads(line)
    assert "email" not in parsed
    assert parsed["error"] == "ValueError"
    assert any("test_logs.py" in frame for frame in parsed["trace"])


def test_only_allowed_fields_remain():
    parsed = json.loads(emit(extra={"order": "B-260501-AB12", "anything": "else", "count": 3}))
    assert set(parsed) == {
        "timestamp",
        "level",
        "logger",
        "message",
        "request_id",
        "order",
        "count",
    }
    assert (parsed["order"], parsed["count"]) == ("B-260501-AB12", 3)
    assert parsed["timestamp"].endswith("+00:00")


def test_one_record_is_one_line():
    assert "\n" not in emit("first\nsecond\r\nthird")


def test_djangos_own_records_lose_the_path():
    line = emit("%s: %s", "Not Found", "/ack/canary-token-0123/", name="django.request")
    assert "canary" not in line


@pytest.mark.parametrize(
    "text", ["order B-260501-AB12 paid", "12 rows in 3.5 ms", "handler apps.orders.handlers.tell"]
)
def test_what_is_harmless_stays_readable(text):
    assert scrub(text) == text


def test_fingerprints_join_without_naming(settings):
    first = fingerprint(" Anna@Example.com ")
    assert first == fingerprint("anna@example.com")
    assert first != fingerprint("bob@example.com")
    settings.FINGERPRINT_KEY = "another"
    assert first != fingerprint("anna@example.com")
