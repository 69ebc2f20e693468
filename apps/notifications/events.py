"""What this app states."""

from dataclasses import dataclass

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """A message waits to be sent."""

    kind = "notifications.message_queued"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class UrgentMessageQueued(Event):
    """A message that must not wait behind others."""

    kind = "notifications.urgent_message_queued"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(Event):
    """A person took charge of the alert ``key``; ``by`` says who."""

    kind = "notifications.alert_acknowledged"
    key: str
    by: str
