"""What staff send and get about drafts."""

from typing import Any

from rest_framework import serializers

from apps.descriptions.models import Draft
from apps.descriptions.rules.checking import MESSAGES
from apps.descriptions.rules.composing import event_types
from apps.descriptions.rules.facts import MAX_DETAIL
from apps.descriptions.rules.texts import LIMITS
from apps.descriptions.states import Composer, DraftStatus, Tone
from bakery.edge.fields import WholeNumber

OCCASIONS = sorted(event_types())


class DraftQuestion(serializers.Serializer[Any]):
    """What a draft shall be like."""

    tone = serializers.ChoiceField(choices=Tone.choices, default=Tone.PLAIN)
    event_type = serializers.CharField(
        max_length=20,
        default="",
        allow_blank=True,
        help_text=f"Empty, other, or one of {', '.join(OCCASIONS)}.",
    )
    language = serializers.CharField(max_length=5, default="en", help_text="en or fr.")
    flavour = serializers.CharField(max_length=MAX_DETAIL, default="", allow_blank=True)
    decoration = serializers.CharField(max_length=MAX_DETAIL, default="", allow_blank=True)


class VersionInput(serializers.Serializer[Any]):
    """The draft's version that was seen."""

    version = WholeNumber(min_value=0, max_value=2**31 - 1)


class DraftTexts(VersionInput):
    """A person's texts, and the draft's version that was seen."""

    short = serializers.CharField(max_length=LIMITS["short"], allow_blank=True)
    long = serializers.CharField(max_length=LIMITS["long"], allow_blank=True)
    seo = serializers.CharField(max_length=LIMITS["seo"], allow_blank=True)


class PublishInput(VersionInput):
    """What was seen of draft and product, and why doubted words are right."""

    product_updated_at = serializers.DateTimeField(
        help_text="`updated_at` of the product as it was read."
    )
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class TextProblemRow(serializers.Serializer[Any]):
    """Words of a text that do not follow from the data; `binding`: nobody may publish them."""

    field = serializers.ChoiceField(choices=list(LIMITS))
    kind = serializers.ChoiceField(choices=list(MESSAGES))
    words = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    message = serializers.CharField()
    binding = serializers.BooleanField()


class PublicationRow(serializers.Serializer[Any]):
    """What was published of a draft."""

    before = serializers.DictField(child=serializers.CharField())
    drafted = serializers.DictField(child=serializers.CharField())
    final = serializers.DictField(child=serializers.CharField())
    likeness = serializers.CharField(help_text="Share of the draft that stayed, 0 to 1.")
    reason = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()


class DraftRow(serializers.Serializer[Any]):
    """A draft with its check."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=DraftStatus.choices)
    version = serializers.IntegerField()
    tone = serializers.ChoiceField(choices=Tone.choices)
    event_type = serializers.CharField()
    language = serializers.CharField()
    composer = serializers.ChoiceField(choices=Composer.choices)
    model = serializers.CharField()
    note = serializers.CharField()
    short = serializers.CharField()
    long = serializers.CharField()
    seo = serializers.CharField()
    problems = TextProblemRow(many=True)
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    written_at = serializers.DateTimeField(allow_null=True)
    publication = PublicationRow(allow_null=True)


_PLAIN = (
    "id", "status", "version", "tone", "event_type", "language", "composer", "model", "note",
    "short", "long", "seo", "problems", "asked_by", "asked_at", "written_at",
)  # fmt: skip
_PUBLISHED = ("before", "drafted", "final", "reason", "actor", "at")


def draft_row(draft: Draft) -> dict[str, Any]:
    """Return a draft about a product."""
    publication = getattr(draft, "publication", None)
    shown = None
    if publication is not None:
        shown = {name: getattr(publication, name) for name in _PUBLISHED}
        shown["likeness"] = str(publication.likeness)
    return {
        **{name: getattr(draft, name) for name in _PLAIN},
        "product_id": int(draft.reference),
        "publication": shown,
    }
