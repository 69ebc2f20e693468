"""Reactions: a first draft of a cake that is new, and the writing of every draft."""

from datetime import datetime

from apps.catalog.events import CakeAdded
from apps.descriptions import services
from apps.descriptions.events import DraftAsked
from bakery.kernel.outbox import ML, handles


@handles(CakeAdded)
def draft_new_cake(event: CakeAdded, *, at: datetime) -> None:
    """Have something written about a cake of which nothing is said yet."""
    services.draft_for_new_cake(product_id=event.product_id, at=at)


@handles(DraftAsked, queue=ML, external=True)
def write_draft(event: DraftAsked, *, at: datetime) -> None:
    """Write a draft: seconds of a provider's time, outside any transaction."""
    services.write_draft(draft_id=event.draft_id, version=event.version, at=at)
