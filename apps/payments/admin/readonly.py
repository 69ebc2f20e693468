"""Base of pages on which nothing is edited by hand."""

from typing import Any

from django.http import HttpRequest

from bakery.edge.console import AuditedModelAdmin


class ReadOnlyAdmin(AuditedModelAdmin):
    """Shows rows to those who may view payments; they change by services alone."""

    show_full_result_count = False
    list_per_page = 50

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admit whoever may see payments."""
        del obj
        return bool(request.user.has_perm("payments.view_payment"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the section to the same people."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from services."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not edited."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are kept."""
        del request, obj
        return False
