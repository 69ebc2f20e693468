"""Schedules in the console: what runs when, how it went, run now, switch off."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from bakery.edge import schedule_care
from bakery.edge.by_service import press
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, episodes
from bakery.kernel.models import TaskRun

_PERMISSION, _LIST = "kernel.run_schedule", "admin:kernel_taskrun_changelist"


@admin.register(TaskRun)
class ScheduleAdmin(ReadOnlyAdmin):
    """One page: every schedule of the code, with its latest run."""

    def get_urls(self) -> list[URLPattern]:
        """Add the buttons."""
        guard = self.admin_site.admin_view
        return [
            path("run/", guard(require_POST(self.run_now)), name="kernel_taskrun_run"),
            path("switch/", guard(require_POST(self.switch)), name="kernel_taskrun_switch"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show all of them at once: there are a few dozen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.page_context(
            request,
            title="Schedules",
            rows=schedule_care.overview(at=clock.now()),
            wrong=episodes.going_on(),
            may_run=request.user.has_perm("kernel.run_schedule"),
        )
        return render(request, "admin/kernel/taskrun/schedules.html", context)

    def run_now(self, request: HttpRequest) -> HttpResponse:
        """Send one to the workers."""
        task = request.POST.get("task", "")
        return press(
            request,
            permission=_PERMISSION,
            action=lambda: schedule_care.run_now(task, actor=actor_of(request), at=clock.now()),
            done="Sent to the workers. Its result appears here when it is done.",
            back=_LIST,
        )

    def switch(self, request: HttpRequest) -> HttpResponse:
        """Switch one off, or on again."""
        on = request.POST.get("on") == "1"
        return press(
            request,
            permission=_PERMISSION,
            action=lambda: schedule_care.switch(
                request.POST.get("task", ""),
                on=on,
                actor=actor_of(request),
                reason=request.POST.get("reason", ""),
                at=clock.now(),
            ),
            done="Switched on." if on else "Switched off.",
            back=_LIST,
        )
