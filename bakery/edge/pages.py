"""Pages that belong to no app: errors, and where browsers report CSP violations."""

import json
import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bakery.edge import access
from bakery.edge.client import rate_bucket
from bakery.edge.errors import (
    Description,
    describe,
    envelope,
    error_page,
    json_error,
    wants_json,
)
from bakery.edge.throttling import hit

logger = logging.getLogger(__name__)
_MALFORMED = "The request is malformed."
_BUG = "Something broke on our side. It was recorded; nothing you sent was half done."


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST without its CSRF token, in the form that the client reads."""
    if wants_json(request):
        return json_error(403, envelope("csrf_failed", "The CSRF token is missing or wrong."), {})
    message = "This form was open too long. Go back, reload the page and send it again."
    return error_page(request, 403, message=message)


@access.page(access.ANYONE)
@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log which directive a browser saw violated; a few a minute, never the page's address."""
    bucket = rate_bucket(getattr(request, "client_address", ""))
    if len(request.body) <= 16384 and hit("login_address", "csp", bucket, fail_open=True).allowed:
        try:
            report = json.loads(request.body).get("csp-report", {})
            directive = str(report.get("violated-directive", ""))[:80]
        except (ValueError, AttributeError, RecursionError):
            directive = "unreadable"
        logger.warning("csp violation", extra={"code": directive})
    return HttpResponse(status=204)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses, such as an unknown Host."""
    return _answer(request, describe(exception) or (400, envelope("bad_request", _MALFORMED), {}))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal that no view explained."""
    return _answer(request, (403, envelope("permission_denied", "You may not do this."), {}))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address."""
    return _answer(request, (404, envelope("not_found", "There is nothing here."), {}))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug without a word of its insides.

    An outage that shows before or after the view (the session's row, say) arrives here as well
    and is told apart by the exception being handled.
    """
    error = sys.exc_info()[1]
    described = describe(error) if error is not None else None
    return _answer(request, described or (500, envelope("internal_error", _BUG), {}))


def _answer(request: HttpRequest, described: Description) -> HttpResponse:
    status, body, headers = described
    if wants_json(request):
        return json_error(status, body, headers)
    return error_page(request, status, message=body["error"]["message"], headers=headers)
