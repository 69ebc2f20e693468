"""What others may read of receipts and credit notes."""

from apps.receipts.selectors.files import Paper, document_by_number, document_of, papers_of

__all__ = ["Paper", "document_by_number", "document_of", "papers_of"]
