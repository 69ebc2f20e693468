"""Limits on guessing passwords and codes, and the devices that are exempt from others' failures.

Attempts are counted per address, per account and per pair of both, in windows of a minute to a
day: the longer it goes on, the longer the wait. A browser that logged in before carries a signed
cookie for that account; its attempts are counted by themselves, so that nobody can lock the
owner out by failing on purpose.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from bakery.edge.client import client_address, rate_bucket
from bakery.edge.throttling import TooMany, hit
from bakery.kernel.logs import fingerprint

COOKIE = "known_device"
_SALT = "bakery.edge.logins.known_device"
_AGE = 180 * 24 * 3600
_PER_ADDRESS = ("login_address", "login_address_hour")
_PER_ACCOUNT = ("login_account",)
_PER_PAIR = ("login_pair", "login_pair_hour", "login_pair_day")


def _known_device(request: HttpRequest, account: str) -> str | None:
    """Return the id of the device when its cookie was given to it for this account."""
    try:
        owner, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(device) if owner == account else None


def _require(*counts: tuple[str, str]) -> None:
    """Count each (limit, identity), all of them, then raise with the longest wait."""
    verdicts = [hit(name, identity) for name, identity in counts]
    waits = [verdict.retry_after for verdict in verdicts if not verdict.allowed]
    if waits:
        raise TooMany(max(waits))


def require_login_allowed(request: HttpRequest, email: str) -> None:
    """Count an attempt to log in as ``email``; raise `TooMany` when a limit is reached.

    Counts the same for addresses without an account.
    """
    account, bucket = fingerprint(email), rate_bucket(client_address(request))
    if device := _known_device(request, account):
        _require(("login_account", f"device:{device}"))
        return
    _require(
        *((name, bucket) for name in _PER_ADDRESS),
        *((name, account) for name in _PER_ACCOUNT),
        *((name, f"{bucket}|{account}") for name in _PER_PAIR),
    )


def require_code_allowed(request: HttpRequest, email: str) -> None:
    """Count an attempt at a one-time code; raise `TooMany` when the limit is reached.

    Per pair or known device; the authenticator itself slows guessing from many addresses down.
    """
    account, bucket = fingerprint(email), rate_bucket(client_address(request))
    _require(("otp", f"{account}|{_known_device(request, account) or bucket}"))


def require_mail_allowed(request: HttpRequest, email: str) -> None:
    """Count a request for a mail to ``email``: per mailbox, and per address of the caller."""
    _require(
        ("mailbox", fingerprint(email)),
        ("mailbox_address", rate_bucket(client_address(request))),
    )


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Give this browser the cookie of a known device after a good log-in."""
    account = fingerprint(email)
    device = _known_device(request, account) or secrets.token_urlsafe(16)
    response.set_cookie(
        COOKIE,
        signing.dumps([account, device], salt=_SALT),
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
