"""The file of a receipt or credit note, drawn from its frozen content."""

from django.conf import settings

from apps.receipts.models import Document
from apps.receipts.rules.view import view_of
from apps.receipts.services.drawing import draw_page


def render_pdf(*, document: Document) -> bytes:
    """Return the PDF of a document, from nothing but what it was issued with.

    The same document gives the same bytes. Takes tenths of a second of one core, so it has no
    place in a transaction. Raises `RuntimeError` when no PDF came of it.
    """
    return draw_page(
        template="receipts/receipt.html",
        context={"view": view_of(document.content), "paper": settings.RECEIPT_PAPER},
        at=document.issued_at,
    )
