"""The link below a mail: one press, no log-in; and the one press of a mail program (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications import rules, services
from apps.notifications.rules.choices import title_of
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.wording import language_of


@access.page(access.ANYONE)
@never_cache
@csrf_exempt  # mail programs post without a cookie; the signed address is the credential
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask by GET, for scanners of mails follow links; do it by POST, also again, or undo it."""
    now = clock.now()
    contact, topic = services.who_unsubscribes(token=token, at=now)
    done = ""
    if request.method == "POST":
        done = "undone" if request.POST.get("do") == "undo" else "done"
        services.unsubscribe(token=token, at=now, undo=done == "undone")
    language = language_of(contact.language)
    context = {
        "done": done,
        "address": rules.mask(contact.address),
        "title": title_of(contact.channel, topic, language),
        "language": language,
        "preferences_link": services.preferences_path(contact_id=contact.pk),
    }
    with translation.override(language):
        return render(request, "notifications/unsubscribe.html", context)
