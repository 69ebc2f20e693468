"""The life of a message and of an alert."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class Channel(TextChoices):
    """How a message travels."""

    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"
    VOICE = "voice", "Call"


class MessageState(TextChoices):
    """Where a message is. ``sending``: handed to the provider, or being handed over right now."""

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Undelivered"
    FAILED = "failed", "Failed"


class AlertState(TextChoices):
    """Where an alert is; only a person ends it."""

    PENDING = "pending", "Pending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    ESCALATED = "escalated", "Escalated"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"


BAD_ENDS = frozenset({MessageState.UNDELIVERED, MessageState.FAILED})


_REPORTED = frozenset(
    {
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
    }
)
MESSAGE = StateMachine(
    name="message",
    column="state",
    moves={
        MessageState.QUEUED: _REPORTED | {MessageState.SENDING},
        # Back to queued: an attempt failed in a way that another may not.
        MessageState.SENDING: _REPORTED | {MessageState.QUEUED},
        MessageState.SENT: _REPORTED - {MessageState.SENT},
        # Out again: sent once more by a person or by rule. Delivered after all: a late receipt.
        MessageState.UNDELIVERED: frozenset({MessageState.QUEUED, MessageState.DELIVERED}),
        MessageState.FAILED: frozenset({MessageState.QUEUED, MessageState.DELIVERED}),
        MessageState.DELIVERED: frozenset(),
    },
    history="notifications.MessageTransition",
)
ALERT = StateMachine(
    name="alert",
    column="state",
    moves={
        AlertState.PENDING: frozenset(
            {
                AlertState.SENT,
                AlertState.DELIVERED,
                AlertState.ESCALATED,
                AlertState.ACKNOWLEDGED,
            }
        ),
        AlertState.SENT: frozenset(
            {AlertState.DELIVERED, AlertState.ESCALATED, AlertState.ACKNOWLEDGED}
        ),
        AlertState.DELIVERED: frozenset({AlertState.ESCALATED, AlertState.ACKNOWLEDGED}),
        AlertState.ESCALATED: frozenset({AlertState.ACKNOWLEDGED}),
        AlertState.ACKNOWLEDGED: frozenset(),
    },
    history="notifications.AlertTransition",
)
