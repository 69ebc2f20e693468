"""Roles, to look at: their permissions come from a table in code. Authenticators are hidden."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

# The library's own pages would show secrets to whoever may view them.
for _model in (TOTPDevice, StaticDevice, Group):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(Group)
class RoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Roles and what they may do."""

    list_display = ("name",)
    fields = ("name", "permission_names")
    readonly_fields = fields

    @admin.display(description="Permissions")
    def permission_names(self, group: Group) -> str:
        """Name the permissions, one a line."""
        rows = group.permissions.values_list("content_type__app_label", "codename")
        return "\n".join(sorted(f"{app}.{codename}" for app, codename in rows))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the table in code adds roles."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the table in code changes roles."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False
