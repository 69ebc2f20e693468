"""Base of the pages about money."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.payments.admin.showing import order_link
from bakery.edge import readonly


class PaymentsAdmin(readonly.ReadOnlyAdmin):
    """Shows rows to those who may view payments; they change by services alone."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admit whoever may see payments."""
        return bool(request.user.has_perm("payments.view_payment"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the section to the same people."""
        return self.has_view_permission(request)

    @admin.display(description="order")
    def order_number(self, row: Any) -> SafeString:
        """Link to the order."""
        return order_link(row.order)
