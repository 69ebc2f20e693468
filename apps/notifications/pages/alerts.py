"""The page behind the link in an alert's text."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications import selectors, services
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Conflict


@access.page(access.ANYONE)
@never_cache
@csrf_exempt  # the unguessable address is the credential; a texting app may keep no cookies
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Show the alert, and take the acknowledgement by POST: previews of links only GET."""
    alert = selectors.alert_by_token(token)
    just_done = False
    if request.method == "POST":
        try:
            alert = services.acknowledge_by_link(token=token, at=clock.now())
            just_done = True
        except Conflict:
            alert = selectors.alert_by_token(token)
    context = {"alert": alert, "just_done": just_done}
    return render(request, "notifications/alert.html", context)
