"""The page behind the link in an alert's text, in the language of whom it was sent to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications import services
from apps.notifications.selectors import alert_board
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Conflict

_TEMPLATES = {"fr": "notifications/alert.fr.html"}


@access.page(access.ANYONE)
@never_cache
@csrf_exempt  # the unguessable address is the credential; a texting app may keep no cookies
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Show the alert, and take the acknowledgement by POST: previews of links only GET."""
    linked = alert_board.linked_alert(token)
    just_done = False
    if request.method == "POST":
        was_open = linked.alert.acknowledged_at is None
        try:
            services.acknowledge_by_link(token=token, at=clock.now())
            just_done = was_open
        except Conflict:
            just_done = False
        linked = alert_board.linked_alert(token)
    context = {"linked": linked, "alert": linked.alert, "just_done": just_done}
    with translation.override(linked.language), timezone.override(clock.shop_zone()):
        template = _TEMPLATES.get(linked.language, "notifications/alert.html")
        return render(request, template, context)
