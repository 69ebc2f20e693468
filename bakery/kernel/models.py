"""Tables of the kernel: outbox, audit trail, idempotency keys, heartbeats."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from bakery.kernel.append_only import AppendOnly


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Which rows are waiting, due, or dead."""

    def waiting(self) -> "OutboxQuerySet":
        """Rows that are neither done nor dead."""
        return self.filter(done_at=None, dead_at=None)

    def due(self, queue: str, *, at: datetime) -> "OutboxQuerySet":
        """Rows of ``queue`` that may be claimed at ``at``."""
        return self.waiting().filter(
            Q(locked_until=None) | Q(locked_until__lt=at), queue=queue, not_before__lte=at
        )


class OutboxMessage(models.Model):
    """One handler's share of one event: waiting, leased, done, or dead."""

    kind = models.CharField(max_length=80)
    handler = models.CharField(max_length=200)
    queue = models.CharField(max_length=20)
    dedupe_key = models.CharField(max_length=400, unique=True)
    payload = models.JSONField()
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    locked_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["queue", "not_before"],
                name="outbox_waiting",
                condition=Q(done_at=None, dead_at=None),
            ),
            models.Index(
                fields=["dead_at"], name="outbox_dead", condition=Q(dead_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.handler}"


class AuditEntry(AppendOnly):
    """One link of the audit chain; see `bakery.kernel.audit`."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=100)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=100)
    changes = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-seq"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.action} {self.object_type} {self.object_id}"

    def content(self) -> dict[str, Any]:
        """Return what the hash is taken over: every column but the hash itself."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "actor_id": self.actor_id,
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "changes": self.changes,
            "reason": self.reason,
            "address": self.address,
            "request_id": self.request_id,
            "prev_hash": self.prev_hash,
        }


class IdempotencyKey(models.Model):
    """The reply that was given to a keyed request, kept so that a retry gets the same one."""

    scope = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class Heartbeat(models.Model):
    """When a background process last showed that it works through its queue."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
