"""The life of a message and of an alert."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class Channel(TextChoices):
    """How a message travels."""

    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"
    VOICE = "voice", "Call"


class Topic(TextChoices):
    """What a message is about, which decides whether and when it may be sent."""

    ORDER = "order", "An order"
    ACCOUNT = "account", "An account"
    LOYALTY = "loyalty", "Points and gift cards"
    CART = "cart", "A cart that was left"
    NEWS = "news", "News and offers"
    STAFF = "staff", "The shop itself"
    # Never sent under: agreed to, or not, like the others.
    MEASURE = "measure", "Seeing what was opened"


# Sent only to who agreed; what may be switched off.
CONSENTED = frozenset({Topic.CART, Topic.NEWS})
OPTIONAL = CONSENTED | {Topic.LOYALTY}


class SubscriptionState(TextChoices):
    """What a contact said about a topic. ``pending``: asked to confirm, not confirmed yet."""

    PENDING = "pending", "To be confirmed"
    CONFIRMED = "confirmed", "Agreed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class InboundMeaning(TextChoices):
    """What a text to the shop's number was taken for."""

    STOP = "stop", "Stop"
    START = "start", "Start"
    HELP = "help", "Help"
    CONFIRM = "confirm", "Consent confirmed"
    ACKNOWLEDGED = "acknowledged", "Alert acknowledged"
    OTHER = "other", "Other"


class ReportKind(TextChoices):
    """What a mail provider reports."""

    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"
    REJECTED = "rejected", "Rejected"
    COMPLAINED = "complained", "Reported as spam"
    OPENED = "opened", "Opened"
    CLICKED = "clicked", "Clicked"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"


class AlertKind(TextChoices):
    """What an alert is about."""

    CAKE = "cake", "A paid cake"
    SHOP = "shop", "The shop"
    MONEY = "money", "Money"
    SYSTEM = "system", "The platform"


class MessageState(TextChoices):
    """Where a message is. ``sending``: handed to the provider, or being handed over right now.

    ``withheld``: not sent because it may not be; its error code says why.
    """

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Undelivered"
    FAILED = "failed", "Failed"
    WITHHELD = "withheld", "Withheld"


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
        MessageState.QUEUED: _REPORTED | {MessageState.SENDING, MessageState.WITHHELD},
        # Back to queued: an attempt failed in a way that another may not.
        MessageState.SENDING: _REPORTED | {MessageState.QUEUED},
        MessageState.SENT: _REPORTED - {MessageState.SENT},
        # Out again: sent once more by a person or by rule. Delivered after all: a late receipt.
        MessageState.UNDELIVERED: frozenset({MessageState.QUEUED, MessageState.DELIVERED}),
        MessageState.FAILED: frozenset({MessageState.QUEUED, MessageState.DELIVERED}),
        # Delivered and then returned: mail servers accept first and bounce later.
        MessageState.DELIVERED: frozenset({MessageState.UNDELIVERED}),
        # Reported all the same: it was out when it was withheld, and nobody knew.
        MessageState.WITHHELD: _REPORTED | {MessageState.QUEUED},
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
        # To itself: the next level, with a row of history of its own.
        AlertState.ESCALATED: frozenset({AlertState.ESCALATED, AlertState.ACKNOWLEDGED}),
        AlertState.ACKNOWLEDGED: frozenset(),
    },
    history="notifications.AlertTransition",
)
