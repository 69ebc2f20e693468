"""Alerts: what the kitchen was told, and who took charge when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.notifications import selectors
from apps.notifications.models import Alert, AlertTransition
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin


class AlertHistory(HistoryInline):
    """The moves of an alert."""

    model = AlertTransition


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """The log of alerts."""

    list_display = ["key", "state", "raised_at", "acknowledged_by_whom", "acknowledged_at", "sent"]
    list_filter = ["state", "raised_at"]
    search_fields = ["key", "text"]
    search_help_text = "Order number, or words of the alert"
    show_full_result_count = False
    list_per_page = 50
    inlines = [AlertHistory]
    fields = [
        "key",
        "text",
        ("state", "level"),
        ("raised_at", "escalate_at"),
        ("acknowledged_at", "acknowledged_by_whom"),
    ]
    readonly_fields = ["acknowledged_by_whom"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """Return alerts, the newest first."""
        return selectors.console_alerts()

    @admin.display(description="Acknowledged by", ordering="acknowledged_by")
    def acknowledged_by_whom(self, row: Any) -> str:
        """Show a person rather than a number."""
        return str(row.person or row.acknowledged_by or "")

    @admin.display(description="Messages", ordering="message_count")
    def sent(self, row: Any) -> int:
        """Show how many messages it took."""
        return int(row.message_count)
