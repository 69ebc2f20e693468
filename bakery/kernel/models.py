"""Tables of the kernel: outbox, attempts, audit trail, idempotency keys, signs of life."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from bakery.kernel.append_only import AppendOnly


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Which rows are waiting, due, or dead."""

    def waiting(self) -> "OutboxQuerySet":
        """Rows that are neither done nor dead."""
        return self.filter(done_at=None, dead_at=None)

    def dead(self) -> "OutboxQuerySet":
        """Rows that were given up and that nobody has decided about."""
        return self.filter(dead_at__isnull=False, discarded_at=None)

    def due(self, queue: str, *, at: datetime) -> "OutboxQuerySet":
        """Rows of ``queue`` that may be claimed at ``at``."""
        return self.waiting().filter(
            Q(locked_until=None) | Q(locked_until__lt=at), queue=queue, not_before__lte=at
        )


class OutboxMessage(models.Model):
    """One handler's share of one event: waiting, leased, done, dead, or dead and discarded."""

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
    # A person decided that it shall never happen; who and why.
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.CharField(max_length=200, blank=True, db_default="")
    discard_reason = models.CharField(max_length=500, blank=True, db_default="")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "dead letter"
        permissions = [
            ("replay_outbox", "Can replay dead letters"),
            ("discard_outbox", "Can discard dead letters"),
        ]
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


class AttemptSource(models.TextChoices):
    """What was attempted: a handler of the outbox, or a scheduled task."""

    OUTBOX = "outbox", "Outbox"
    TASK = "task", "Task"


class AttemptState(models.TextChoices):
    """What came of an attempt.

    ``retried``: it failed and will be made again. ``failed``: it failed, and the next one comes by
    the clock. ``lost``: its process ended in the middle. ``dead``: it failed and was the last.
    """

    OK = "ok", "Done"
    RETRIED = "retried", "Failed, again later"
    FAILED = "failed", "Failed"
    LOST = "lost", "Lost"
    DEAD = "dead", "Failed, given up"


class Attempt(models.Model):
    """One attempt of a handler or a task, as it ended; written by `bakery.kernel.attempts`.

    ``outbox_id`` is null for tasks, whose ``task_id`` is the broker's. ``waited_ms`` counts from
    when it was due, ``duration_ms`` is null when nobody was left to measure.
    """

    source = models.CharField(max_length=10, choices=AttemptSource)
    name = models.CharField(max_length=200)
    outbox_id = models.BigIntegerField(null=True)
    task_id = models.CharField(max_length=64, blank=True)
    number = models.PositiveSmallIntegerField()
    queue = models.CharField(max_length=20)
    waited_ms = models.BigIntegerField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=AttemptState)
    error = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["outbox_id"], name="attempt_outbox", condition=Q(outbox_id__isnull=False)
            ),
            models.Index(fields=["id"], name="attempt_not_ok", condition=~Q(state="ok")),
            # Rows come in the order of time: a few bytes tell where those of a day lie.
            BrinIndex(fields=["at"], name="attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.number}: {self.state}"


class TaskRun(models.Model):
    """How the latest run of a scheduled task ended; one row for each task."""

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    duration_ms = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=AttemptState)
    # What it returned, or its error.
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "schedule"
        permissions = [("run_schedule", "Can run scheduled tasks and switch them off")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class Episode(models.Model):
    """Something that is watched: since when it is out of order, null while all is well.

    Whoever is told is told once in an episode, however long it lasts.
    """

    name = models.CharField(max_length=200, primary_key=True)
    since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    text = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.text or 'well'}"


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
