"""Trained versions of models: from what, how good, and which file exactly."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from apps.pricing.states import DataOrigin, ModelKind, TrainingState, VersionStatus
from bakery.kernel.append_only import AppendOnly
from bakery.kernel.states import TransitionRecord


class ModelVersion(models.Model):
    """A version, ``name`` as people call it. At most one of each kind is in use.

    ``data_sha256`` is that of the rows it learned from, in order; ``artefact_sha256`` that of the
    file under ``artefact_key``: another file is refused. ``metrics`` are those of the hold-out,
    with the formula's and the then current version's beside them.
    """

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    name = models.CharField(max_length=40, unique=True)
    status = models.CharField(
        max_length=12, choices=VersionStatus.choices, default=VersionStatus.CHALLENGER
    )
    data_origin = models.CharField(max_length=12, choices=DataOrigin.choices)
    rows = models.PositiveIntegerField()
    data_sha256 = models.CharField(max_length=64)
    features: Any = models.JSONField(default=list)
    parameters: Any = models.JSONField(default=dict)
    metrics: Any = models.JSONField(default=dict)
    artefact_key = models.CharField(max_length=200)
    artefact_sha256 = models.CharField(max_length=64)
    trained_by = models.CharField(max_length=200)
    trained_at = models.DateTimeField()
    promoted_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [("manage_models", "Can train, put in use and roll back models")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(status=VersionStatus.CURRENT),
                name="model_version_current_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VersionTransition(TransitionRecord):
    """One move of a version, by whom and why."""

    subject = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="transitions")


class TrainingRun(models.Model):
    """One training, from its start to what came of it; at most one of each kind is under way."""

    kind = models.CharField(max_length=10, choices=ModelKind.choices)
    state = models.CharField(
        max_length=10, choices=TrainingState.choices, default=TrainingState.RUNNING
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=200)
    rows = models.PositiveIntegerField(null=True)
    text = models.CharField(max_length=500, blank=True)
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="runs"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state=TrainingState.RUNNING),
                name="training_run_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.started_at:%Y-%m-%d %H:%M}"


class ModelPolicy(AppendOnly):
    """When models are trained, put in use and doubted; the newest row that has begun holds.

    ``least_rows`` decisions are needed to train at all. A version goes into use when its mean
    absolute error on the logarithm is lower than that of the formula and of the version in use by
    ``margin`` (a share), and surely lower at all. Doubt: over the last ``drift_rows`` decisions the
    error is ``drift_factor`` times what was promised, or the interval held fewer than
    ``least_coverage`` of them.
    """

    starts_on = models.DateField()
    least_rows = models.PositiveIntegerField(default=200)
    margin = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.02"))
    drift_rows = models.PositiveIntegerField(default=40)
    drift_factor = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("1.5"))
    least_coverage = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.8"))
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name, verbose_name_plural = "policy of models", "policies of models"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    least_rows__gte=50,
                    drift_rows__gte=10,
                    margin__gte=0,
                    margin__lt=1,
                    drift_factor__gt=1,
                    least_coverage__gt=0,
                    least_coverage__lt=1,
                ),
                name="model_policy_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"from {self.starts_on}"
