"""Messages, alerts, and the links by which an alert is acknowledged from a phone."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.notifications.states import AlertState, Channel, MessageState
from bakery.kernel.states import TransitionRecord


class AlertQuerySet(models.QuerySet["Alert"]):
    """Which alerts are open or overdue."""

    def unacknowledged(self) -> "AlertQuerySet":
        """Alerts that nobody took charge of."""
        return self.exclude(state=AlertState.ACKNOWLEDGED)

    def overdue(self, *, at: datetime) -> "AlertQuerySet":
        """Alerts whose next escalation is due at ``at``."""
        return self.unacknowledged().filter(escalate_at__lte=at)


class Alert(models.Model):
    """Something that a person must take charge of; texted, escalated, until somebody does.

    ``level`` counts escalations; ``escalate_at`` is when the next one is due, null when there is
    none to come.
    """

    key = models.CharField(max_length=200, unique=True)
    text = models.TextField()
    state = models.CharField(
        max_length=20, choices=AlertState.choices, default=AlertState.PENDING, editable=False
    )
    level = models.PositiveSmallIntegerField(default=0)
    raised_at = models.DateTimeField()
    escalate_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="alert_acknowledged_whole",
                condition=Q(state=AlertState.ACKNOWLEDGED, acknowledged_at__isnull=False)
                | ~Q(state=AlertState.ACKNOWLEDGED) & Q(acknowledged_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["escalate_at"],
                name="alert_overdue",
                condition=Q(escalate_at__isnull=False) & ~Q(state=AlertState.ACKNOWLEDGED),
            )
        ]

    def __str__(self) -> str:
        return self.key


class AlertTransition(TransitionRecord):
    """History of an alert."""

    subject = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="transitions")


class AlertLink(models.Model):
    """An acknowledgement link sent to one recipient. Its token is kept as a hash only."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="links")
    recipient = models.CharField(max_length=254)
    token_hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.alert_id}"


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
    first_attempt_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    provider_sid = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    ambiguous = models.BooleanField(default=False)
    maybe_duplicate = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("resend_message", "Can send a message again")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(fields=["recipient"], name="message_recipient"),
            models.Index(
                fields=["provider_sid"], name="message_provider", condition=~Q(provider_sid="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.kind}"


class MessageTransition(TransitionRecord):
    """History of a message."""

    subject = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="transitions")
