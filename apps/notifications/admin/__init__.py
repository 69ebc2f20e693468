"""The console's pages about messages and alerts."""

from apps.notifications.admin.alerts import AlertAdmin
from apps.notifications.admin.messages import MessageAdmin

__all__ = ["AlertAdmin", "MessageAdmin"]
