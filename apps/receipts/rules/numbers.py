"""Numbers of documents."""

from apps.receipts.states import DocumentKind

_LETTERS = {DocumentKind.RECEIPT: "R", DocumentKind.CREDIT_NOTE: "C"}


def document_number(kind: DocumentKind, year: int, place: int) -> str:
    """Return such as R-2026-000001: the kind, the shop's year, and the place in its series."""
    return f"{_LETTERS[kind]}-{year}-{place:06d}"
