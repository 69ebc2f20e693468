"""What production settings must never be."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
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
    "LIVE_BASE_URL",
    "ALLOWED_HOSTS",
    "MEDIA_URL",
)
DEFAULT_MARKS = ("development-only", "test-only", "changeme", "change-me", "sandbox", "insecure")
LOOPBACK = ("localhost", "127.", "::1", "0.0.0.0")  # noqa: S104 - names refused, not bound
SHORTEST = {"SECRET_KEY": 50, "AUDIT_KEY": 32, "FINGERPRINT_KEY": 32}
SCHEMES = {
    "PUBLIC_BASE_URL": ("https",),
    "LIVE_BASE_URL": ("wss",),
    "MEDIA_URL": ("https",),
}
SANDBOX_SMTP = 8025
# Whose reports say which mail they are about; anymail knows more.
MAIL_PROVIDERS = ("brevo", "mailgun", "mailjet", "postmark", "resend", "sendgrid", "sparkpost")
SHORTEST_MAIL_SECRET = 24


def unsafe_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for everything that makes ``settings`` unfit for production."""
    for name in REQUIRED:
        value = settings.get(name)
        if not value:
            yield f"{name} is not set"
        elif any(mark in str(value).lower() for mark in DEFAULT_MARKS):
            yield f"{name} is a default or sandbox value"
    if settings.get("DEBUG"):
        yield "DEBUG is on"
    yield from _key_reasons(settings)
    yield from _address_reasons(settings)
    yield from _sandbox_reasons(settings)


def _key_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, shortest in SHORTEST.items():
        if 0 < len(settings.get(name) or "") < shortest:
            yield f"{name} is shorter than {shortest} characters"
    keys = [settings.get(name) for name in SHORTEST if settings.get(name)]
    if len(set(keys)) < len(keys):
        yield f"{', '.join(SHORTEST)} are not all different"
    kids = {str(key).partition(":")[0] for key in settings.get("JWT_KEYS") or []}
    if settings.get("JWT_ACTIVE_KID") and settings["JWT_ACTIVE_KID"] not in kids:
        yield "JWT_ACTIVE_KID names none of JWT_KEYS"


def _address_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    hosts = settings.get("ALLOWED_HOSTS") or []
    if "*" in hosts:
        yield "ALLOWED_HOSTS admits every host"
    if all(_is_loopback(host) for host in hosts):
        yield "ALLOWED_HOSTS names no host but this machine"
    for name, schemes in SCHEMES.items():
        value = settings.get(name)
        if value and urlsplit(value).scheme not in schemes:
            yield f"{name} is not {' or '.join(schemes)}"
    yield from _proxy_reasons(settings)
    yield from _media_reasons(settings)
    yield from _receipt_reasons(settings)


def _media_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """What strangers uploaded is kept away from the origin that has the cookies."""
    media = urlsplit(settings.get("MEDIA_URL") or "").hostname
    ours = {urlsplit(settings.get(name) or "").hostname for name in SCHEMES if name != "MEDIA_URL"}
    if media and media in ours | set(settings.get("ALLOWED_HOSTS") or []):
        yield f"MEDIA_URL is on the shop's own host ({media})"
    public, private = (
        settings.get(name) for name in ("AWS_STORAGE_BUCKET_NAME", "AWS_PRIVATE_BUCKET_NAME")
    )
    if bool(public) != bool(private):
        yield "AWS_STORAGE_BUCKET_NAME and AWS_PRIVATE_BUCKET_NAME go together"
    elif public and public == private:
        yield "AWS_PRIVATE_BUCKET_NAME is the public bucket"


def _receipt_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """Without a key receipts wait to be signed; half of what that takes is a mistake."""
    names = ("RECEIPT_SIGNING_KEY", "RECEIPT_SIGNING_CERTIFICATES", "RECEIPT_TRUSTED_ROOTS")
    if len({bool(settings.get(name)) for name in names}) > 1:
        yield f"{', '.join(names)} go together"
    bucket = settings.get("AWS_RECEIPTS_BUCKET_NAME")
    others = [settings.get(name) for name in ("AWS_STORAGE_BUCKET_NAME", "AWS_PRIVATE_BUCKET_NAME")]
    if any(others) and not bucket:
        yield "AWS_RECEIPTS_BUCKET_NAME is not set, but the other buckets are"
    elif bucket and bucket in others:
        yield "AWS_RECEIPTS_BUCKET_NAME is not a bucket of its own"
    if settings.get("RECEIPT_OBJECT_LOCK") not in {None, "", "GOVERNANCE", "COMPLIANCE"}:
        yield "RECEIPT_OBJECT_LOCK is neither GOVERNANCE nor COMPLIANCE"


def _proxy_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    for network in settings.get("TRUSTED_PROXIES") or []:
        try:
            believes_all = ip_network(network, strict=False).prefixlen == 0
        except ValueError:
            yield f"TRUSTED_PROXIES has {network!r}, which is no network"
        else:
            if believes_all:
                yield "TRUSTED_PROXIES believes everybody"


def _sandbox_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings.get("SANDBOX"):
        yield "SANDBOX is on"
    if settings.get("PRICING_TRUST_SIMULATED"):
        yield "PRICING_TRUST_SIMULATED is on: prices would follow from a made-up bakery"
    for name in ("STRIPE_API_BASE", "TWILIO_API_BASE", "AWS_S3_ENDPOINT_URL", *SCHEMES):
        value = settings.get(name)
        host = (urlsplit(value).hostname or "") if value else ""
        if host and _is_loopback(host):
            yield f"{name} points at this machine ({host})"
    yield from _llm_reasons(settings)
    yield from _mail_reasons(settings)
    if str(settings.get("STRIPE_SECRET_KEY", "")).startswith(("sk_test_", "rk_test_")):
        yield "STRIPE_SECRET_KEY is a test key"


def _llm_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """A language model is optional; one that is set is a real one, spoken to in secret."""
    key, address = settings.get("LLM_API_KEY") or "", settings.get("LLM_BASE_URL") or ""
    if any(mark in key.lower() for mark in DEFAULT_MARKS):
        yield "LLM_API_KEY is a default or sandbox value"
    if not address:
        return
    host = urlsplit(address).hostname or ""
    if _is_loopback(host):
        yield f"LLM_BASE_URL points at this machine ({host})"
    elif urlsplit(address).scheme != "https":
        yield "LLM_BASE_URL is not https"


def _mail_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    """Mail goes out by a server, or by a provider whose keys and reports are set up."""
    provider = settings.get("EMAIL_PROVIDER")
    if provider:
        yield from _provider_reasons(provider, settings.get("ANYMAIL") or {})
        return
    host, port = settings.get("EMAIL_HOST", ""), settings.get("EMAIL_PORT")
    if _is_loopback(host) and port == SANDBOX_SMTP:
        yield "EMAIL_URL is the sandbox's mail sink"


def _provider_reasons(provider: str, keys: Mapping[str, Any]) -> Iterator[str]:
    if provider not in MAIL_PROVIDERS:
        yield f"EMAIL_PROVIDER is none of {', '.join(MAIL_PROVIDERS)}"
    elif not any(name.startswith(provider.upper()) for name in keys):
        yield f"EMAIL_PROVIDER is {provider}, but no ANYMAIL_{provider.upper()}_... is set"
    for name, value in keys.items():
        if name.endswith("_API_URL") and urlsplit(value).scheme != "https":
            yield f"ANYMAIL_{name} is not https"
    for secret in keys.get("WEBHOOK_SECRET") or []:
        if ":" not in secret or len(secret) < SHORTEST_MAIL_SECRET:
            yield "ANYMAIL_WEBHOOK_SECRET is not user:password, or short"


def _is_loopback(host: str) -> bool:
    return host.strip("[]").startswith(LOOPBACK)


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured naming every reason at once, so that one boot shows them all."""
    reasons = list(unsafe_reasons(settings))
    if reasons:
        raise ImproperlyConfigured("refusing to start in production: " + "; ".join(reasons))
