"""Rows of the console that services write and people only look at."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst

from bakery.edge.console import AuditedModelAdmin


class NothingByHand:
    """Refuses adding, changing and deleting; what may be done are buttons that call a service."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class ReadOnlyAdmin(NothingByHand, AuditedModelAdmin):
    """A list and pages to look at."""

    list_per_page = 50
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the list after its rows: there is often nothing to select."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def row_to_show(
        self, request: HttpRequest, object_id: str, *, takes_posts: bool = False
    ) -> Any:
        """Return the row of a page of our own; raise `Http404` or `PermissionDenied`.

        A page without a form refuses to be posted to, unless it ``takes_posts``.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        is_asked = takes_posts or request.method != "POST"
        if not is_asked or not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def page_context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        """Return what the templates of the console need, with ``more`` of the page's own."""
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


class ReadOnlyInline(NothingByHand, admin.TabularInline):  # type: ignore[type-arg]  # generic for the checker only
    """Rows below another row: whoever sees that one sees these."""

    model: type[models.Model]
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admit."""
        return True


class HistoryInline(ReadOnlyInline):
    """The moves of a row's state."""

    fields = ["at", "old", "new", "actor", "reason"]
    readonly_fields = ["at", "old", "new", "actor", "reason"]
    verbose_name_plural = "history"
