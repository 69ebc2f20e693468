"""The file of a receipt or credit note, drawn from its frozen content."""

from django.template.loader import render_to_string

from apps.receipts.adapters.pdf import font_directory, make_pdf
from apps.receipts.models import Document


def render_pdf(*, document: Document) -> bytes:
    """Return the PDF of a document, from nothing but what it was issued with.

    The same document gives the same bytes. Takes about a tenth of a second of one core, so it has
    no place in a transaction. Raises `RuntimeError` when no PDF came of it.
    """
    page = {"document": document, "content": document.content, "fonts": font_directory()}
    html = render_to_string("receipts/receipt.html", page)
    return make_pdf(html, made_at=document.issued_at)
