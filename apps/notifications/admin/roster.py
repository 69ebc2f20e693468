"""The roster in the console: who is told of alerts, in which order, during which hours."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.notifications import services
from apps.notifications.models import AlertContact
from apps.notifications.rules.wording import LANGUAGES
from apps.notifications.states import AlertKind
from bakery.edge.by_service import RefusableForm, RefusalShown
from bakery.edge.console import actor_of
from bakery.kernel import clock

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LANGUAGE_NAMES = {"en": "English", "fr": "French"}


class ContactForm(RefusableForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """Somebody on the roster; whatever the service refuses is said on the same page."""

    language = forms.ChoiceField(choices=[(code, _LANGUAGE_NAMES[code]) for code in LANGUAGES])
    kinds = forms.MultipleChoiceField(
        choices=AlertKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: told of all.",
    )
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(_DAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every day.",
    )

    class Meta:
        model = AlertContact
        fields = (
            *("name", "phone", "email", "language", "position", "takes_calls"),
            *("kinds", "weekdays", "from_time", "to_time", "is_active"),
        )
        labels = {"is_active": "On the roster", "email": "Mailbox", "takes_calls": "May be called"}
        help_texts = {
            "phone": "Like +14165550123. Without one they are mailed only.",
            "position": "The smallest is told first.",
            "from_time": "In the shop's time; without times all day.",
            "to_time": "A shift may end after midnight.",
            "takes_calls": "By telephone when nobody acknowledged a cake within ten minutes.",
        }


@admin.register(AlertContact)
class AlertContactAdmin(RefusalShown, admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """The roster. The service writes the audit entry, so this is a plain admin."""

    form = ContactForm
    list_display = (
        *("position", "name", "phone", "email", "told_of", "duty", "takes_calls", "is_active"),
    )
    list_display_links = ("name",)
    ordering = ("-is_active", "position", "pk")
    actions = None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list."""
        title = "Who is told of alerts"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are taken off the roster: history names them."""
        return False

    @admin.display(description="told of")
    def told_of(self, contact: AlertContact) -> str:
        """Name the kinds."""
        return ", ".join(AlertKind(kind).label for kind in contact.kinds) or "everything"

    @admin.display(description="on duty")
    def duty(self, contact: AlertContact) -> str:
        """Say when."""
        days = ", ".join(_DAYS[number][:3] for number in contact.weekdays) or "every day"
        if not contact.from_time and not contact.to_time:
            return days
        start = f"{contact.from_time:%H:%M}" if contact.from_time else "00:00"
        end = f"{contact.to_time:%H:%M}" if contact.to_time else "24:00"
        return f"{days} {start} to {end}"

    def save_model(self, request: HttpRequest, obj: AlertContact, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the service."""
        given = form.cleaned_data
        wish = services.ContactWish(
            **{name: given[name] for name in _PLAIN},
            hours=(given["from_time"], given["to_time"]),
        )
        actor, at = actor_of(request), clock.now()
        if change:
            services.change_contact(contact_id=obj.pk, wish=wish, actor=actor, at=at)
        else:
            obj.pk = services.add_contact(wish=wish, actor=actor, at=at).pk


_PLAIN = (
    *("name", "phone", "email", "language", "position", "takes_calls", "kinds", "weekdays"),
    "is_active",
)
