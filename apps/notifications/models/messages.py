"""Messages, their history, and what providers told about them."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.notifications.models.alerts import Alert, AlertLink
from apps.notifications.states import Channel, MessageState, ReportKind, Topic
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class Message(models.Model):
    """One mail, text or call to one recipient.

    ``body`` is the text of an SMS without its acknowledgement link; mails are rendered from
    ``template`` and ``context`` when sent, so that no link with a token is ever stored.
    ``ambiguous``: an attempt may have reached the provider. ``maybe_duplicate``: it was then sent
    again without proof that it had not.
    """

    reference = models.UUIDField(unique=True, default=uuid4, editable=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    kind = models.CharField(max_length=60)
    recipient = models.CharField(max_length=254)
    body = models.TextField(blank=True)
    template = models.CharField(max_length=120, blank=True)
    context = models.JSONField(default=dict, blank=True)
    # In which language the template is written; which rules of consent and quiet hours hold.
    language = models.CharField(max_length=5, default="en")
    topic = models.CharField(max_length=20, choices=Topic.choices, default=Topic.ORDER)
    # Not handed over before, nor any more after: a reminder of yesterday helps nobody.
    not_before = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    urgent = models.BooleanField(default=False)
    alert = models.ForeignKey(
        Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    link = models.OneToOneField(
        AlertLink, null=True, blank=True, on_delete=models.PROTECT, related_name="message"
    )
    state = models.CharField(
        max_length=20, choices=MessageState.choices, default=MessageState.QUEUED, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    resends = models.PositiveSmallIntegerField(default=0)
    # How often it was put off: for waking hours, or because its provider was left alone.
    waits = models.PositiveSmallIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    provider_sid = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    ambiguous = models.BooleanField(default=False)
    maybe_duplicate = models.BooleanField(default=False)
    # Where the text went, by the number's country code, and what it cost in the shop's currency.
    country = models.CharField(max_length=2, blank=True)
    cost = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    # Only where the recipient agreed to be measured.
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("resend_message", "Can send a message again")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(fields=["recipient"], name="message_recipient"),
            models.Index(fields=["state", "-created_at", "-id"], name="message_by_state"),
            models.Index(
                fields=["provider_sid"], name="message_provider", condition=~Q(provider_sid="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.kind}"


class MessageTransition(TransitionRecord):
    """History of a message."""

    subject = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="transitions")


class ProviderReport(AppendOnly):
    """One thing that a mail provider told of a message: delivered, bounced, opened, clicked.

    ``message_id`` is not a foreign key: the row is never changed, whatever becomes of the message.
    """

    event_id = models.CharField(max_length=200, unique=True)
    message_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=20, choices=ReportKind.choices)
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} of message {self.message_id}"
