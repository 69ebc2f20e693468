"""What descriptions state, for our own handler."""

from dataclasses import dataclass
from typing import ClassVar

from bakery.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DraftAsked(Event):
    """A draft is to be written; ``version`` is the draft's when it was asked for."""

    kind: ClassVar[str] = "descriptions.draft_asked"
    draft_id: int
    version: int
