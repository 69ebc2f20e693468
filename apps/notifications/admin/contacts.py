"""Whom we may write to about what, as evidence; and what people texted to the shop."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.notifications import rules, services
from apps.notifications.models import Contact, InboundText
from apps.notifications.rules.choices import title_of
from apps.notifications.rules.consent import CHOICES
from apps.notifications.selectors import contacts as selectors
from apps.notifications.states import Channel, SubscriptionState
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

SEES_ADDRESSES = "accounts.view_user"
_TAKES_BACK = "notifications.withdraw_consent"
_FLAGS = {
    SubscriptionState.CONFIRMED: "flag-published",
    SubscriptionState.PENDING: "flag-draft",
    SubscriptionState.WITHDRAWN: "flag-archived",
}


def _shown(address: str, request: HttpRequest) -> str:
    return address if request.user.has_perm(SEES_ADDRESSES) else rules.mask(address)


def _flag(kind: str, text: str) -> SafeString:
    return format_html('<span class="flag {}">{}</span>', kind, text)


class _Addressed(ReadOnlyAdmin):
    """A list with addresses that are masked from who may not see people's data."""

    address_field = "address"

    def get_list_display(self, request: HttpRequest) -> Any:
        """Put the address first, as this caller may see it."""

        def address(row: Any) -> str:
            return _shown(getattr(row, self.address_field), request)

        address.short_description = self.address_field  # type: ignore[attr-defined]  # Django reads it
        return [address, *super().get_list_display(request)]

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Let nobody find out by searching what the list masks."""
        found = super().get_search_fields(request)
        return found if request.user.has_perm(SEES_ADDRESSES) else ()


class TakeBackForm(forms.Form):
    """What somebody asked staff to end, and how they asked."""

    topics = forms.MultipleChoiceField(
        label="Wants no more", widget=forms.CheckboxSelectMultiple, choices=()
    )
    reason = forms.CharField(
        label="How they asked",
        min_length=3,
        max_length=500,
        widget=forms.TextInput(attrs={"size": 60, "autocomplete": "off"}),
    )

    def __init__(self, channel: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(t), title_of(channel, t, "en")) for t in CHOICES.get(channel, ())]
        if channel == Channel.SMS:
            offered.append(("stop", "Any text at all"))
        self.fields["topics"].choices = offered  # type: ignore[attr-defined]  # a choice field


@admin.register(Contact)
class ContactAdmin(_Addressed):
    """Mailboxes and numbers, and what they agreed to."""

    list_display = ("channel", "holds", "blocked", "language", "created_at")
    list_display_links = None
    list_filter = ("channel", "subscriptions__state", "suppressed_reason")
    search_fields = ("address",)
    search_help_text = "A mailbox or a number"

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Lead from the address to its page."""
        return [list_display[0]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        """Return contacts, the newest first."""
        return selectors.contact_rows()

    @admin.display(description="agreed to")
    def holds(self, row: Any) -> str:
        """Show what holds now."""
        found = [
            f"{held.get_topic_display()}: {held.get_state_display().lower()}"
            for held in row.subscriptions.all()
        ]
        return "; ".join(sorted(found)) or "nothing said"

    @admin.display(description="blocked")
    def blocked(self, row: Contact) -> str:
        """Show why nothing goes there."""
        if row.stopped_at:
            return _flag("flag-bad", "stopped")
        return _flag("flag-bad", row.suppressed_reason) if row.suppressed_at else ""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what holds, its evidence and its texts; take back what somebody asked to end."""
        contact = self.row_to_show(request, object_id, takes_posts=True)
        form = TakeBackForm(contact.channel, request.POST or None)
        if request.method == "POST" and self._act(request, contact, form):
            here = reverse("admin:notifications_contact_change", args=[contact.pk])
            return HttpResponseRedirect(here, status=303)
        address = contact.address
        context = self.page_context(
            request,
            title=_shown(address, request),
            contact=contact,
            held=[
                (row, _flag(_FLAGS[SubscriptionState(row.state)], row.get_state_display()))
                for row in contact.subscriptions.order_by("topic")
            ],
            records=selectors.records_of(contact.pk),
            texts=selectors.texts_of(address) if contact.channel == Channel.SMS else [],
            form=form if request.user.has_perm(_TAKES_BACK) else None,
        )
        reply = render(request, "admin/notifications/contact.html", context)
        reply["Cache-Control"] = "private, no-store"
        return reply

    def _act(self, request: HttpRequest, contact: Contact, form: TakeBackForm) -> bool:
        """Carry a button out; False when the form is to be shown again."""
        if not request.user.has_perm(_TAKES_BACK):
            raise PermissionDenied
        asked: dict[str, Any] = {
            "contact_id": contact.pk,
            "actor": actor_of(request),
            "at": clock.now(),
        }
        try:
            if "lift" in request.POST:
                reason = request.POST.get("reason", "")[:500] or "console"
                services.lift_suppression(**asked, reason=reason)
                messages.success(request, "Mails go to this mailbox again.")
                return True
            if not form.is_valid():
                return False
            services.withdraw_on_request(**asked, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, error.message)
            return True
        messages.success(request, "Taken back. Nothing of it is sent any more.")
        return True


@admin.register(InboundText)
class InboundTextAdmin(_Addressed):
    """Texts to the shop's number."""

    address_field = "sender"
    list_display = ("received_at", "meaning", "body")
    list_display_links = None
    list_filter = ("meaning", "received_at")
    search_fields = ("sender", "body")
    search_help_text = "A number, or words of the text"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundText]:
        """Return texts, the newest first."""
        return selectors.inbound_rows()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the contact that texted, whose page shows the whole exchange."""
        row = self.row_to_show(request, object_id)
        contact = Contact.objects.filter(channel=Channel.SMS, address=row.sender).first()
        if contact is None or not request.user.has_perm("notifications.view_contact"):
            return HttpResponseRedirect(reverse("admin:notifications_inboundtext_changelist"))
        return HttpResponseRedirect(
            reverse("admin:notifications_contact_change", args=[contact.pk])
        )
