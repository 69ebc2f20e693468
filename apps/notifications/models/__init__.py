"""Messages, alerts, and whom we may write to about what."""

from apps.notifications.models.alerts import (
    Alert,
    AlertCheck,
    AlertContact,
    AlertLink,
    AlertTransition,
)
from apps.notifications.models.contacts import (
    Contact,
    InboundText,
    SendingBudget,
    Subscription,
    SubscriptionRecord,
)
from apps.notifications.models.messages import Message, MessageTransition, ProviderReport

__all__ = [
    "Alert",
    "AlertCheck",
    "AlertContact",
    "AlertLink",
    "AlertTransition",
    "Contact",
    "InboundText",
    "Message",
    "MessageTransition",
    "ProviderReport",
    "SendingBudget",
    "Subscription",
    "SubscriptionRecord",
]
