"""Reads of descriptions."""

from apps.descriptions.selectors.drafts import any_draft, drafts_of, latest_draft, model_texts_since
from apps.descriptions.selectors.facts import facts_of_draft, product_facts

__all__ = [
    "any_draft",
    "drafts_of",
    "facts_of_draft",
    "latest_draft",
    "model_texts_since",
    "product_facts",
]
