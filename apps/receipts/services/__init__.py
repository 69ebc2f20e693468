"""What receipts does: issue what an order's sale calls for, seal it, verify a file."""

from apps.receipts.services.issuing import settle_documents
from apps.receipts.services.rendering import render_pdf

__all__ = ["render_pdf", "settle_documents"]
