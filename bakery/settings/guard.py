"""What production settings must never be."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED = (
    "SECRET_KEY",
    "AUDIT_KEY",
    "FINGERPRINT_KEY",
    "JWT_KEYS",
    "JWT_ACTIVE_KID",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "ALERT_PHONES",
    "PUBLIC_BASE_URL",
)
DEFAULT_MARKS = ("development-only", "test-only", "changeme", "change-me", "sandbox", "insecure")
LOOPBACK = ("localhost", "127.", "[::1]", "::1", "0.0.0.0")  # noqa: S104 - names refused, not bound


def unsafe_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for everything that makes ``settings`` unfit for production."""
    for name in REQUIRED:
        value = settings.get(name)
        if not value:
            yield f"{name} is not set"
        elif any(mark in str(value).lower() for mark in DEFAULT_MARKS):
            yield f"{name} is a default or sandbox value"
    if len(settings.get("SECRET_KEY") or "") < 50:
        yield "SECRET_KEY is shorter than 50 characters"
    if settings.get("DEBUG"):
        yield "DEBUG is on"
    if "*" in settings.get("ALLOWED_HOSTS", []):
        yield "ALLOWED_HOSTS admits every host"
    yield from _sandbox_reasons(settings)


def _sandbox_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings.get("SANDBOX"):
        yield "SANDBOX is on"
    for name in ("STRIPE_API_BASE", "TWILIO_API_BASE", "AWS_S3_ENDPOINT_URL", "PUBLIC_BASE_URL"):
        value = settings.get(name)
        host = (urlsplit(value).hostname or "") if value else ""
        if host and (host.startswith(LOOPBACK) or host == "localhost"):
            yield f"{name} points at this machine ({host})"
    if str(settings.get("STRIPE_SECRET_KEY", "")).startswith("sk_test_"):
        yield "STRIPE_SECRET_KEY is a test key"


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured naming every reason at once, so that one boot shows them all."""
    reasons = list(unsafe_reasons(settings))
    if reasons:
        raise ImproperlyConfigured("refusing to start in production: " + "; ".join(reasons))
