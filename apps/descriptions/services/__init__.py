"""Writes of descriptions."""

from apps.descriptions.services.asking import (
    ask_again,
    ask_draft,
    draft_for_new_cake,
    internal_draft,
)
from apps.descriptions.services.publishing import discard_draft, edit_draft, publish_draft
from apps.descriptions.services.writing import write_draft

__all__ = [
    "ask_again",
    "ask_draft",
    "discard_draft",
    "draft_for_new_cake",
    "edit_draft",
    "internal_draft",
    "publish_draft",
    "write_draft",
]
