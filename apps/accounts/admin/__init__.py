"""The console's view of accounts, roles and the audit trail."""

from apps.accounts.admin import dead_letters, groups, schedules, trail, users

__all__ = ["dead_letters", "groups", "schedules", "trail", "users"]
