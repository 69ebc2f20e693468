"""One envelope for every error of the API:

{"error": {"code": "...", "message": "...", "details": {...}}, "request_id": "..."}
"""

import logging
from collections.abc import Mapping
from typing import Any

import psycopg
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django_guid import get_guid
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from bakery.edge.context import shop
from bakery.kernel.errors import DomainError

logger = logging.getLogger(__name__)
Description = tuple[int, dict[str, Any], dict[str, str]]
_PLAIN: tuple[tuple[type[Exception], int, str, str], ...] = (
    (Http404, 404, "not_found", "There is nothing here."),
    (PermissionDenied, 403, "permission_denied", "You may not do this."),
    (RequestDataTooBig, 413, "body_too_large", "The request body is too large."),
    (SuspiciousOperation, 400, "bad_request", "The request is malformed."),
)
_LOCK_ERRORS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
_BUSY_ERRORS = (psycopg.errors.QueryCanceled,)


def envelope(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """Return the body of an error reply."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = details
    return {"error": error, "request_id": get_guid()}


def describe(error: BaseException) -> Description | None:
    """Return status, body and headers for an expected error; None for what is a bug."""
    if isinstance(error, DomainError):
        headers = {}
        if retry_after := error.details.get("retry_after"):
            headers["Retry-After"] = str(retry_after)
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="api"'
        return error.status, envelope(error.code, error.message, error.details), headers
    if isinstance(error, drf.APIException):
        return _describe_drf(error)
    for family, status, code, message in _PLAIN:
        if isinstance(error, family):
            return status, envelope(code, message), {}
    return _describe_database(error)


def _describe_drf(error: drf.APIException) -> Description:
    headers: dict[str, str] = {}
    if auth := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, int(wait)))
    if isinstance(error, drf.ValidationError):
        message = "Some fields are not right."
        return error.status_code, envelope("invalid", message, {"fields": error.detail}), headers
    if isinstance(error, drf.Throttled):
        return 429, envelope("too_many_requests", "Too many requests. Slow down."), headers
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    return error.status_code, envelope(code, str(error.detail)), headers


def _describe_database(error: BaseException) -> Description | None:
    cause = error.__cause__
    if isinstance(cause, _LOCK_ERRORS):
        message = "Somebody else is changing this right now. Try again."
        return 409, envelope("busy", message), {"Retry-After": "1"}
    if isinstance(error, OperationalError | InterfaceError) or isinstance(cause, _BUSY_ERRORS):
        logger.error("database unavailable", extra={"error": type(cause or error).__name__})
        message = "The shop's database does not answer right now. Nothing was lost; try again."
        return 503, envelope("database_unavailable", message), {"Retry-After": "5"}
    if isinstance(error, DatabaseError) and isinstance(cause, psycopg.errors.DataError):
        return 400, envelope("bad_request", "A value in the request cannot be stored."), {}
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: the envelope for what is expected, None (so a logged 500) for a bug."""
    described = describe(error)
    if described is None:
        return None
    status, body, headers = described
    set_rollback()
    return Response(body, status=status, headers=headers)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether an error of this request is answered as JSON rather than as a page."""
    return request.path.startswith(("/api/", "/webhooks/")) or "application/json" in (
        request.headers.get("Accept", "")
    )


def json_error(status: int, body: dict[str, Any], headers: dict[str, str]) -> JsonResponse:
    """Return an error outside DRF in the same envelope."""
    return JsonResponse(body, status=status, headers=headers)


def error_page(
    request: HttpRequest,
    status: int,
    *,
    message: str = "",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the readable error page.

    From 500 on it is rendered without the request, because what the request carries (session,
    user, messages) may be exactly what is down.
    """
    context = {**shop(request), "status": status, "message": message}
    text = render_to_string("edge/error.html", context, request if status < 500 else None)
    return HttpResponse(text, status=status, headers=dict(headers or {}))
