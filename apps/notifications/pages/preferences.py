"""The preference centre: by a mailed link without a log-in, and in the account."""

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications import rules, services
from apps.notifications.rules.choices import title_of
from apps.notifications.services import Owner
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from bakery.kernel.wording import language_of

if TYPE_CHECKING:
    from apps.accounts.models import User

_WANTED = {"on": True, "off": False}


@access.page(access.ANYONE)
@never_cache
@csrf_exempt  # the signed address is the credential, and a mail program may keep no cookies
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show and change what a mailbox gets."""
    owner = services.owner_of_token(token=token, at=clock.now())
    return _centre(request, owner, here=reverse("preferences", args=[token]), own=False)


@access.page(access.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_account(request: HttpRequest) -> HttpResponse:
    """Show and change what an account's mailbox and number get; staff go to the console."""
    user = cast("User", request.user)
    if user.is_staff:
        return HttpResponseRedirect("/console/")
    owner = services.owner_of_account(user=user)
    return _centre(request, owner, here=reverse("account-preferences"), own=True)


def _centre(request: HttpRequest, owner: Owner, *, here: str, own: bool) -> HttpResponse:
    error: DomainError | None = None
    if request.method == "POST":
        try:
            return HttpResponseRedirect(f"{here}?{urlencode(_change(request, owner))}", status=303)
        except DomainError as refused:
            error = refused
    found = services.preferences_of(owner=owner, at=clock.now())
    context = {
        "preferences": found,
        "languages": settings.LANGUAGES,
        "language": found.language,
        "own": own,
        "here": here,
        "error": error,
        "saved": _saved(request, found.language),
    }
    with translation.override(found.language):
        status = error.status if error else 200
        return render(request, "notifications/preferences.html", context, status=status)


def _change(request: HttpRequest, owner: Owner) -> dict[str, str]:
    """Do what a button asks for; return what the page says about it afterwards."""
    now, given = clock.now(), request.POST
    if given.get("do") == "everything":
        services.stop_everything(owner=owner, at=now)
        return {"saved": "everything"}
    if "language" in given:
        language = given["language"]
        services.change_preferences(owner=owner, changes={}, language=language, at=now)
        return {"saved": "language"}
    channel, topic = given.get("channel", ""), given.get("topic", "")
    wanted = _WANTED.get(given.get("wanted", ""), False)
    services.change_preferences(owner=owner, changes={channel: {topic: wanted}}, at=now)
    return {"saved": "on" if wanted else "off", "channel": channel, "topic": topic}


def _saved(request: HttpRequest, language: str) -> dict[str, str]:
    """Return what was changed a moment ago, if it is something that could have been."""
    what = request.GET.get("saved", "")
    if what in {"everything", "language"}:
        return {"what": what}
    channel, topic = request.GET.get("channel", ""), request.GET.get("topic", "")
    try:
        title = title_of(channel, topic, language)
    except KeyError:
        return {}
    if what not in _WANTED:
        return {}
    undo = "off" if what == "on" else "on"
    return {"what": what, "title": title, "channel": channel, "topic": topic, "undo": undo}


@access.page(access.ANYONE)
@never_cache
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask by GET and confirm by POST what a mailbox was asked about."""
    now = clock.now()
    contact, topic = services.who_confirms(token=token, at=now)
    state = ""
    if request.method == "POST":
        state = "done" if services.confirm_by_link(token=token, at=now) else "over"
    language = language_of(contact.language)
    context = {
        "state": state,
        "address": rules.mask(contact.address),
        "title": title_of(contact.channel, topic, language),
        "language": language,
        "preferences_link": services.preferences_path(contact_id=contact.pk),
    }
    with translation.override(language):
        return render(request, "notifications/confirm.html", context)
