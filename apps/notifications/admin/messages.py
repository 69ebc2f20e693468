"""Messages: what was sent to whom, what came of it, what it cost, and sending it again."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from apps.notifications import rules, selectors, services
from apps.notifications.admin.framing import MAIL_POLICY
from apps.notifications.admin.previews import PreviewPages
from apps.notifications.admin.spending import spending_context
from apps.notifications.models import Message
from apps.notifications.rules.codes import explain_code
from apps.notifications.selectors import sending
from apps.notifications.states import BAD_ENDS, MessageState
from bakery.edge.console import actor_of
from bakery.edge.keyset_list import KeysetChangeList
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

_NOT_ARRIVED = BAD_ENDS | {MessageState.WITHHELD}


@admin.register(Message)
class MessageAdmin(PreviewPages, ReadOnlyAdmin):
    """The log of messages."""

    list_filter = ["state", "channel", "topic", "kind", "maybe_duplicate", "created_at"]
    search_fields = ["recipient", "dedupe_key", "provider_sid", "alert__key"]
    search_help_text = "Recipient, order number or the provider's id"
    ordering = ("-created_at",)
    sortable_by = ("written",)
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/notifications/message_list.html"
    actions = ["send_again"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by key: there are several for each order there ever was."""
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show recipients to who may see personal data, and their ends to others."""
        recipient = "recipient" if sending.may_see_recipients(request.user) else "masked"
        return ["written", "state", "error", "channel", "kind", recipient, "price"]

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Let nobody find out by searching what the list masks."""
        found = super().get_search_fields(request)
        known = sending.may_see_recipients(request.user)
        return found if known else [name for name in found if name != "recipient"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Return messages, the newest first."""
        return selectors.console_messages()

    @admin.display(description="written", ordering="created_at")
    def written(self, row: Message) -> str:
        """Show the shop's time."""
        local = row.created_at.astimezone(clock.shop_zone())
        year = "" if local.year == clock.shop_date(clock.now()).year else f" {local.year}"
        return f"{local.day} {local:%b}{year} {local:%H:%M}"

    @admin.display(description="recipient")
    def masked(self, row: Message) -> str:
        """Show enough to recognise somebody."""
        return rules.mask(row.recipient)

    @admin.display(description="Error")
    def error(self, row: Message) -> str:
        """Show the code of a bad end, and a text that may have gone out twice."""
        code = row.error_code if row.state in _NOT_ARRIVED else ""
        return f"{code} (maybe twice)" if row.maybe_duplicate else code

    @admin.display(description="cost")
    def price(self, row: Message) -> str:
        """Show what a text cost."""
        return _cost(row)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Admit who may send messages again."""
        return bool(request.user.has_perm("notifications.resend_message"))

    @admin.action(description="Send again what did not arrive", permissions=["resend"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Message]) -> None:
        """Queue the chosen messages that came to a bad end; leave the others alone."""
        sent = sum(self._send_one(request, row) for row in rows.order_by("pk")[:100])
        if sent:
            messages.success(request, f"Sending {sent} again.")

    def _send_one(self, request: HttpRequest, row: Message) -> bool:
        try:
            services.resend_message(
                message_id=row.pk, actor=actor_of(request), at=clock.now(), reason="console"
            )
        except DomainError:
            known = sending.may_see_recipients(request.user)
            recipient = row.recipient if known else rules.mask(row.recipient)
            text = f"{row} to {recipient} is {row.get_state_display()}: not sent again."
            messages.warning(request, text)
            return False
        return True

    def get_urls(self) -> list[URLPattern]:
        """Add a mail's picture, the button, and what texts cost."""
        again = self.admin_site.admin_view(require_POST(self.one_again))
        again.model_admin = self  # says that the console guards it
        view = self.admin_site.admin_view
        return [
            *self.preview_urls(),
            path("spending/", view(self.spending), name="notifications_message_spending"),
            path("<int:object_id>/again/", again, name="notifications_message_again"),
            path("<int:object_id>/mail/", view(self.picture), name="notifications_message_mail"),
            *super().get_urls(),
        ]

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one message as it went out, and what became of it."""
        row: Message = self.row_to_show(request, object_id)
        subject, text, html = services.write_anew(row=row)
        known = sending.may_see_recipients(request.user)
        context = self.page_context(
            request,
            title=str(row),
            row=row,
            recipient=row.recipient if known else rules.mask(row.recipient),
            subject=subject,
            text=text,
            has_html=bool(html),
            code=row.error_code if row.state in _NOT_ARRIVED else "",
            explained=explain_code(row.error_code),
            price=_cost(row),
            history=row.transitions.order_by("pk"),
            reports=sending.reports_of(row),
            may_resend=row.state in _NOT_ARRIVED and self.has_resend_permission(request),
        )
        return render(request, "admin/notifications/message_page.html", context)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace(MAIL_POLICY))
    def picture(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Return a mail's HTML without its links, to be framed by its page."""
        row: Message = self.row_to_show(request, str(object_id))
        _, _, html = services.write_anew(row=row)
        if not html:
            raise Http404
        return HttpResponse(html)

    def one_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Send one message again, and go back to its page."""
        row: Message = self.row_to_show(request, str(object_id), takes_posts=True)
        if not self.has_resend_permission(request):
            raise PermissionDenied
        if self._send_one(request, row):
            messages.success(request, "It is being sent again.")
        return redirect("admin:notifications_message_change", row.pk)

    def spending(self, request: HttpRequest) -> HttpResponse:
        """Show what texts cost, how full the caps are, and which providers are left alone."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        context = self.page_context(
            request, title="Texts: costs and caps", **spending_context(at=clock.now())
        )
        return render(request, "admin/notifications/spending.html", context)


def _cost(row: Message) -> str:
    return "" if row.cost is None else f"{row.cost.normalize():f} {settings.SHOP_CURRENCY}"
