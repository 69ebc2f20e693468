"""The calendar that somebody subscribed to; its address is its key."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.orders import selectors
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_LONGEST = 100


@access.page(access.ANYONE)
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the pickups behind a secret address; 404 alike for whatever is not one."""
    throttling.require("calendar", rate_bucket(client_address(request)))
    if len(token) > _LONGEST:
        raise NotFound("calendar_not_found", "There is no such calendar.")
    body = selectors.calendar_behind(token, at=clock.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="pickups.ics"'
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
