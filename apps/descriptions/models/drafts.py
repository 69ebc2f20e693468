"""Drafts with the facts they were written from, and what was published with the difference."""

from typing import Any

from django.db import models

from apps.descriptions.states import Composer, DraftStatus, Subject, Tone
from bakery.kernel.append_only import AppendOnly


class Draft(models.Model):
    """A short, a long and a search engine's text about one product or custom cake.

    ``reference`` is the product's key or the request's number. ``facts`` is all that the writer was
    told; ``problems`` are claims that do not follow from it.
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
    facts: Any = models.JSONField(default=dict)
    short = models.CharField(max_length=200, blank=True)
    long = models.TextField(max_length=5000, blank=True)
    seo = models.CharField(max_length=160, blank=True)
    problems: Any = models.JSONField(default=list)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        permissions = [("publish_draft", "Can edit and publish descriptions")]
        indexes = [models.Index(fields=["subject", "reference", "-id"], name="draft_subject")]

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"


class Publication(AppendOnly):
    """What a person published: the text before, the draft's and the final one, by field."""

    draft = models.OneToOneField(Draft, on_delete=models.PROTECT, related_name="publication")
    before: Any = models.JSONField(default=dict)
    final: Any = models.JSONField(default=dict)
    # Share of the draft's characters that stayed, from 0 to 1.
    likeness = models.DecimalField(max_digits=5, decimal_places=4)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"publication of draft {self.draft_id}"
