"""Pictures freed of their background."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.catalog.models.pictures import Picture
from apps.catalog.states import CutoutStatus
from bakery.kernel.states import TransitionRecord

_RESULTS = (CutoutStatus.DONE, CutoutStatus.FLAGGED)


class Cutout(models.Model):
    """What became of removing a picture's background; one row a picture, however often it is run.

    ``run`` counts the times it was asked for, ``attempts`` the starts of the present run. While
    RUNNING, ``claim`` names the worker at it, until ``claimed_until``. ``png_key`` (full size)
    and ``preview_key`` (WebP) are in the private file storage, ``renditions`` in the public one:
    those exist once somebody chose the cut-out. ``score`` runs from 0 to 1, ``measures`` is what
    it comes from and ``reasons`` are the codes of what is doubtful (see `rules.cutout_verdict`).
    ``failure`` is the code of why there is no result. ``seconds`` is what the cutting took.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, related_name="cutout")
    status = models.CharField(max_length=12, choices=CutoutStatus, default=CutoutStatus.QUEUED)
    run = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    model = models.CharField(max_length=60, blank=True)
    png_key = models.CharField(max_length=200, blank=True)
    preview_key = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    bytes = models.PositiveIntegerField(default=0)
    score = models.FloatField(null=True)
    measures = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    failure = models.CharField(max_length=40, blank=True)
    seconds = models.FloatField(null=True)
    renditions = models.JSONField(default=dict)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=200)

    class Meta:
        ordering = ["-requested_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CutoutStatus.values), name="cutout_status"
            ),
            models.CheckConstraint(
                condition=Q(status=CutoutStatus.RUNNING, claim__isnull=False)
                | (~Q(status=CutoutStatus.RUNNING) & Q(claim__isnull=True)),
                name="cutout_claimed_while_running",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_RESULTS) | (~Q(png_key="") & Q(score__isnull=False)),
                name="cutout_result_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"cut-out {self.pk} ({self.status})"


class CutoutTransition(TransitionRecord):
    """History of a cut-out; it ends with its picture."""

    subject = models.ForeignKey(Cutout, on_delete=models.CASCADE, related_name="history")
