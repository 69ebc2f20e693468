"""Messages: what was sent to whom, what came of it, and sending it again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.notifications import selectors, services
from apps.notifications.models import Message, MessageTransition
from apps.notifications.states import BAD_ENDS
from bakery.edge.console import actor_of
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError


class MessageHistory(HistoryInline):
    """The moves of a message."""

    model = MessageTransition


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """The log of messages."""

    list_display = ["created_at", "state", "error", "channel", "kind", "recipient", "attempts"]
    list_filter = ["state", "channel", "kind", "maybe_duplicate", "created_at"]
    search_fields = ["recipient", "dedupe_key", "provider_sid", "alert__key"]
    search_help_text = "Recipient, order number or Twilio's id"
    date_hierarchy = "created_at"
    show_full_result_count = False
    list_per_page = 50
    actions = ["send_again"]
    inlines = [MessageHistory]
    fields = [
        ("channel", "kind", "state"),
        "recipient",
        "body",
        ("template", "context"),
        ("error_code", "attempts", "resends"),
        ("segments", "maybe_duplicate"),
        ("created_at", "attempted_at", "sent_at"),
        ("provider_sid", "dedupe_key"),
        "alert",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Return messages, the newest first."""
        return selectors.console_messages()

    @admin.display(description="Error")
    def error(self, row: Message) -> str:
        """Show the code of a bad end, and a text that may have gone out twice."""
        code = row.error_code if row.state in BAD_ENDS else ""
        return f"{code} (maybe twice)" if row.maybe_duplicate else code

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Admit who may send messages again."""
        return bool(request.user.has_perm("notifications.resend_message"))

    @admin.action(description="Send again what did not arrive", permissions=["resend"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Message]) -> None:
        """Queue the chosen messages that came to a bad end; leave the others alone."""
        sent = 0
        for row in rows.order_by("pk")[:100]:
            try:
                services.resend_message(
                    message_id=row.pk, actor=actor_of(request), at=clock.now(), reason="console"
                )
                sent += 1
            except DomainError:
                text = f"{row} to {row.recipient} is {row.get_state_display()}: not sent again."
                messages.warning(request, text)
        if sent:
            messages.success(request, f"Sending {sent} again.")
