"""What every mail and text looks like, with sample data, and a mail of it to oneself."""

from itertools import groupby
from typing import Any
from uuid import uuid4

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from apps.notifications import services
from apps.notifications.admin.framing import MAIL_POLICY
from bakery.edge import throttling
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_SCREENS = [("light", "Light"), ("dark", "Dark")]


class ChoiceForm(forms.Form):
    """Which template, in which language, on which kind of screen."""

    template = forms.CharField(max_length=100)
    name = forms.CharField(max_length=40, required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    screen = forms.ChoiceField(choices=_SCREENS, required=False)
    key = forms.UUIDField(required=False)

    def chosen(self) -> dict[str, str]:
        """Return the choice with its defaults; raise Http404 for one that there cannot be."""
        if not self.is_valid():
            raise Http404
        data = self.cleaned_data
        return {
            "template": data["template"],
            "name": data["name"],
            "language": data["language"] or settings.LANGUAGE_CODE,
            "screen": data["screen"] or "light",
        }


class PreviewPages:
    """Pages of the console beside the log of messages; mixed into its admin."""

    admin_site: Any
    has_view_permission: Any

    def preview_urls(self) -> list[URLPattern]:
        """Return the addresses of these pages."""
        view = self.admin_site.admin_view
        test: Any = view(require_POST(self.test_mail))
        test.model_admin = self  # says that the console guards it
        return [
            path("templates/", view(self.previews), name="notifications_message_templates"),
            path("templates/mail/", view(self.sample), name="notifications_message_sample"),
            path("templates/test/", test, name="notifications_message_test"),
        ]

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def previews(self, request: HttpRequest) -> HttpResponse:
        """List the templates, and show the chosen one."""
        self._require_reader(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Mails and texts",
            "rooms": _rooms(),
            "languages": settings.LANGUAGES,
            "screens": _SCREENS,
            "key": uuid4(),
        }
        if "template" in request.GET:
            chosen = ChoiceForm(request.GET).chosen()
            context |= {
                "chosen": chosen,
                "preview": _preview_or_404(chosen),
                "query": urlencode(chosen),
                "links": _links(chosen),
            }
        return render(request, "admin/notifications/templates.html", context)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace(MAIL_POLICY))
    def sample(self, request: HttpRequest) -> HttpResponse:
        """Return a mail's HTML for the frame."""
        self._require_reader(request)
        chosen = ChoiceForm(request.GET).chosen()
        html = _preview_or_404(chosen).html
        if not html:
            raise Http404
        return HttpResponse(services.as_seen(html=html, dark=chosen["screen"] == "dark"))

    def test_mail(self, request: HttpRequest) -> HttpResponse:
        """Mail the template to who is signed in, and to nobody else."""
        self._require_reader(request)
        form = ChoiceForm(request.POST)
        chosen = form.chosen()
        _preview_or_404(chosen)
        user: Any = request.user
        try:
            throttling.require("mailbox_address", f"test:{user.pk}")
            services.ask_test_mail(
                template=chosen["template"],
                name=chosen["name"],
                language=chosen["language"],
                user_id=user.pk,
                key=form.cleaned_data["key"] or uuid4(),
                at=clock.now(),
            )
            messages.success(request, f"It is on its way to {user.email}.")
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(
            f"{reverse('admin:notifications_message_templates')}?{urlencode(chosen)}"
        )

    def _require_reader(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _preview_or_404(chosen: dict[str, str]) -> services.Preview:
    try:
        return services.preview_sample(
            template=chosen["template"], name=chosen["name"], language=chosen["language"]
        )
    except DomainError as error:
        raise Http404 from error


def _rooms() -> list[tuple[str, list[tuple[str, str, services.Sample]]]]:
    """Return each app's samples with the words of their links and their addresses."""
    return [
        (
            room.capitalize(),
            [
                (
                    row.template.rpartition("/")[2].replace("_", " "),
                    urlencode({"template": row.template, "name": row.name}),
                    row,
                )
                for row in rows
            ],
        )
        for room, rows in groupby(services.samples(), key=lambda sample: sample.room)
    ]


def _links(chosen: dict[str, str]) -> dict[str, list[tuple[str, str, bool]]]:
    """Return for language and screen what else may be chosen: label, address, is it so now."""
    choices = {"language": settings.LANGUAGES, "screen": _SCREENS}
    return {
        kind: [
            (label, urlencode({**chosen, kind: value}), chosen[kind] == value)
            for value, label in values
        ]
        for kind, values in choices.items()
    }
