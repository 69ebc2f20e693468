"""Drafts of texts, and what people published of them."""

from apps.descriptions.models.drafts import Draft, Publication

__all__ = ["Draft", "Publication"]
