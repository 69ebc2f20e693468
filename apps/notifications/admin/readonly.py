"""Rows that services write and people only read."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Shows everything and changes nothing; what may be done are actions that call a service."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class HistoryInline(admin.TabularInline):  # type: ignore[type-arg]  # as above
    """The moves of a row."""

    model: type[models.Model]
    fields = ["at", "old", "new", "actor", "reason"]
    readonly_fields = ["at", "old", "new", "actor", "reason"]
    extra = 0
    can_delete = False
    verbose_name_plural = "history"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admit who may see the row itself."""
        return True
