"""Production refuses to start on anything missing, default, shared, weak or of the sandbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from bakery.sandbox.check import production_environment
from bakery.settings.guard import REQUIRED, refuse_unsafe, unsafe_reasons

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "k3y-" * 20,
    "AUDIT_KEY": "a" * 64,
    "FINGERPRINT_KEY": "f" * 64,
    "JWT_KEYS": ["k1:c2VlZA", "k2:c2VlZA"],
    "JWT_ACTIVE_KID": "k2",
    "STRIPE_SECRET_KEY": "sk_live_51Hx",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "t0",
    "TWILIO_FROM": "+14165550199",
    "ALERT_PHONES": ["+14165550101"],
    "PUBLIC_BASE_URL": "https://bakery.example",
    "LIVE_BASE_URL": "wss://bakery.example",
    "ALLOWED_HOSTS": ["bakery.example"],
    "MEDIA_URL": "https://pictures.bakery.example/",
    "AWS_STORAGE_BUCKET_NAME": "bakery-public",
    "AWS_PRIVATE_BUCKET_NAME": "bakery-private",
    "AWS_RECEIPTS_BUCKET_NAME": "bakery-receipts",
    "TRUSTED_PROXIES": ["10.0.0.0/8"],
    "EMAIL_HOST": "mail.bakery.example",
    "EMAIL_PORT": 587,
    "DEBUG": False,
    "SANDBOX": False,
}


def test_good_settings_pass():
    assert list(unsafe_reasons(GOOD)) == []
    refuse_unsafe(GOOD)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", ["", None, "changeme", "https://Sandbox.example", "test-only-x"])
def test_a_missing_or_default_value_is_refused(name, value):
    if value and isinstance(GOOD[name], list):
        value = [value]
    with pytest.raises(ImproperlyConfigured, match=name):
        refuse_unsafe({**GOOD, name: value})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"DEBUG": True}, "DEBUG is on"),
        ({"SANDBOX": True}, "SANDBOX is on"),
        ({"SECRET_KEY": "s" * 49}, "SECRET_KEY is shorter than 50"),
        ({"AUDIT_KEY": "a" * 31}, "AUDIT_KEY is shorter than 32"),
        ({"AUDIT_KEY": GOOD["SECRET_KEY"]}, "not all different"),
        ({"FINGERPRINT_KEY": GOOD["AUDIT_KEY"]}, "not all different"),
        ({"JWT_ACTIVE_KID": "k3"}, "JWT_ACTIVE_KID names none"),
        ({"ALLOWED_HOSTS": ["*"]}, "admits every host"),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"]}, "no host but this machine"),
        ({"STRIPE_SECRET_KEY": "sk_test_51"}, "test key"),
        ({"STRIPE_SECRET_KEY": "rk_test_51"}, "test key"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:8002/stripe"}, "STRIPE_API_BASE points at"),
        ({"TWILIO_API_BASE": "http://localhost:8002"}, "TWILIO_API_BASE points at"),
        ({"AWS_S3_ENDPOINT_URL": "http://[::1]:9000"}, "AWS_S3_ENDPOINT_URL points at"),
        ({"PUBLIC_BASE_URL": "https://localhost"}, "PUBLIC_BASE_URL points at"),
        ({"PUBLIC_BASE_URL": "http://bakery.example"}, "PUBLIC_BASE_URL is not https"),
        ({"LIVE_BASE_URL": "ws://bakery.example"}, "LIVE_BASE_URL is not wss"),
        ({"MEDIA_URL": "/media/"}, "MEDIA_URL is not https"),
        ({"MEDIA_URL": "https://bakery.example/media/"}, "the shop's own host"),
        ({"MEDIA_URL": "https://BAKERY.example:443/"}, "the shop's own host"),
        ({"MEDIA_URL": "http://pictures.bakery.example/"}, "MEDIA_URL is not https"),
        ({"AWS_PRIVATE_BUCKET_NAME": "bakery-public"}, "is the public bucket"),
        ({"AWS_PRIVATE_BUCKET_NAME": ""}, "go together"),
        ({"AWS_STORAGE_BUCKET_NAME": ""}, "go together"),
        ({"AWS_RECEIPTS_BUCKET_NAME": ""}, "AWS_RECEIPTS_BUCKET_NAME is not set"),
        ({"AWS_RECEIPTS_BUCKET_NAME": "bakery-private"}, "not a bucket of its own"),
        ({"RECEIPT_SIGNING_KEY": "/run/secrets/key.pem"}, "go together"),
        ({"RECEIPT_OBJECT_LOCK": "YES"}, "neither GOVERNANCE nor COMPLIANCE"),
        ({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 8025}, "mail sink"),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, "believes everybody"),
        ({"TRUSTED_PROXIES": ["::/0"]}, "believes everybody"),
        ({"TRUSTED_PROXIES": ["the proxy"]}, "is no network"),
    ],
)
def test_an_unsafe_value_is_refused(change, reason):
    with pytest.raises(ImproperlyConfigured, match=reason):
        refuse_unsafe({**GOOD, **change})


def test_all_reasons_are_named_at_once():
    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_unsafe({})
    assert all(name in str(refusal.value) for name in REQUIRED)


def manage(*arguments, **changes):
    """Run manage.py on production settings with nothing of this test run's environment."""
    environment = {**production_environment(), **changes}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, **{name: value for name, value in environment.items() if value is not None}},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_production_boots_and_passes_djangos_deployment_check():
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_does_not_boot_without_its_secrets():
    done = manage("check", SECRET_KEY=None, STRIPE_WEBHOOK_SECRETS="")
    assert done.returncode != 0
    assert "SECRET_KEY is not set; " in done.stderr
    assert "STRIPE_WEBHOOK_SECRETS is not set" in done.stderr


def test_production_does_not_boot_in_debug_mode():
    done = manage("check", DEBUG="true")
    assert "DEBUG is on" in done.stderr
