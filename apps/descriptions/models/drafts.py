"""Drafts with the facts they were written from, and what was published with the difference."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.descriptions.states import Composer, DraftStatus, Subject, Tone
from bakery.kernel.append_only import AppendOnly


class Draft(models.Model):
    """A short, a long and a search engine's text about one product or custom cake.

    ``reference`` is the product's key or the request's number. ``details`` is what the asker added
    about it, ``facts`` all that the writer was told; ``problems`` are claims that do not follow
    from it. ``drafted`` are the texts as they were written, before anybody edited them.
    ``rejected`` are texts of a model that were refused, each with its problems, and ``note`` says
    why somebody else wrote it than was wished. ``version`` counts changes.
    """

    subject = models.CharField(max_length=10, choices=Subject.choices)
    reference = models.CharField(max_length=40)
    tone = models.CharField(max_length=10, choices=Tone.choices, default=Tone.PLAIN)
    event_type = models.CharField(max_length=20, blank=True)
    status = models.CharField(
        max_length=10, choices=DraftStatus.choices, default=DraftStatus.QUEUED
    )
    composer = models.CharField(max_length=10, choices=Composer.choices)
    model = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, default="en")
    details: Any = models.JSONField(default=dict)
    facts: Any = models.JSONField(default=dict)
    short = models.CharField(max_length=200, blank=True)
    long = models.TextField(max_length=5000, blank=True)
    seo = models.CharField(max_length=160, blank=True)
    problems: Any = models.JSONField(default=list)
    drafted: Any = models.JSONField(default=dict)
    rejected: Any = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [("publish_draft", "Can edit and publish descriptions")]
        indexes = [models.Index(fields=["subject", "reference", "-id"], name="draft_subject")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DraftStatus.values), name="draft_status"),
            # Texts about a customer's cake are for the shop's own eyes.
            models.CheckConstraint(
                condition=~Q(subject=Subject.CUSTOM, status=DraftStatus.PUBLISHED),
                name="draft_custom_stays_inside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"


class Publication(AppendOnly):
    """What a person published: the texts before, as drafted and in the end, by field.

    ``problems`` are the checker's doubts that they published in spite of, and ``reason`` why.
    """

    draft = models.OneToOneField(Draft, on_delete=models.PROTECT, related_name="publication")
    before: Any = models.JSONField(default=dict)
    drafted: Any = models.JSONField(default=dict)
    final: Any = models.JSONField(default=dict)
    problems: Any = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    # Share of the draft's characters that stayed, from 0 to 1.
    likeness = models.DecimalField(max_digits=5, decimal_places=4)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"publication of draft {self.draft_id}"
