"""The console's pages about messages and alerts."""

from apps.notifications.admin.alerts import AlertAdmin
from apps.notifications.admin.contacts import ContactAdmin, InboundTextAdmin
from apps.notifications.admin.messages import MessageAdmin
from apps.notifications.admin.roster import AlertContactAdmin

__all__ = ["AlertAdmin", "AlertContactAdmin", "ContactAdmin", "InboundTextAdmin", "MessageAdmin"]
