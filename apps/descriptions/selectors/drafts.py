"""Drafts of one product or custom cake."""

from datetime import datetime

from django.db.models import QuerySet

from apps.descriptions.models import Draft
from apps.descriptions.states import Composer, Subject
from bakery.kernel.errors import NotFound


def drafts_of(subject: Subject, reference: str) -> QuerySet[Draft]:
    """Return drafts with what was published of them, the newest first: one statement."""
    rows = Draft.objects.filter(subject=subject, reference=reference)
    return rows.select_related("publication").order_by("-pk")


def latest_draft(subject: Subject, reference: str) -> Draft | None:
    """Return the newest draft about a product's key or a request's number, None without any."""
    return drafts_of(subject, reference).first()


def any_draft(draft_id: int, *, subject: Subject | None = None) -> Draft:
    """Return one draft; raises `NotFound`, also for another subject than asked for."""
    rows = Draft.objects.select_related("publication").filter(pk=draft_id)
    row = (rows.filter(subject=subject) if subject else rows).first()
    if row is None:
        raise NotFound("draft_not_found", "There is no such draft.")
    return row


def model_texts_since(at: datetime) -> int:
    """Return how many drafts a language model wrote since a moment."""
    return Draft.objects.filter(composer=Composer.MODEL, written_at__gt=at).count()
