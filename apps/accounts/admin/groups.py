"""Roles, to look at: their permissions come from a table in code. Authenticators are hidden."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from bakery.edge.readonly import ReadOnlyAdmin

# The library's own pages would show secrets to whoever may view them.
for _model in (TOTPDevice, StaticDevice, Group):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles and what they may do."""

    list_display = ("name",)
    fields = ("name", "permission_names")
    readonly_fields = fields

    @admin.display(description="Permissions")
    def permission_names(self, group: Group) -> str:
        """Name the permissions, one a line."""
        rows = group.permissions.values_list("content_type__app_label", "codename")
        return "\n".join(sorted(f"{app}.{codename}" for app, codename in rows))
