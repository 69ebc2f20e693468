"""Trained versions of models: from what, how good, and which file exactly."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.pricing.states import DataOrigin, ModelKind, VersionStatus
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
