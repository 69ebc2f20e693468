"""What others may read of receipts and credit notes."""

from apps.receipts.selectors.files import (
    Paper,
    document_by_number,
    document_of,
    documents_to_take,
    papers_of,
)
from apps.receipts.selectors.listing import filtered_documents, listed_documents, may_see_buyer

__all__ = [
    "Paper",
    "document_by_number",
    "document_of",
    "documents_to_take",
    "filtered_documents",
    "listed_documents",
    "may_see_buyer",
    "papers_of",
]
