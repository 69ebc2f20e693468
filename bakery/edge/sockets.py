"""Who is on a web socket: the origin of its page, and the signed-in session behind its cookie.

A socket has no CSRF token and no middleware of Django's: the origin stands in for the first, and
the session is judged here by the very rules of pages, when the socket opens and again and again
while it is open.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse
from django_otp.middleware import OTPMiddleware

from bakery.edge.access import Rule

Scope = Mapping[str, Any]


def _header(scope: Scope, name: bytes) -> str:
    """Return a header's value; one that is sent twice counts as none."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else None


def comes_from_our_pages(scope: Scope) -> bool:
    """Tell whether the socket was opened by a page of PUBLIC_BASE_URL (or a trusted origin).

    Only the page's own origin is asked, never the Host header; without an Origin it is refused,
    since every browser sends one.
    """
    origin = _origin(_header(scope, b"origin"))
    ours = [settings.PUBLIC_BASE_URL, *settings.CSRF_TRUSTED_ORIGINS]
    return origin is not None and origin in [_origin(url) for url in ours]


def session_key_of(scope: Scope) -> str:
    """Return the session key in the socket's cookies, empty when there is none."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(_header(scope, b"cookie"))
    except CookieError:
        return ""
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


def admitted_user(session_key: str, rule: Rule) -> int | None:
    """Return the id of the user whose session ``rule`` admits; None when it does not.

    Reads the database: after logout, expiry, a password change, disabling, or the loss of the
    second factor or of the permission, the answer is None.
    """
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)
    verdict = OTPMiddleware(lambda asked: HttpResponse(status=200 if rule.admits(asked) else 403))
    admitted = verdict(request).status_code == 200
    return int(request.user.pk) if admitted and request.user.pk else None
