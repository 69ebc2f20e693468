"""Alerts, the links by which they are acknowledged from a phone, and who is told."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.notifications.states import AlertKind, AlertState
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
    kind = models.CharField(max_length=20, choices=AlertKind.choices, default=AlertKind.SHOP)
    text = models.TextField()
    # By language, {"text": ..., "spoken": ...}: for who does not read English, and for a call.
    words: Any = models.JSONField(default=dict, blank=True)
    # Answered to the text instead of opening its link; no two open alerts have the same.
    reply_code = models.CharField(max_length=8, blank=True)
    # Where staff look at what it is about: a path of the platform.
    path = models.CharField(max_length=200, blank=True)
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
            ),
            models.UniqueConstraint(
                fields=["reply_code"],
                name="alert_reply_code_once",
                condition=~Q(reply_code="") & ~Q(state=AlertState.ACKNOWLEDGED),
            ),
        ]
        indexes = [
            models.Index(
                fields=["escalate_at"],
                name="alert_overdue",
                condition=Q(escalate_at__isnull=False) & ~Q(state=AlertState.ACKNOWLEDGED),
            ),
            models.Index(
                fields=["-raised_at"],
                name="alert_open",
                condition=~Q(state=AlertState.ACKNOWLEDGED),
            ),
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


class AlertContactQuerySet(models.QuerySet["AlertContact"]):
    """Who has a number or a mailbox."""

    def reached_at(self, address: str) -> "AlertContactQuerySet":
        """People at a number or mailbox; who is told now before who was told once.

        Numbers pass from one to the next.
        """
        column = "email__iexact" if "@" in address else "phone"
        return self.filter(**{column: address}).order_by("-is_active", "position", "pk")


class AlertContact(models.Model):
    """Somebody who is told when something needs a person; told in the order of ``position``.

    On duty on ``weekdays`` (0 is Monday; none means every day) between two local times of the
    shop; without times all day. Who has no phone is mailed only.
    """

    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    language = models.CharField(max_length=5, default="en")
    position = models.PositiveSmallIntegerField(default=0)
    takes_calls = models.BooleanField(default=True)
    # Of which kinds they are told; none means all.
    kinds: Any = models.JSONField(default=list, blank=True)
    weekdays: Any = models.JSONField(default=list, blank=True)
    from_time = models.TimeField(null=True, blank=True)
    to_time = models.TimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    objects = AlertContactQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name, verbose_name_plural = "person told of alerts", "people told of alerts"
        permissions = [("acknowledge_alert", "Can take charge of alerts")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""), name="alert_contact_reachable"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertCheck(models.Model):
    """One day's search for something that nobody was told of, and what it found.

    ``missing`` names what should have been told and was not; it should be empty.
    """

    name = models.CharField(max_length=60)
    day = models.DateField()
    at = models.DateTimeField()
    examined = models.PositiveIntegerField()
    missing: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["-day", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name", "day"], name="alert_check_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"
