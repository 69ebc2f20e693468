"""The console's view of accounts, roles and the audit trail."""

from apps.accounts.admin import groups, trail, users

__all__ = ["groups", "trail", "users"]
