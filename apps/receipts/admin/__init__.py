"""The console's pages of receipts."""

from apps.receipts.admin import documents

__all__ = ["documents"]
