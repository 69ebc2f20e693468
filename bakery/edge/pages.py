"""Pages that belong to no app: errors, and where browsers report CSP violations."""

import json
import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bakery.edge import access
from bakery.edge.client import rate_bucket
from bakery.edge.errors import envelope, json_error, wants_json
from bakery.edge.throttling import hit

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST without its CSRF token, in the form that the client reads."""
    if wants_json(request):
        return json_error(403, envelope("csrf_failed", "The CSRF token is missing or wrong."), {})
    message = "This form was open too long. Go back, reload the page and send it again."
    return render(request, "edge/error.html", {"status": 403, "message": message}, status=403)


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
        except (ValueError, AttributeError):
            directive = "unreadable"
        logger.warning("csp violation", extra={"code": directive})
    return HttpResponse(status=204)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address."""
    if wants_json(request):
        return json_error(404, envelope("not_found", "There is nothing here."), {})
    return render(request, "edge/error.html", {"status": 404}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug without a word of its insides."""
    message = "Something broke on our side. It was recorded; nothing you sent was half done."
    if wants_json(request):
        return json_error(500, envelope("internal_error", message), {})
    return render(request, "edge/error.html", {"status": 500, "message": message}, status=500)
