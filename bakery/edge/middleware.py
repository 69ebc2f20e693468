"""Middleware of the platform: addresses, hostile requests, access rules, errors, one log line."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from typing_extensions import override

from bakery.edge.access import passed_second_factor, rule_of
from bakery.edge.client import client_address
from bakery.edge.errors import describe, envelope, error_page, json_error, wants_json
from bakery.kernel import audit
from bakery.kernel.clock import shop_zone
from bakery.kernel.logs import fingerprint

logger = logging.getLogger("bakery.access")
GetResponse = Callable[[HttpRequest], HttpResponse]
_MAX_QUERY = 4096
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_NUL = re.compile(r"%00|\x00", re.IGNORECASE)


class ClientAddressMiddleware:
    """Sets ``request.client_address`` and the address that audit entries are written with."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = client_address(request)
        request.client_address = address  # type: ignore[attr-defined]
        token = audit.client_address.set(address)
        try:
            return self.get_response(request)
        finally:
            audit.client_address.reset(token)


class ContentPolicyMiddleware(CSPMiddleware):
    """The content security policy: of pages as configured, of data that nothing may load.

    Data get a constant, because building the policy anew costs a tenth of a small API request.
    """

    @override
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Set the header."""
        if response.get("Content-Type", "").startswith("application/json"):
            response.headers.setdefault("Content-Security-Policy", _DATA_POLICY)
            return response
        super().process_response(request, response)
        return response


class RequestGuardMiddleware:
    """Refuses what no honest client sends before any view sees it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if len(query) > _MAX_QUERY:
            return self._refuse(414, "query_too_long", "The query string is too long.")
        if _NUL.search(query) or "\x00" in request.path:
            return self._refuse(400, "unstorable_text", "NUL is not a character of ours.")
        return self.get_response(request)

    def _refuse(self, status: int, code: str, message: str) -> HttpResponse:
        return json_error(status, envelope(code, message), {})


class AccessLogMiddleware:
    """Writes one line a request: route (never the raw path with its tokens), status, time."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        if logger.isEnabledFor(logging.INFO):
            match = request.resolver_match
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "route": match.route if match else "(none)",
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - start) * 1000, 1),
                    "client": fingerprint(getattr(request, "client_address", "")),
                },
            )
        return response


class AccessRuleMiddleware:
    """Enforces the rules of pages, and refuses any view that has none."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let DRF views and the console to their own guards; judge pages here."""
        rule = getattr(view, "access", None)
        if rule is not None:
            return None if rule.admits(request) else self._refuse(request, rule.kind)
        if request.path.startswith(settings.STATIC_URL) or rule_of(view) is not None:
            return None
        match = request.resolver_match
        logger.error("view without access rule", extra={"route": match.route if match else ""})
        return self._refuse(request, "nobody")

    def _refuse(self, request: HttpRequest, kind: str) -> HttpResponse:
        known = request.user.is_authenticated
        if wants_json(request):
            status, code = (403, "permission_denied") if known else (401, "not_authenticated")
            return json_error(status, envelope(code, "You may not see this."), {})
        lacks_code = request.user.is_staff and not passed_second_factor(request) if known else False
        may_sign_in = not known or lacks_code or (kind == "staff" and not request.user.is_staff)
        if kind != "nobody" and may_sign_in:
            # Who is known here and lacks a code works here; a page for customers asks others in.
            for_customers = kind == "signed_in" and not known
            door = settings.CUSTOMER_LOGIN_URL if for_customers else settings.LOGIN_URL
            return redirect_to_login(request.get_full_path(), door)
        return error_page(request, 403)


class ConsoleTimeMiddleware:
    """Shows and reads moments of the console on the shop's wall clock; elsewhere they are UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/console/"):
            return self.get_response(request)
        with timezone.override(shop_zone()):
            return self.get_response(request)


class ErrorPageMiddleware:
    """Turns expected errors of pages into readable ones with the right status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what `describe` knows; leave the rest to Django's 500, which is logged."""
        described = describe(error)
        if described is None:
            return None
        status, body, headers = described
        if wants_json(request):
            return json_error(status, body, headers)
        return error_page(request, status, message=body["error"]["message"], headers=headers)
