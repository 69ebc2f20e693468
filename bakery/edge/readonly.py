"""Rows of the console that services write and people only look at."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

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
