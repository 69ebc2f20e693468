"""The console's part of descriptions."""

from apps.descriptions.admin import drafts, product

__all__ = ["drafts", "product"]
