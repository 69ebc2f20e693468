"""Schedules in the console: what runs when, how it went, run now, switch off."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from bakery.edge import schedule_care
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, episodes
from bakery.kernel.errors import DomainError
from bakery.kernel.models import TaskRun


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
        return self._decide(
            request,
            lambda: schedule_care.run_now(task, actor=actor_of(request), at=clock.now()),
            "Sent to the workers. Its result appears here when it is done.",
        )

    def switch(self, request: HttpRequest) -> HttpResponse:
        """Switch one off, or on again."""
        on = request.POST.get("on") == "1"
        return self._decide(
            request,
            lambda: schedule_care.switch(
                request.POST.get("task", ""),
                on=on,
                actor=actor_of(request),
                reason=request.POST.get("reason", ""),
                at=clock.now(),
            ),
            "Switched on." if on else "Switched off.",
        )

    def _decide(self, request: HttpRequest, decision: Any, done: str) -> HttpResponse:
        if not request.user.has_perm("kernel.run_schedule"):
            raise PermissionDenied
        try:
            decision()
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:kernel_taskrun_changelist")
