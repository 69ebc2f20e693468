"""Alerts: what the kitchen was told, and who took charge when."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from apps.notifications import selectors, services
from apps.notifications.models import Alert, AlertTransition
from apps.notifications.selectors import alert_board
from apps.notifications.services import BOARD_CHECK
from bakery.edge.badges import Badge, add_badge
from bakery.edge.bars import bar_plot
from bakery.edge.console import actor_of
from bakery.edge.readonly import HistoryInline, ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError

ACKNOWLEDGE = "notifications.acknowledge_alert"
_BOARD = "admin:notifications_alert_board"


class AlertHistory(HistoryInline):
    """The moves of an alert."""

    model = AlertTransition


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """The log of alerts, and the board of those that are open."""

    change_list_template = "admin/notifications/alert_list.html"
    list_display = [
        *("key", "kind", "state", "level", "raised_at"),
        *("acknowledged_by_whom", "acknowledged_at", "sent"),
    ]
    list_filter = ["kind", "state", "level", "raised_at"]
    search_fields = ["key", "text", "reply_code"]
    search_help_text = "Order number, code, or words of the alert"
    show_full_result_count = False
    list_per_page = 50
    inlines = [AlertHistory]
    fields = [
        "key",
        "kind",
        "text",
        "words",
        ("state", "level", "reply_code"),
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

    def get_urls(self) -> list[URLPattern]:
        """Add the board and its button."""
        view = self.admin_site.admin_view
        return [
            path("board/", view(self.board), name="notifications_alert_board"),
            path(
                "board/<int:alert_id>/acknowledge/",
                view(self.acknowledge),
                name="notifications_alert_acknowledge",
            ),
            *super().get_urls(),
        ]

    def board(self, request: HttpRequest) -> HttpResponse:
        """Show what is open first, then the last check, figures and history."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        at = clock.now()
        weeks = alert_board.weeks_of_alerts(at=at)
        context = self.page_context(
            request,
            title="Alerts",
            at=at,
            waiting=[(row, _age(at - row.alert.raised_at)) for row in alert_board.open_alerts()],
            past=[
                (row, _age((row.alert.acknowledged_at or at) - row.alert.raised_at))
                for row in alert_board.past_alerts()
            ],
            weeks=[(week, _age(week.median), _age(week.p95)) for week in reversed(weeks)],
            plot=bar_plot([_bar(week) for week in weeks]),
            check=alert_board.last_check(BOARD_CHECK),
            may_acknowledge=request.user.has_perm(ACKNOWLEDGE),
        )
        return render(request, "admin/notifications/alert_board.html", context)

    def acknowledge(self, request: HttpRequest, alert_id: int) -> HttpResponse:
        """Take charge of an alert."""
        if request.method != "POST" or not request.user.has_perm(ACKNOWLEDGE):
            raise PermissionDenied
        try:
            services.acknowledge_by_staff(
                alert_id=alert_id, actor=actor_of(request), at=clock.now()
            )
            messages.success(request, "You have taken charge of it.")
        except DomainError as refused:
            messages.warning(request, refused.message)
        return HttpResponseRedirect(reverse(_BOARD))


def _bar(week: alert_board.WeekOfAlerts) -> tuple[str, Decimal, str]:
    """Return the bar of a week: minutes until 19 of 20 alerts were somebody's."""
    minutes = Decimal(week.p95 / timedelta(minutes=1)) if week.p95 else Decimal(0)
    title = f"Week of {week.week:%-d %b}: 95% within {_age(week.p95)}, half within "
    return f"{week.week:%-d %b}", minutes, f"{title}{_age(week.median)}"


def _age(span: timedelta | None) -> str:
    """Return a span in words short enough for a table, such as "4 min 10 s" or "3 days"."""
    if span is None:
        return "-"
    seconds = max(int(span.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days > 1:
        return f"{days} days"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


add_badge(
    Badge(
        label="Alerts",
        url=_BOARD,
        permission="notifications.view_alert",
        count=alert_board.open_alert_count,
    )
)
