"""Documents of sales, the series of their numbers, and the seals on their files."""

from apps.receipts.models.documents import Document, Series
from apps.receipts.models.seals import Seal

__all__ = ["Document", "Seal", "Series"]
