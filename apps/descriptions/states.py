"""Whom a draft is about, who composed it, and what became of it."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class Subject(TextChoices):
    """What is described."""

    PRODUCT = "product", "product of the range"
    CUSTOM = "custom", "custom cake, for internal use"


class Tone(TextChoices):
    """How it shall sound."""

    LUXURY = "luxury", "luxury"
    FUN = "fun", "fun"
    ELEGANT = "elegant", "elegant"
    PLAIN = "plain", "plain"


class Composer(TextChoices):
    """Who wrote the draft."""

    TEMPLATE = "template", "composed from the data"
    MODEL = "model", "a language model"


class DraftStatus(TextChoices):
    """Where a draft stands."""

    QUEUED = "queued", "being written"
    READY = "ready", "to be read"
    REFUSED = "refused", "claims what the data do not say"
    FAILED = "failed", "could not be written"
    PUBLISHED = "published", "published"
    DISCARDED = "discarded", "discarded"


_S = DraftStatus
DRAFT_LIFE = StateMachine(
    name="draft",
    moves={
        _S.QUEUED: frozenset({_S.READY, _S.REFUSED, _S.FAILED, _S.DISCARDED}),
        _S.READY: frozenset({_S.PUBLISHED, _S.DISCARDED, _S.REFUSED}),
        # Published all the same, with a person's reason: never what it says about allergens.
        _S.REFUSED: frozenset({_S.READY, _S.PUBLISHED, _S.DISCARDED}),
        _S.FAILED: frozenset({_S.QUEUED, _S.DISCARDED}),
        _S.PUBLISHED: frozenset(),
        _S.DISCARDED: frozenset(),
    },
)
